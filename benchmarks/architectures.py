"""Famous architectures as contestants' networks: what `shapes.Network` answers, for a model of `applications`."""

import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Architecture:
    """A network of `applications`.

    Attributes:
        builder: its name there.
        image: height, width, channels.
        batch: samples of a training step, and of the larger prediction.
        trains: whether training steps are timed, too.
        optimizer, rate, tolerance: of training, as in `Network`.
    """

    name: str
    builder: str
    image: tuple = (224, 224, 3)
    batch: int = 8
    trains: bool = False
    optimizer: str = "sgd"
    rate: float = 1e-3
    tolerance: float = 1e-2
    classes: int = 1000
    binary = False

    @property
    def exact(self):
        """Itself: nothing in it is random."""
        return self

    def keras(self, library):
        """The network as a Keras user writes it, of `keras` or of `cycnn`."""
        build = getattr(library.applications, self.builder)
        return build(weights=None, input_shape=self.image, classes=self.classes)

    @cached_property
    def layers(self):
        """Its layers as configurations."""
        import cycnn

        return self.keras(cycnn).get_config()["layers"]

    def weights(self):
        """Weights in Keras's order and layout: as they begin, but each normalization knows mean and variance of a batch.

        As they begin, maps shrink or grow from layer to layer, and predictions are the same for all images."""
        import cycnn

        cycnn.utils.set_random_seed(0)
        model = self.keras(cycnn)
        for layer in model.layers:
            if isinstance(layer, cycnn.layers.BatchNormalization):
                layer.momentum = 0.0
        model(self.data(8)[0], training=True)
        return model.get_weights()

    def data(self, samples, seed=1):
        """Images in [0, 1), and one-hot labels."""
        rng = np.random.default_rng(seed)
        labels = rng.integers(self.classes, size=samples)
        return rng.random((samples, *self.image), "float32"), np.eye(self.classes, dtype="float32")[labels]

    def flops(self, training):
        """Multiply-adds of one image, times two: of a forward pass, or of a training step (the input needs no gradient)."""
        import cycnn

        layers = [layer for layer in self.keras(cycnn).layers if layer.weights]
        shapes = [(*layer.output.shape[1:-1], *layer.weights[0].shape) for layer in layers]
        first, *others = [2 * int(np.prod(shape)) for shape, layer in zip(shapes, layers) if hasattr(layer, "kernel")]
        return (2 if training else 1) * first + (3 if training else 1) * sum(others)

    def torch(self, torch):
        """The network up to the logits as a module of PyTorch, as its own zoo writes it: zeros around a map are the padding
        of what reads it, where both sides have as many; relu and sums are written over what they read."""
        modules, graph, made, zeros = {}, torch.fx.Graph(), {}, {}
        for layer in self.layers:
            kind, name, config = layer["class_name"], layer["name"], layer["config"]
            if kind == "InputLayer":
                made[name] = graph.placeholder("x")
                continue
            (tensors,) = layer["inbound_nodes"][0]["args"]
            tensors = tensors if isinstance(tensors, list) else [tensors]
            sources = [tensor["config"]["keras_history"][0] for tensor in tensors]
            shape = tensors[0]["config"]["shape"]
            if kind == "ZeroPadding2D":
                zeros[name], made[name] = config["padding"], made[sources[0]]
            elif kind == "Add":  # onto the last, which a normalization has made for nobody else
                made[name] = graph.call_function(operator.iadd, tuple(made[source] for source in reversed(sources)))
            else:
                border = zeros.get(sources[0]) or _border(config, shape)
                modules[name] = _module(torch.nn, kind, config, shape[-1], border)
                made[name] = graph.call_module(name, (made[sources[0]],))
        graph.output(made[name])
        return torch.fx.GraphModule(modules, graph)


def _border(config, shape):
    """Zeros ((above, below), (before, behind)) that `same` asks for."""
    if config.get("padding") != "same":
        return (0, 0), (0, 0)
    sizes = config["kernel_size"], config["strides"], shape[1:3]
    total = [max((-(-n // stride) - 1) * stride + side - n, 0) for side, stride, n in zip(*sizes)]
    return tuple((k // 2, k - k // 2) for k in total)


def _module(nn, kind, config, channels, border):
    """PyTorch's module for a layer."""
    (top, bottom), (left, right) = border
    even = (top, left) == (bottom, right)
    around = (top, left) if even else 0
    if kind in ("Conv2D", "DepthwiseConv2D"):
        deep = kind == "DepthwiseConv2D"
        filters, groups = (channels, channels) if deep else (config["filters"], 1)
        sizes = tuple(config["kernel_size"]), tuple(config["strides"]), around
        module = nn.Conv2d(channels, filters, *sizes, groups=groups, bias=config["use_bias"])
    elif kind == "MaxPooling2D":  # of a map behind relu: zeros around it are as good as none
        module = nn.MaxPool2d(tuple(config["pool_size"]), tuple(config["strides"]), around)
    elif kind == "BatchNormalization":
        module = nn.BatchNorm2d(channels, eps=config["epsilon"], momentum=1 - config["momentum"])
    elif kind == "GlobalAveragePooling2D":
        module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    elif kind == "Dense":
        module = nn.Linear(channels, config["units"])
    elif kind == "ReLU" and config["max_value"] == 6:
        module = nn.ReLU6(inplace=True)
    elif kind == "Activation" and config["activation"] == "relu":
        module = nn.ReLU(inplace=True)
    else:
        raise NotImplementedError(f"no module for a layer {kind} with {config}")
    return module if even else nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), module)
