"""Convolutions by fewer products (Winograd): the same results in less time, in training."""
