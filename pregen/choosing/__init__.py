"""`flask models choose`: which seeds of a model are worth showing, and in which order."""
