"""How long something took or takes, in words."""


def in_words(seconds: float) -> str:
    """Return ``3.2 hours``, ``33 minutes`` or ``20 seconds``."""
    if seconds < 60:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.0f} minutes"
