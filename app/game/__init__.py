"""`/play`: guess a picture's category. Rounds are sealed, guesses are counted."""
