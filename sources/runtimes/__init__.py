"""Running a generator: the Protocol, latents, pixels, LiteRT and SavedModel.

Each runtime turns the same inputs into the same pictures.
"""
