"""Data sets: what a generator is trained on, one format for all of them.

Made from a folder, records or two kinds of pictures; from the emoji in ``emoji``.
"""
