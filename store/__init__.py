"""Pictures and the index of them: what the site and pregen share.

Rooms: index, formats, files, queries, curation; each imports only those before it.
"""
