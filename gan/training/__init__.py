"""The trainer: begins, tries, watches and continues runs.

It knows no architecture; a step is a method's.
"""
