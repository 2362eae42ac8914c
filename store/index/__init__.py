"""The index: its database, tables and migrations, and everything that writes rows.

Knows nothing of files.
"""
