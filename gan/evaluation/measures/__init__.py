"""One measure a file: sets of pictures or of features in, figures out.

Nothing here draws a picture or writes a file, but for the classifier that is kept.
"""
