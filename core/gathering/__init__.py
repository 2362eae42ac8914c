"""Anybody's folder of pictures: which files are pictures, which are not, and why.

Every command that reads such folders walks them here and counts what became of each file.
"""
