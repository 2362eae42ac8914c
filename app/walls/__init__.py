"""Many pictures: the gallery, categories, favourites, latent walks, and how they were made."""
