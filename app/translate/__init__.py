"""`/translate`: a visitor's picture, redrawn as another kind of thing; nothing of it is kept."""
