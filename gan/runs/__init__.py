"""A run on disk, before anything is trained: its options, its folder, its checkpoints.

Also exported models, whose weights a run may begin with.
"""
