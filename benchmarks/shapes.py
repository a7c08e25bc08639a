"""What is timed: networks and layers by name, their data, and the floating-point operations in them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Network:
    """Convolutions with relu, a 2 x 2 maximum after each but the last, then a hidden and an output dense layer.

    Attributes:
        image: height, width, channels.
        filters: of the 3 x 3 convolutions.
        units: of the hidden layer.
        classes: of the output, a softmax.
    """

    name: str
    image: tuple
    filters: tuple
    units: int
    classes: int

    def layers(self):
        """("conv", h, w, c, f) and ("dense", k, f) of each layer with weights; h and w are the rows and columns of the
        output that somebody reads: not those that a maximum drops."""
        h, w, c = self.image
        found = []
        for k, f in enumerate(self.filters):
            h, w, pool = h - 2, w - 2, 2 if k < len(self.filters) - 1 else 1
            found.append(("conv", h // pool * pool, w // pool * pool, c, f))
            h, w, c = h // pool, w // pool, f
        return [*found, ("dense", h * w * c, self.units), ("dense", self.units, self.classes)]

    def flops(self, training):
        """Operations of one image that results depend on: of a forward pass, or of a training step (the input needs no
        gradient)."""
        total = 0
        for k, layer in enumerate(self.layers()):
            kind, *sizes = layer
            h, w, c, f = sizes if kind == "conv" else (1, 1, *sizes)
            once = 2 * h * w * c * f * (9 if kind == "conv" else 1)
            total += once * ((2 if k == 0 else 3) if training else 1)
        return total

    def weights(self, seed=0):
        """Weights in Keras's order and layout, from Glorot's uniform distribution."""
        rng = np.random.default_rng(seed)
        found = []
        for kind, *sizes in self.layers():
            c, f = sizes[-2:]
            taps = 9 if kind == "conv" else 1
            limit = np.sqrt(6 / (taps * (c + f)))
            shape = (3, 3, c, f) if kind == "conv" else (c, f)
            found += [rng.uniform(-limit, limit, shape).astype("float32"), np.zeros(f, "float32")]
        return found

    def data(self, samples, seed=1):
        """Images in [0, 1) and one-hot labels."""
        rng = np.random.default_rng(seed)
        x = rng.random((samples, *self.image), "float32")
        return x, np.eye(self.classes, dtype="float32")[rng.integers(self.classes, size=samples)]

    def keras(self, library):
        """The network as a Keras user writes it, of `keras` or of `cycnn`."""
        layers = library.layers
        model = library.Sequential([layers.Input(self.image)])
        for k, f in enumerate(self.filters):
            model.add(layers.Conv2D(f, 3, activation="relu"))
            if k < len(self.filters) - 1:
                model.add(layers.MaxPooling2D(2))
        model.add(layers.Flatten())
        model.add(layers.Dense(self.units, activation="relu"))
        model.add(layers.Dense(self.classes, activation="softmax"))
        return model


NETWORKS = {
    "mnist": Network("mnist", (28, 28, 1), (32, 64, 64), 64, 10),
    # Sizes that fit no tile and no vector: what a kernel or a rule made for the network above would lose shows here.
    "shifted": Network("shifted", (29, 27, 1), (31, 65, 63), 64, 7),
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
