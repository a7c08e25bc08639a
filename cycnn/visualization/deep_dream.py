"""Deep dream: a picture in which a network sees more and more of what it knows."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization.activation_maximization import ends
from cycnn.visualization.pixels import resized
from cycnn.visualization.probe import Probe, tensor_of


def deep_dream(model, image, layer, steps=10, step_size=0.01, octaves=3, octave_scale=1.4, value_range=(0.0, 1.0)):
    """Change a picture so that a layer answers it more strongly, from coarse to fine (Mordvintsev et al., 2015).

    Each octave follows the gradient of the sum of squares of the layer's values; then the picture grows, and the details
    that shrinking took away are put back.

    Args:
        model: model with one input whose layers, up to the one that is named, take pictures of any size: convolutions,
            pooling, normalization.
        image: one picture (h, w, c) of any size, as the model takes it.
        layer: layer, name or number; or a dictionary from these to weights, for several at once.
        steps: of gradient ascent in each octave.
        step_size: how far a pixel moves in a step on average, as a share of the range.
        octaves: sizes, the last of which is the picture's own.
        octave_scale: ratio of each size to the one before.
        value_range: smallest and largest value of a pixel.

    Returns:
        float32 array (h, w, c).

    Raises:
        ValueError: no such layer, or a picture that does not fit the model.
    """
    steps, octaves = checks.positive_int("steps", steps), checks.positive_int("octaves", octaves)
    step_size = checks.number("step_size", step_size, 0)
    octave_scale = checks.number("octave_scale", octave_scale, 1, open_low=True)
    low, high = ends(value_range)
    weights = layer if isinstance(layer, dict) else {layer: 1.0}
    tensors = [tensor_of(model, each) for each in weights]
    image = np.asarray(image, np.float32)
    if len(model.inputs) != 1 or image.ndim != 3 or image.shape[2:] != model.inputs[0].shape[-1:]:
        raise ValueError(
            f"`image` must be one picture (h, w, c) for the inputs {[tensor.shape for tensor in model.inputs]}. "
            f"Received: an array of shape {image.shape}."
        )

    def seeds(rows, outputs):  # of ½ · the mean of y²
        return [weight * y / y[0].size for weight, y in zip(weights.values(), outputs)]

    original = image[None]
    sizes = [_scaled(image.shape[:2], octave_scale ** (k + 1 - octaves)) for k in range(octaves)]
    probe, x, before = Probe(model, tensors), None, None
    for size in sizes:
        shrunken = resized(original, *size)
        x = shrunken.copy() if x is None else resized(x, *size) + shrunken - resized(before, *size)
        for _ in range(steps):
            dx, _, _ = probe.gradients(x, seeds)
            x = np.clip(x + step_size * (high - low) * dx / (np.abs(dx).mean() + 1e-12), low, high)
        before = shrunken
    return x[0]


def _scaled(size, scale):
    return tuple(max(round(length * scale), 1) for length in size)
