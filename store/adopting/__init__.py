"""Pictures that were not made here, converted, into store and index: what commands and site share.

What is done to one picture is in `store.formats.adoption`.
"""
