"""Which program this is: what an instance says of itself, so that a half-done update shows."""

VERSION = "0.1.0"
"""As in pyproject.toml, which does not come along everywhere that the program runs."""
