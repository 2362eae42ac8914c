"""Generators and discriminators in Keras 3 layers and ops: one family per file."""
