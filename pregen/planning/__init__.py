"""What is to be made: the request, its seeds and batches, and targets that are remembered.

Decides, and makes nothing.
"""
