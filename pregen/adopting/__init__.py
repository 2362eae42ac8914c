"""`flask adopt`: anybody's pictures → the store, converted, and the index.

What is done to one picture is in `store.formats.adoption`, so that the site can do the same.
"""
