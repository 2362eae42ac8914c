"""`flask pregen` and the commands around it: they fill the store and keep the index right.

One room a command; planning and engines lie below them.
"""
