"""How good a generator is, each figure beside one that says what it is worth.

``metrics`` puts the measures together; ``report`` and ``tables`` say what they found.
"""
