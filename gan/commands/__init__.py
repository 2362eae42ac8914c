"""The commands of `flask gan`: they parse, call and echo.

Nothing here imports TensorFlow until a command that needs it is called.
"""
