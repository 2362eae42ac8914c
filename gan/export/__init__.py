"""A trained generator → models/<name>/<version>/, as TF Serving and the sources read it.

Every file is compared with the generator before the folder appears.
"""
