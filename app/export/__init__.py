"""`flask export-site`: the whole site as files."""
