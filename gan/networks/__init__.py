"""Generators and discriminators in Keras 3 layers and ops: one family per file.

What they are built of is in ``layers`` and ``fast``.
"""
