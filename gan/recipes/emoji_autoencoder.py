"""The autoencoder in whose latents `emoji-latent` trains: 128 px, transparent, 8×8×16 latents."""

from gan.methods.autoencoder import Options

OPTIONS = Options(
    recipe="emoji-autoencoder",
    dataset="emoji-128",
    total_kimg=77.0,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
