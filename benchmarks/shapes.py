"""What is timed: networks and layers by name, their data, and the floating-point operations in them."""

import math
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.architectures import Architecture

RELU = ("relu",)


@dataclass(frozen=True)
class Network:
    """A network as data.

    Attributes:
        image: height, width, channels.
        layers: tuple of
            ("conv", filters, side of the kernel, padding)   stride 1
            ("norm",)                                        batch normalization
            ("relu",) ("sigmoid",) ("softmax",)              of what is before
            ("max", side)                                    maximum, the stride is the side
            ("drop", rate)
            ("flatten",) ("average",)                        maps -> a vector
            ("dense", units)
        batch: samples of a training step.
        optimizer: "adam", or "sgd" without momentum.
        rate: its learning rate.
        tolerance: how far losses of the first steps may lie apart, relatively.
    """

    name: str
    image: tuple
    layers: tuple
    batch: int = 64
    optimizer: str = "adam"
    rate: float = 1e-3
    tolerance: float = 1e-3
    trains = True

    @property
    def binary(self):
        """Whether the output is one probability; else it is one per class."""
        return self.layers[-1] == ("sigmoid",)

    @property
    def exact(self):
        """The network without what is random, of which all contestants must give the same answers."""
        return replace(self, layers=tuple(layer for layer in self.layers if layer[0] != "drop"))

    def shapes(self):
        """(layer, shape of its input, shape of its output) of all layers, of one sample."""
        shape = self.image
        for layer in self.layers:
            before, (kind, *sizes) = shape, layer
            if kind == "conv":
                filters, side, padding = sizes
                lost = side - 1 if padding == "valid" else 0
                shape = (shape[0] - lost, shape[1] - lost, filters)
            elif kind == "max":
                shape = (shape[0] // sizes[0], shape[1] // sizes[0], shape[2])
            elif kind in ("flatten", "average"):
                shape = (math.prod(shape) if kind == "flatten" else shape[-1],)
            elif kind == "dense":
                shape = (sizes[0],)
            yield layer, before, shape

    def flops(self, training):
        """Multiply-adds of one image that results depend on, times two: of a forward pass, or of a training step (the
        input needs no gradient). A convolution's rows and columns that a maximum drops are not among them."""
        total, first, found = 0, True, list(self.shapes())
        for k, (layer, before, after) in enumerate(found):
            if layer[0] not in ("conv", "dense"):
                continue
            behind = next((other for other, _, _ in found[k + 1 :] if other not in (RELU, ("norm",))), ("",))
            side = behind[1] if behind[0] == "max" else 1
            places = math.prod(size // side * side for size in after[:-1])
            once = 2 * places * (layer[2] ** 2 if layer[0] == "conv" else 1) * before[-1] * after[-1]
            total += once * ((2 if first else 3) if training else 1)
            first = False
        return total

    def weights(self, seed=0):
        """Weights in Keras's order and layout: kernels from Glorot's uniform distribution, normalizations that do nothing."""
        rng, found = np.random.default_rng(seed), []
        for layer, before, after in self.shapes():
            c, f = before[-1], after[-1]
            if layer[0] in ("conv", "dense"):
                window = (layer[2], layer[2]) if layer[0] == "conv" else ()
                limit = np.sqrt(6 / (math.prod(window) * (c + f)))
                found += [rng.uniform(-limit, limit, (*window, c, f)).astype("float32"), np.zeros(f, "float32")]
            elif layer[0] == "norm":  # gamma, beta, moving mean, moving variance
                found += [np.full(f, value, "float32") for value in (1, 0, 0, 1)]
        return found

    def data(self, samples, seed=1):
        """Images in [0, 1), and one-hot labels or zeros and ones."""
        rng = np.random.default_rng(seed)
        x = rng.random((samples, *self.image), "float32")
        if self.binary:
            return x, rng.integers(2, size=(samples, 1)).astype("float32")
        classes = self.layers[-2][1]
        return x, np.eye(classes, dtype="float32")[rng.integers(classes, size=samples)]

    def keras(self, library):
        """The network as a Keras user writes it, of `keras` or of `cycnn`."""
        layers = library.layers
        make = {
            "conv": lambda filters, side, padding, **more: layers.Conv2D(filters, side, padding=padding, **more),
            "dense": layers.Dense,
            "norm": layers.BatchNormalization,
            "max": layers.MaxPooling2D,
            "drop": layers.Dropout,
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
        }
        model = library.Sequential([layers.Input(self.image)])
        for k, (kind, *sizes) in enumerate(self.layers):
            behind = self.layers[k + 1][0] if k + 1 < len(self.layers) else ""
            activation = {"activation": behind} if behind in ("relu", "sigmoid", "softmax") else {}
            if kind in ("conv", "dense"):
                model.add(make[kind](*sizes, **activation))
            elif kind in make:
                model.add(make[kind](*sizes))
                if activation:
                    model.add(layers.Activation(behind))
        return model

    def torch(self, torch):
        """The network up to the logits as a module of PyTorch."""
        nn = torch.nn

        class Vector(nn.Module):
            """Maps in the order of (h, w, c): a view, in this layout."""

            def forward(self, x):
                return x.permute(0, 2, 3, 1).flatten(1)

        class Average(nn.Module):
            def forward(self, x):
                return x.mean((2, 3))

        make = {
            "conv": lambda c, f, side, padding: nn.Conv2d(c, f, side, padding=padding),
            "dense": nn.Linear,
            "norm": lambda c, f: nn.BatchNorm2d(c, eps=1e-3, momentum=0.01),
            "relu": lambda c, f: nn.ReLU(),
            "max": lambda c, f, side: nn.MaxPool2d(side),
            "drop": lambda c, f, rate: nn.Dropout(rate),
            "flatten": lambda c, f: Vector(),
            "average": lambda c, f: Average(),
        }
        *layers, _ = self.shapes()
        modules = []
        for (kind, *sizes), before, after in layers:
            more = sizes[1:] if kind in ("conv", "dense") else sizes
            modules.append(make[kind](before[-1], after[-1], *more))
        return nn.Sequential(*modules)


def _plain(filters, units, classes):
    """3 x 3 convolutions, a 2 x 2 maximum after each but the last, a hidden and an output dense layer."""
    layers = [layer for f in filters for layer in (("conv", f, 3, "valid"), RELU, ("max", 2))][:-1]
    return (*layers, ("flatten",), ("dense", units), RELU, ("dense", classes), ("softmax",))


def _vgg(filters, classes):
    """Two normalized 3 x 3 convolutions a stage, in the manner of Simonyan and Zisserman, 2015."""
    layers = []
    for f in filters:
        layers += 2 * [("conv", f, 3, "same"), ("norm",), RELU] + [("max", 2), ("drop", 0.25)]
    return (*layers, ("average",), ("dense", classes), ("softmax",))


NETWORKS = {
    network.name: network
    for network in (
        Network("mnist", (28, 28, 1), _plain((32, 64, 64), 64, 10)),
        # Sizes that fit no tile and no vector: what a kernel or a rule made for the network above would lose shows here.
        Network("shifted", (29, 27, 1), _plain((31, 65, 63), 64, 7)),
        # Large pictures, one small layer.
        Network(
            "photos",
            (300, 300, 3),
            (("conv", 10, 5, "valid"), RELU, ("max", 2), ("flatten",), ("dense", 1), ("sigmoid",)),
            batch=32,
            rate=1e-5,  # 219,000 inputs: soon the probability is 0 or 1, where libraries clip each in their own way
        ),
        # Adam's first steps are as long where the gradient is rounding alone, as of a bias before a normalization: after
        # five of them Keras on TensorFlow and PyTorch are 0.005 apart.
        Network("cifar", (32, 32, 3), _vgg((64, 128, 256), 10), tolerance=1e-2),
        Architecture("mobilenet_v2", "MobileNetV2"),
        Architecture("resnet50", "ResNet50"),
        # A training step that does not fit into caches: whose memory is compared.
        Architecture("resnet50_64", "ResNet50", (64, 64, 3), batch=32, trains=True),
    )
}

# name: (samples, height, width, channels, filters) of 3 x 3 convolutions, padding not included.
CONVOLUTIONS = {
    "mnist, second convolution": (64, 13, 13, 32, 64),
    "resnet50, stage 2": (8, 58, 58, 64, 64),
    "resnet50, stage 4": (16, 16, 16, 256, 256),
}
# name: (samples, height, width, channels) of 2 x 2 maxima.
POOLINGS = {
    "mnist, first maximum": (64, 26, 26, 32),
    "vgg16, first maximum": (4, 224, 224, 64),
}
# name: (samples, inputs, units)
DENSE = {
    "mnist, hidden layer": (64, 576, 64),
    "vgg16, second dense layer": (32, 4096, 4096),
}
ACTIVATIONS = (
    "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "tanh", "sigmoid",
    "hard_sigmoid", "hard_silu", "hard_tanh", "exponential", "log_sigmoid", "softmax", "log_softmax",
)  # fmt: skip
# group: (a layer as Keras's words build it, channels last; samples; the shape of one sample of each of its inputs). Sizes
# are those of famous networks, where one has the layer. Where `same` pads, it pads both sides alike, as all libraries do.
LAYERS = {
    "convolution": (
        ("Conv1D(64, 3, padding='same')", 16, (256, 64)),
        ("Conv1D(128, 5)", 16, (128, 128)),
        ("Conv1D(64, 3, dilation_rate=4, padding='causal')", 8, (512, 64)),
        ("Conv2D(64, 3, padding='same', groups=4)", 4, (56, 56, 64)),
        ("Conv2D(256, 3, padding='same', groups=32)", 4, (28, 28, 256)),
        ("Conv2D(64, 3, padding='same', dilation_rate=2)", 4, (28, 28, 64)),
        ("Conv3D(32, 3, padding='same')", 2, (16, 28, 28, 16)),
        ("Conv3D(64, 3, padding='same')", 1, (8, 28, 28, 64)),
        ("DepthwiseConv1D(9, padding='same')", 8, (512, 128)),
        ("SeparableConv1D(128, 9, padding='same')", 8, (256, 128)),
        ("DepthwiseConv2D(3, padding='same')", 4, (112, 112, 32)),
        ("DepthwiseConv2D(3, strides=2, padding='same')", 4, (113, 113, 96)),
        ("DepthwiseConv2D(3, padding='same')", 4, (56, 56, 144)),
        ("DepthwiseConv2D(3, strides=2, padding='same')", 4, (57, 57, 144)),
        ("DepthwiseConv2D(5, padding='same')", 4, (28, 28, 240)),
        ("DepthwiseConv2D(5, strides=2, padding='same')", 4, (57, 57, 144)),
        ("DepthwiseConv2D(3, padding='same')", 8, (14, 14, 576)),
        ("DepthwiseConv2D(3, padding='same')", 8, (7, 7, 960)),
        ("DepthwiseConv2D(3, padding='same', depth_multiplier=2)", 4, (28, 28, 64)),
        ("SeparableConv2D(128, 3, padding='same')", 4, (28, 28, 128)),
        ("SeparableConv2D(728, 3, padding='same')", 2, (19, 19, 728)),
        ("Conv1DTranspose(64, 4, strides=2, padding='same')", 8, (128, 64)),
        ("Conv2DTranspose(64, 2, strides=2)", 4, (28, 28, 128)),
        ("Conv2DTranspose(64, 4, strides=2, padding='same')", 4, (16, 16, 128)),
        ("Conv2DTranspose(32, 3, padding='same')", 4, (28, 28, 32)),
        ("Conv3DTranspose(32, 2, strides=2)", 2, (8, 14, 14, 64)),
    ),
    "pooling": (
        ("MaxPooling1D(2)", 16, (512, 64)),
        ("AveragePooling1D(2)", 16, (512, 64)),
        ("MaxPooling2D(2)", 4, (112, 112, 64)),
        ("MaxPooling2D(2)", 8, (28, 28, 256)),
        ("MaxPooling2D(3, strides=2)", 8, (55, 55, 96)),
        ("MaxPooling2D(3, strides=2, padding='same')", 4, (113, 113, 64)),
        ("MaxPooling2D(3, strides=1, padding='same')", 4, (28, 28, 192)),
        ("AveragePooling2D(2)", 4, (56, 56, 128)),
        ("AveragePooling2D(3, strides=1, padding='same')", 4, (35, 35, 192)),
        ("AveragePooling2D(3, strides=2, padding='same')", 4, (57, 57, 64)),
        ("MaxPooling3D(2)", 2, (16, 28, 28, 64)),
        ("MaxPooling3D(3, strides=2, padding='same')", 2, (15, 29, 29, 64)),
        ("AveragePooling3D(2)", 2, (16, 28, 28, 64)),
        ("GlobalAveragePooling2D()", 16, (7, 7, 2048)),
        ("GlobalMaxPooling2D()", 16, (7, 7, 512)),
        ("GlobalAveragePooling1D()", 16, (256, 64)),
        ("GlobalMaxPooling1D()", 16, (256, 64)),
        ("GlobalAveragePooling3D()", 4, (8, 14, 14, 64)),
        ("GlobalMaxPooling3D()", 4, (8, 14, 14, 64)),
        ("AdaptiveAveragePooling2D(7)", 8, (15, 15, 256)),
        ("AdaptiveMaxPooling2D(6)", 8, (13, 13, 256)),
        ("AdaptiveAveragePooling1D(8)", 16, (100, 64)),
    ),
    "reshaping": (
        ("UpSampling1D(2)", 16, (256, 64)),
        ("UpSampling2D(2)", 4, (28, 28, 128)),
        ("UpSampling2D(2, interpolation='bilinear')", 4, (28, 28, 128)),
        ("UpSampling3D(2)", 2, (8, 14, 14, 64)),
        ("Resizing(96, 96)", 4, (56, 56, 64)),
        ("Resizing(32, 32)", 4, (64, 64, 64)),
        ("Resizing(224, 224)", 2, (300, 300, 3)),
        ("ZeroPadding1D(2)", 16, (256, 64)),
        ("ZeroPadding2D(1)", 4, (56, 56, 64)),
        ("ZeroPadding3D(1)", 2, (8, 28, 28, 32)),
        ("Cropping1D(2)", 16, (256, 64)),
        ("Cropping2D(4)", 4, (64, 64, 64)),
        ("Cropping3D(1)", 2, (10, 30, 30, 32)),
        ("Permute((3, 1, 2))", 4, (28, 28, 128)),
    ),
    "activation": (
        *((f"Activation('{name}')", 8, (28, 28, 128)) for name in ACTIVATIONS),
        ("Softmax()", 64, (1000,)),
        ("PReLU(shared_axes=[1, 2])", 8, (28, 28, 128)),
    ),
    "normalization": (
        ("BatchNormalization()", 8, (56, 56, 64)),
        ("BatchNormalization()", 16, (14, 14, 256)),
        ("BatchNormalization()", 16, (7, 7, 512)),
        ("LayerNormalization()", 16, (196, 384)),
        ("LayerNormalization()", 4, (56, 56, 96)),
        ("LayerNormalization()", 64, (768,)),
        ("GroupNormalization(32)", 4, (28, 28, 256)),
        ("GroupNormalization(8)", 4, (56, 56, 64)),
        ("RMSNormalization()", 16, (196, 384)),
        ("RMSNormalization()", 4, (56, 56, 96)),
        ("UnitNormalization()", 64, (512,)),
        ("LocalResponseNormalization()", 4, (55, 55, 96)),
    ),
    "regularization": (
        ("Dropout(0.5)", 64, (4096,)),
        ("Dropout(0.25)", 8, (28, 28, 64)),
        ("SpatialDropout1D(0.25)", 16, (256, 64)),
        ("SpatialDropout2D(0.25)", 8, (28, 28, 64)),
    ),
    "merging and core": (
        ("Add()", 8, (28, 28, 256), (28, 28, 256)),
        ("Multiply()", 8, (28, 28, 256), (28, 28, 256)),
        ("Multiply()", 8, (28, 28, 256), (1, 1, 256)),
        ("Maximum()", 8, (28, 28, 256), (28, 28, 256)),
        ("Concatenate()", 4, (28, 28, 256), (28, 28, 32)),
        ("Concatenate()", 4, (28, 28, 64), (28, 28, 128), (28, 28, 32), (28, 28, 32)),
        ("Embedding(20000, 128)", 64, (400,)),
        ("Embedding(5000, 50)", 64, (100,)),
        ("Dense(1000)", 32, (2048,)),
    ),
    "loss": (
        ("softmax cross-entropy", 128, (1000,)),
        ("softmax cross-entropy", 512, (10,)),
    ),
}
