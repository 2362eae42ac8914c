"""Networks of others that turn pictures into features.

Fetched, checked by their digests, and never trained here.
"""
