"""A trained translator as files, as `gan.export` writes a generator's."""
