"""Deploys to AWS: everything that `make deploy` and its companions do besides building."""
