"""Whole categories and generators: another name, two made one, all of it removed.

Above curation, which acts on single pictures.
"""
