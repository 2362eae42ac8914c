"""The image: what its files say, and its steps in a clean root."""
