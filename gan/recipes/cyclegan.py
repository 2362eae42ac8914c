"""CycleGAN (Zhu et al. 2017) as in "An.i.me": pictures of one kind redrawn as another kind.

The paper's numbers for 128 px: ResNet with 6 blocks and 64 channels, 70×70 PatchGAN, batch 1, 200
epochs of the larger domain, of which the emoji in two styles have 1,200 pictures. Give --kimg for
other data: `flask gan dataset pairs` says how much. The differences are in `gan.methods.cyclegan`
and `gan.networks.cyclegan`.
"""

from gan.methods.cyclegan import Options

OPTIONS = Options(recipe="cyclegan", dataset="flat_3d-128", total_kimg=240.0)
