"""TOML files that people write, read so that every complaint names a line."""
