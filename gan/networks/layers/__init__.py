"""What networks are built of: convolutions, norms, attention, pictures of another shape."""
