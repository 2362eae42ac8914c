"""`flask index`: the rows, brought to what the files say.

Matching a file to its row is here too; verifying uses it.
"""
