"""The one error the demo shows to a person."""


class DemoError(Exception):
    """Something a person can put right; the message is a plain sentence for them."""
