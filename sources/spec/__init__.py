"""What a model says of itself: model.toml, signatures, the digest that its pictures carry.

Nothing is run.
"""
