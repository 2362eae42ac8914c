"""“Report this picture”: what visitors say of a picture, kept for the owner, and nothing of who."""
