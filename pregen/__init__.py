"""`flask pregen`: fills the store with generated pictures and indexes them."""
