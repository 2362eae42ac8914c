"""StyleGAN (Karras et al. 2019), as in "Catching Some GANemons", whose numbers are the paper's.

Kept: both networks at 128 px (see `gan.networks.stylegan`), an 8-layer mapping, a constant input,
AdaIN, noise per layer, style mixing in nine steps of ten, equalised learning rates, growing from
8 px with 600 kimg for each size and 600 for the next to fade in, the deviation within the batch,
the logistic loss with R1 of γ 10, Adam .001 with β (0, .99), an average with a half-life of 10
kimg, ψ by the average of w. Exported as the document has it: in1 (z), in2 (noise), in3 (ψ; 1 is
what it always gave) → out.

Different: batches of 32 at every size, where the paper has larger ones for small pictures, and a
constant rate, which the paper raises from 128 px on; what `gan.networks.stylegan` names.
"""

from gan.methods.stylegan import Options

OPTIONS = Options(recipe="stylegan", dataset="pokemon-128", total_kimg=25_000.0)
