"""Running the site: the index handle, keys, Redis, health, metrics and logs."""
