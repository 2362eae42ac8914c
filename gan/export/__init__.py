"""A trained generator → models/<name>/<version>/, as TF Serving and the sources read it."""
