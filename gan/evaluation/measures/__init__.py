"""One measure a file: sets of pictures or of features in, figures out."""
