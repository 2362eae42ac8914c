"""The emoji: packages, categories, concepts and their vectors, rendering."""
