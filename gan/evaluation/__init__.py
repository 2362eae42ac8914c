"""How good a generator is, each figure beside one that says what it is worth."""
