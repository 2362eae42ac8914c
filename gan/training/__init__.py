"""Training: batches, the step, checkpoints, what a run leaves behind."""
