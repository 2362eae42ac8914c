"""A run on disk: its options, its folder, its checkpoints, and models to begin from."""
