"""What surrounds every architecture: its input, the classifier or pooling on top, the weights."""

import os
import warnings

from cycnn import activations, config, layers
from cycnn.applications.blocks import spatial
from cycnn.core import checks
from cycnn.engine.graph import SymbolicTensor
from cycnn.models import Model

CLASSES = 1000  # of ImageNet

ARGUMENTS = """
    Args:
        include_top: Whether the model ends in its classifier.
        weights: {weights}
        input_tensor: Symbolic tensor to begin with, instead of an input of `input_shape`; what it is computed from belongs
            to the model, too.
        input_shape: Shape of one image, {shape} by default where `include_top` is True. Without the classifier, height and
            width may be None, and are by default: then the model takes images of any size. Sides must be at least {least}.
        pooling: What follows the last feature map where `include_top` is False: `"avg"` or `"max"` for global pooling, None
            for nothing.
        classes: Number of classes, where `include_top` is True.
        classifier_activation: Activation of the classifier; None: it returns logits.
        name: String.

    Returns:
        A `Model`.

    Raises:
        ValueError: An argument is wrong, arguments do not fit each other, or the weights in the file do not fit.
        OSError: The weights are wanted, but are not on this machine and cannot be downloaded.
"""


def documented(size, least, channels=3, *, imagenet=True):
    """Decorator: completes a docstring by the arguments that all architectures share.

    Args:
        size: Side of the default input.
        least: The shortest side that is accepted.
        channels: Those of the default input.
        imagenet: Whether there are published weights.
    """

    def complete(function):
        path = "the path of a `.weights.h5`, `.h5` or `.keras` file, or None: random ones"
        function.__doc__ = f"{function.__doc__.rstrip()}\n{ARGUMENTS}".format(
            weights=f'`"imagenet"`, {path}.' if imagenet else f"{path[0].upper()}{path[1:]}.",
            shape=(size, size, channels),
            least=least,
        )
        return function

    return complete


class Frame:
    """The arguments that all architectures share: checked, and put to use.

    Args:
        size: side of the default input.
        least: the shortest side that is accepted.
        channels: those of the default input.
        imagenet: whether there are published weights.
        sizes: sides of other inputs that there are published weights for.

    Attributes:
        input: the symbolic images that the architecture's layers begin with.
        include_top: whether its classifier is wanted.
        pretrained: whether the weights trained on ImageNet are wanted.
        side: height and width of the images if they are the same number, else None.
    """

    def __init__(self, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, *,
                 size, least, channels=3, imagenet=True, sizes=()):  # fmt: skip
        self.include_top, self.weights = bool(include_top), checked_weights(weights, imagenet)
        self.pretrained = self.weights == "imagenet"
        self.pooling = None if pooling is None else checks.one_of("pooling", pooling, ("avg", "max"))
        self.classes = checks.positive_int("classes", classes)
        if self.pretrained and self.include_top and self.classes != CLASSES:
            raise ValueError(
                f"`classes` must be {CLASSES} with `weights='imagenet'` and `include_top=True`. "
                f"Received: classes={classes}."
            )
        self.activation = activations.get(classifier_activation)
        if self.weights and self.include_top and self.activation not in map(activations.get, ("softmax", None)):
            raise ValueError(
                "`classifier_activation` must be 'softmax' or None with trained weights and `include_top=True`. "
                f"Received: classifier_activation={classifier_activation!r}."
            )
        shape = self._input_shape(input_shape, (size, *sizes), least, channels)
        if input_tensor is None:
            self.input = layers.Input(shape)
            self._inputs = [self.input]
        elif isinstance(input_tensor, SymbolicTensor):
            if input_shape is not None and input_tensor.shape[1:] != shape:
                raise ValueError(
                    "`input_shape` must be that of `input_tensor` where both are given. "
                    f"Received: input_shape={input_shape}, input_tensor={input_tensor}."
                )
            self.input = input_tensor
            self._inputs = _sources(input_tensor)
        else:
            raise ValueError(
                f"`input_tensor` must be a symbolic tensor. Received: input_tensor={checks.short(input_tensor)}."
            )
        height, width = spatial(self.input.shape)
        self.side = height if height == width else None

    def _input_shape(self, given, sizes, least, channels):
        """The shape of one image, by Keras's rules."""
        last = config.image_data_format() == "channels_last"

        def whole(side, channels):
            return (side, side, channels) if last else (channels, side, side)

        if given is None:
            return whole(sizes[0] if self.include_top else None, channels)
        shape = checks.shape("input_shape", given)
        found = shape[-1 if last else 0] if len(shape) == 3 else None
        if found is None or (self.include_top and None in shape):
            sides = "" if self.include_top else ", of which height and width may be None"
            raise checks.refuse("input_shape", f"a tuple of three integers{sides}", given)
        trained = [whole(side, channels) for side in sizes]
        if self.pretrained and self.include_top and shape not in trained:
            raise ValueError(
                f"`input_shape` must be {' or '.join(map(str, trained))} with `weights='imagenet'` and `include_top=True`. "
                f"Received: input_shape={given}."
            )
        if self.pretrained and found != channels:
            raise ValueError(
                f"`input_shape` must be of {channels} channels with `weights='imagenet'`. Received: input_shape={given}."
            )
        if found not in (1, 3):
            warnings.warn(
                f"`input_shape` usually has 1 or 3 channels. Received: input_shape={given}, with {found}.", stacklevel=4
            )
        if any(side is not None and side < least for side in spatial(shape)):
            raise ValueError(f"`input_shape` must be at least {least}x{least} pixels. Received: input_shape={given}.")
        return shape

    def top(self, x, average=None, maximum=None):
        """Global averages and the classifier, or the pooling that is wanted instead.

        Args:
            average, maximum: names of the layers.
        """
        if self.include_top:
            return self.classifier(layers.GlobalAveragePooling2D(name=average)(x))
        return self.pooled(x, average, maximum)

    def classifier(self, x, **options):
        """The last dense layer: probabilities of the classes."""
        return layers.Dense(self.classes, activation=self.activation, name="predictions", **options)(x)

    def pooled(self, x, average=None, maximum=None):
        """The last feature map, pooled where that is wanted.

        Args:
            average, maximum: names of the layers.
        """
        if self.pooling == "avg":
            return layers.GlobalAveragePooling2D(name=average)(x)
        if self.pooling == "max":
            return layers.GlobalMaxPooling2D(name=maximum)(x)
        return x

    def model(self, outputs, name, published=None):
        """The model that ends here, with its weights.

        Args:
            outputs: symbolic tensor.
            name: string.
            published: `weight_files.Published`.
        """
        model = Model(self._inputs[0] if len(self._inputs) == 1 else self._inputs, outputs, name=name)
        if self.weights is not None:
            model.load_weights(published.locate(self.include_top) if self.pretrained else self.weights)
        return model


def checked_weights(value, imagenet):
    """None, `"imagenet"` or the path of a file.

    Raises:
        ValueError: it is something else, or there is no such file.
    """
    try:
        if value is None or (imagenet and value == "imagenet") or os.path.isfile(value):
            return value
    except TypeError:
        pass
    known = "None for random ones, 'imagenet'," if imagenet else "None for random ones,"
    raise ValueError(f"`weights` must be {known} or the path of a file. Received: weights={checks.short(value)}.")


def _sources(tensor):
    """The inputs that a symbolic tensor is computed from."""
    found, waiting, met = [], [tensor], set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in met:
            continue
        met.add(id(tensor))
        before = tensor.call.inputs if tensor.call else tensor.node.inputs if tensor.node else ()
        waiting.extend(reversed(before))
        if not before:
            found.append(tensor)
    return found
