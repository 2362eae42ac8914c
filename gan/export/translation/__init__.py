"""A trained translator as files: what `gan.export` does for a generator.

The folder also has samples that visitors may try.
"""
