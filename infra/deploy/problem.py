"""Errors that stop a command, in one line that says what to do."""


class Problem(Exception):
    """Something is missing or wrong. The text is for the person who ran the command."""
