"""What happens to a generator's picture before it is encoded: crisp edges, a transparent ground.

NumPy, Pillow and SciPy's `label` alone; the same bytes on every processor of one kind.
"""
