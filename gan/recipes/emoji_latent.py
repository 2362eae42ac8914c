"""Transparent pictures of 128 px, made in the latents of `emoji-autoencoder`.

Relativistic pairing with R1 + R2 after R3GAN (Huang et al. 2024), projection with a rising weight
after "Collapse by Conditioning" (Shahbazi et al. 2022). On trial: no shipped model comes from it
yet.
"""

from gan.methods.latent import Options

OPTIONS = Options(
    recipe="emoji-latent",
    dataset="emoji-128",
    total_kimg=600.0,
    batch=64,
    warm_up_kimg=3.0,
    final_learning_rate=3e-5,
    decay_from=0.5,
    projection_kimg=60.0,
    gamma=8.0,
    final_gamma=1.0,
    gamma_kimg=300.0,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
