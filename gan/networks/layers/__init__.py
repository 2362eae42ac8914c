"""What networks are built of: convolutions, norms, attention, pictures of another shape.

Nothing here knows a family of networks.
"""
