"""Record what PyTorch writes as ONNX files, and what its networks answer. Imports PyTorch, never cycnn.

    python record_onnx.py

`onnx.npz` holds for each network its file as bytes, an input, and the output.
"""

import io

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

CHANNELS = 4


class Residual(nn.Module):
    """ResNet's stem, a block with a projection, and its head."""

    def __init__(self, c=CHANNELS):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, c, 7, 2, 3, bias=False), nn.BatchNorm2d(c)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.first, self.norm1 = nn.Conv2d(c, c, 3, 2, 1, bias=False), nn.BatchNorm2d(c)
        self.second, self.norm2 = nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c)
        self.side, self.norm3 = nn.Conv2d(c, c, 1, 2, bias=False), nn.BatchNorm2d(c)
        self.head = nn.Linear(c, 3)

    def forward(self, x):
        x = self.pool(functional.relu(self.norm(self.stem(x))))
        y = self.norm2(self.second(functional.relu(self.norm1(self.first(x)))))
        y = functional.relu(y + self.norm3(self.side(x)))
        return self.head(torch.flatten(functional.adaptive_avg_pool2d(y, 1), 1))


def vgg():
    """Convolutions in a row, and dense layers on a flattened map."""
    c = CHANNELS
    return nn.Sequential(
        nn.Conv2d(3, c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(c, c, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.AvgPool2d(3, 2, 1), nn.Flatten(), nn.Linear(c * 9, 8), nn.ReLU(), nn.Dropout(),
        nn.Linear(8, 3), nn.Softmax(1),
    )  # fmt: skip


class Inverted(nn.Module):
    """MobileNet's blocks: inverted bottleneck, squeeze and excitation, hard-swish."""

    def __init__(self, c=CHANNELS):
        super().__init__()
        self.expand, self.norm = nn.Conv2d(c, 2 * c, 1, bias=False), nn.BatchNorm2d(2 * c)
        self.depth, self.norm1 = nn.Conv2d(2 * c, 2 * c, 3, 1, 1, groups=2 * c, bias=False), nn.BatchNorm2d(2 * c)
        self.squeeze, self.excite = nn.Conv2d(2 * c, 2, 1), nn.Conv2d(2, 2 * c, 1)
        self.project, self.norm2 = nn.Conv2d(2 * c, c, 1, bias=False), nn.BatchNorm2d(c)
        self.act = nn.PReLU(c)

    def forward(self, x):
        y = functional.hardswish(self.norm(self.expand(x)))
        y = functional.relu6(self.norm1(self.depth(y)))
        gate = functional.relu(self.squeeze(y.mean((2, 3), keepdim=True)))
        y = y * functional.hardsigmoid(self.excite(gate))
        return self.act(x + self.norm2(self.project(y))).mean((2, 3))


class UNet(nn.Module):
    """One level down, and up again by a transposed convolution and by interpolation."""

    def __init__(self, c=CHANNELS):
        super().__init__()
        self.down, self.inner = nn.Conv2d(3, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        self.up, self.norm = nn.ConvTranspose2d(c, c, 2, 2), nn.GroupNorm(2, c)
        self.smooth, self.out = nn.ConvTranspose2d(c, c, 3, 2, 1, 1), nn.Conv2d(3 * c, 2, 1)

    def forward(self, x):
        a = functional.leaky_relu(self.down(x), 0.1)
        b = functional.silu(self.norm(self.inner(functional.max_pool2d(a, 2))))
        c = functional.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)
        d = functional.pad(functional.elu(self.smooth(functional.avg_pool2d(b, 2))), (1, 1, 1, 1))
        d = functional.interpolate(d, size=(12, 12), mode="bilinear", align_corners=True)
        return torch.sigmoid(self.out(torch.cat([a, self.up(b) + c, d], 1)))


class Shapes(nn.Module):
    """What networks do with shapes: shuffled channels, tokens, pixels from channels."""

    def __init__(self, c=CHANNELS):
        super().__init__()
        self.conv, self.norm, self.mix = nn.Conv2d(3, c, 3, 2, 1), nn.LayerNorm(c), nn.Linear(c, c)

    def forward(self, x):
        y = self.conv(x)
        n, c, h, w = y.shape
        y = y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        tokens = self.norm(y.flatten(2).transpose(1, 2))
        tokens = tokens + functional.gelu(self.mix(tokens))
        y = tokens.transpose(1, 2).reshape(n, c, h, w)
        left, right = functional.pixel_shuffle(y, 2).chunk(2, dim=3)
        return torch.cat([left * 2.0, right[:, :, 1:-1].abs().amax(2, keepdim=True).expand_as(left)], 1)


NETWORKS = {"residual": (Residual, 3, 24), "vgg": (vgg, 3, 20), "inverted": (Inverted, CHANNELS, 7), "unet": (UNet, 3, 12),
            "shapes": (Shapes, 3, 8)}  # fmt: skip


def exported(network, x, **settings):
    """The file as bytes, without what says where in a program a node comes from."""
    file = io.BytesIO()
    torch.onnx.export(network, (x,), file, **settings)
    model = onnx.load_from_string(file.getvalue())
    model.graph.ClearField("value_info")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for entry in (model, model.graph, *model.graph.input, *model.graph.output, *model.graph.initializer):
        entry.ClearField("metadata_props")
    return model.SerializeToString()


def main():
    found = {}
    for seed, (name, (make, channels, size)) in enumerate(NETWORKS.items()):
        torch.manual_seed(seed)
        network = make()
        x = torch.randn(2, channels, size, size)
        with torch.no_grad():
            for _ in range(3):
                network(x)  # statistics of batch normalizations
            network.eval()
            found[f"{name}/y"] = network(x).numpy()
        found[f"{name}/x"] = x.numpy().astype(np.float16)
        x = torch.from_numpy(found[f"{name}/x"].astype(np.float32))
        with torch.no_grad():
            found[f"{name}/y"] = network(x).numpy()
        ways = {"dynamic": {"dynamic_shapes": ({0: torch.export.Dim("n")},)}, "fixed": {}}
        for way in ("dynamic", "fixed") if name == "shapes" else ("dynamic",):
            content = exported(network, x, dynamo=True, external_data=False, verbose=False, **ways[way])
            found[f"{name}/{way}"] = np.frombuffer(content, np.uint8)
    np.savez_compressed("onnx.npz", **found)


if __name__ == "__main__":
    main()
