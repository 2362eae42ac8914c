"""How long something took or takes, in words."""


def in_words(seconds: float) -> str:
    """Return ``3.2 hours``, below one ``33 minutes``."""
    hours = seconds / 3600
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"
