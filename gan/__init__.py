"""Generators of your own: data sets, networks, training, evaluation, export.

Flat here is what all of it stands on: pixels, losses, augmentation, optimizers, the machine.
"""
