"""One picture: its page, its addresses, its bytes in any size, by chance or by a text."""
