"""`flask morphs`: latent walks of a model, as looping animated pictures."""
