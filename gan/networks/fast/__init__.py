"""3×3 convolutions by fewer products (Winograd): the same results in less time.

Used in training, where it pays on this processor; exported files have plain convolutions.
"""
