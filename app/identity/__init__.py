"""What makes a site its owner's: `site.toml`, read once at start, and what follows from it."""
