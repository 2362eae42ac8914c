"""Real pictures for a step, drawn as a function of (seed, step) alone.

Each file is one way to draw them: by label, by concept, of two domains; and a pool of made ones.
"""
