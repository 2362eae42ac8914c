"""What a picture file holds: encoding, metadata, other sizes and formats, private parts.

Knows nothing of the index.
"""
