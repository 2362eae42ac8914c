"""The emoji as a data set: packages, categories, concepts and their vectors.

The tables beside the code are data that people may edit.
"""
