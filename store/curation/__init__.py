"""What the owner does to pictures: reject, restore, switch off, undo; and what helps to decide.

An act changes the rows first; the files follow (settling).
"""
