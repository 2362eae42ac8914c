"""Real pictures, drawn step by step as a function of (seed, step) alone."""
