"""Generators behind one Protocol: what turns (category, seeds, truncations) into pictures."""
