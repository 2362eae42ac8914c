"""Data sets: what a generator is trained on, one format for all of them."""
