"""Generators behind one Protocol: what turns (category, seeds, truncations) into pictures.

Here: finding a model, the command `flask models`, and what works with any of them.
"""
