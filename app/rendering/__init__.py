"""How things look and read: templates, names, languages, phrases, and errors as pages.

Has no route of its own.
"""
