"""The generator in the visitor's browser: what it is described by, its files, the runtime."""
