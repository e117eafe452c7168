"""What stops a command, in one line that says what to do."""


class Problem(Exception):
    """Something is missing or wrong; the text is for the person who typed the command."""
