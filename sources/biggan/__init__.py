"""BigGAN of TF Hub: how it is called, its thousand categories, and those that are worth showing."""
