"""Networks of PyTorch in miniature, exported as their users export them, and what they draw.

    make test-torch                                             # installs PyTorch, compares
    python tests/sources/runtimes/torch_models.py FOLDER [N]    # with a Python that has it

writes dcgan.onnx, stylegan2.onnx, and drawn.npz: inputs and what PyTorch itself made of them, for N
pictures of each. Those of 8 pictures lie in tests/sources/runtimes/onnx/, so that tests need no
PyTorch.
"""

# imports nothing of this project: PyTorch lives in an environment of its own
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

LATENT, LABELS, LABEL = 24, 10, 3
STYLE_LATENT, STYLE_LABELS, STYLE_LABEL = 32, 5, 2
NOISES = (4, 8, 16)  # px


class ConditionalDcgan(nn.Module):
    """z [N, 24], labels int64 [N] → [N, 3, 16, 16] in [-1, 1]; layers as in PyTorch's tutorial."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LABELS, 8)
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(LATENT + 8, 24, 4, 1, 0, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(True),
            nn.ConvTranspose2d(24, 16, 4, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Any, labels: Any) -> Any:
        """Return pictures."""
        joined = torch.cat([z, self.embedding(labels)], 1)
        return self.layers(joined[:, :, None, None])


class StyledConv(nn.Module):
    """A modulated, demodulated convolution with noise, as StyleGAN2 has it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.style = nn.Linear(STYLE_LATENT, channels)
        self.weight = nn.Parameter(torch.randn(channels, channels, 3, 3))
        self.strength = nn.Parameter(torch.full([1], 0.3))

    def forward(self, x: Any, w: Any, noise: Any) -> Any:
        """Return [N, channels, H, W] of the same size."""
        style = self.style(w) + 1
        squares = (self.weight**2).sum([2, 3])  # [out, in]
        demodulation = torch.rsqrt((style**2) @ squares.T + 1e-8)
        x = functional.conv2d(x * style[:, :, None, None], self.weight, padding=1)
        x = x * demodulation[:, :, None, None] + self.strength * noise
        return functional.leaky_relu(x, 0.2) * 2**0.5


class StyleGan2(nn.Module):
    """z [N, 32], label [N, 5], psi [], noises [N, 1, H, H] → [N, 3, 16, 16], without a tanh."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.mapping = nn.Sequential(
            nn.Linear(STYLE_LATENT + STYLE_LABELS, STYLE_LATENT),
            nn.LeakyReLU(0.2),
            nn.Linear(STYLE_LATENT, STYLE_LATENT),
        )
        self.register_buffer("average", torch.randn(STYLE_LATENT) * 0.1)
        self.constant = nn.Parameter(torch.randn(1, channels, 4, 4))
        self.convs = nn.ModuleList(StyledConv(channels) for _ in NOISES)
        self.to_rgb = nn.ModuleList(nn.Conv2d(channels, 3, 1) for _ in NOISES)

    def forward(self, z: Any, label: Any, psi: Any, *noises: Any) -> Any:
        """Return pictures."""
        z = z * torch.rsqrt((z**2).mean(1, keepdim=True) + 1e-8)
        w = self.mapping(torch.cat([z, label], 1))
        w = self.average + psi * (w - self.average)
        x = self.constant.repeat(z.shape[0], 1, 1, 1)
        rgb: Any = None
        for number, (conv, to_rgb, noise) in enumerate(
            zip(self.convs, self.to_rgb, noises, strict=True)
        ):
            if number:
                x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
                rgb = functional.interpolate(rgb, scale_factor=2.0, mode="nearest")
            x = conv(x, w, noise)
            rgb = to_rgb(x) if rgb is None else rgb + to_rgb(x)
        return rgb * 0.5


def export(network: Any, given: dict[str, Any], path: Path) -> None:
    """Write an ONNX file with a free batch."""
    per_picture = [name for name, value in given.items() if value.dim()]
    torch.onnx.export(
        network, tuple(given.values()), str(path), dynamo=False, opset_version=17,
        input_names=list(given), output_names=["images"],
        dynamic_axes={name: {0: "n"} for name in [*per_picture, "images"]},
    )  # fmt: skip


def main(folder: Path, count: int) -> None:
    """Write both files and what PyTorch draws with the same weights."""
    torch.manual_seed(0)
    random = np.random.RandomState(0)

    def normal(*shape: int) -> Any:
        return torch.from_numpy(random.randn(*shape).astype(np.float32))

    dcgan, stylegan2 = ConditionalDcgan(), StyleGan2()
    with torch.no_grad():
        for _ in range(20):  # batch normalisation needs an average
            dcgan(normal(64, LATENT), torch.randint(0, LABELS, [64]))
    dcgan.eval()
    stylegan2.eval()
    inputs = {
        "dcgan": {"z": normal(count, LATENT), "labels": torch.full([count], LABEL)},
        "stylegan2": {
            "z": normal(count, STYLE_LATENT),
            "label": functional.one_hot(torch.full([count], STYLE_LABEL), STYLE_LABELS).float(),
            "psi": torch.tensor(0.7),
            **{f"noise_{px}": normal(count, 1, px, px) for px in NOISES},
        },
    }
    drawn = {}
    for name, network in (("dcgan", dcgan), ("stylegan2", stylegan2)):
        with torch.no_grad():
            drawn[f"{name}.images"] = network(*inputs[name].values()).numpy()
        drawn |= {f"{name}.{key}": value.numpy() for key, value in inputs[name].items()}
        export(network, {k: v[:2] if v.dim() else v for k, v in inputs[name].items()},
               folder / f"{name}.onnx")  # fmt: skip
    np.savez_compressed(folder / "drawn.npz", **drawn)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8)
