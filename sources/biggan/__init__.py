"""BigGAN of TF Hub: how it is fetched, called and recognised."""
