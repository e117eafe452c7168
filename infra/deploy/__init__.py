"""Deploys to AWS: what `make deploy` and its companions do beyond building."""
