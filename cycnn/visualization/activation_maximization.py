"""Activation maximization: the picture that a filter likes."""

import numpy as np

from cycnn.core import checks
from cycnn.core.random import generator
from cycnn.visualization.probe import Probe, batch_of, tensor_of, without_activation


def activation_maximization(
    model, layer, unit, steps=60, step_size=0.02, decay=0.02, jitter=1, value_range=(0.0, 1.0), start=None, seed=None
):
    """A picture that makes one unit of a layer answer strongly, found by following the gradient (Erhan et al., 2009).

    What grows is the unit's response before the layer's activation function, which has a gradient where a relu would have
    none yet. A filter answers at every position: what grows are the responses more than a standard deviation above their
    mean, so that places do not compete that overlap.

    Args:
        model: model with one input that knows its shape.
        layer: layer, name or number.
        unit: number of a filter, or of a Dense layer's unit; a list gives a batch of pictures. A class of the last layer
            gives the picture of that class (Simonyan et al., 2014).
        steps: of gradient ascent.
        step_size: how far a pixel moves in a step on average, as a share of the range.
        decay: share of the distance to the middle of the range that is lost in each step: pixels that matter little stay
            gray.
        jitter: pixels by which the picture is shifted to and fro, at random, between steps: against patterns of one pixel.
        value_range: smallest and largest value of a pixel, as the model takes it.
        start: picture to begin with; by default gray with a little noise.
        seed: integer for noise and shifts, or None.

    Returns:
        float32 array (h, w, c), or (n, h, w, c) for a list of units, within the range.

    Raises:
        ValueError: no such layer or unit, or a picture that does not fit the model.
    """
    low, high = ends(value_range)
    steps, jitter = checks.positive_int("steps", steps), checks.non_negative_int("jitter", jitter)
    step_size, decay = checks.number("step_size", step_size, 0), checks.number("decay", decay, 0, 1)
    tensor = without_activation(tensor_of(model, layer))
    units = np.atleast_1d(unit)
    if units.dtype.kind not in "iu" or units.ndim != 1 or not ((units >= 0) & (units < tensor.shape[-1])).all():
        raise checks.refuse("unit", f"a number from 0 to {tensor.shape[-1] - 1}, or a list of them", unit)
    probe, random, middle = Probe(model, [tensor]), generator(seed), (low + high) / 2
    if start is None:
        sample = model.inputs[0].spec.sample
        if None in sample:
            raise ValueError(
                f"`start` must be a picture where the model takes pictures of any size. Received: start=None for the model "
                f"{model.name!r} with an input of shape {model.inputs[0].shape}."
            )
        noise = random.standard_normal((len(units), *sample), np.float32)
        x = (middle + 0.05 * (high - low) * noise).astype(np.float32)
    else:
        x = np.repeat(batch_of(model, start)[0][:1], len(units), axis=0)
    axes = tuple(range(1, x.ndim))

    def seeds(rows, outputs):
        (y,) = outputs
        wanted = (units[rows, None] == np.arange(y.shape[-1])).reshape(len(y), *[1] * (y.ndim - 2), -1)
        if y.ndim == 2:
            return [wanted.astype(np.float32)]
        places = tuple(range(1, y.ndim - 1))
        most = y.mean(axis=places, keepdims=True) + y.std(axis=places, keepdims=True)
        return [np.maximum(y - most, 0) * wanted]

    for _ in range(steps):
        shift = random.integers(-jitter, jitter + 1, x.ndim - 2)
        shifted = np.roll(x, shift, axis=axes[:-1])
        dx = np.roll(probe.gradients(shifted, seeds)[0], -shift, axis=axes[:-1])
        x += step_size * (high - low) * dx / (np.abs(dx).mean(axis=axes, keepdims=True) + 1e-12)
        x = np.clip(middle + (1 - decay) * (x - middle), low, high)
    return x if np.ndim(unit) else x[0]


def ends(value_range):
    """The two ends of a range of pixels.

    Raises:
        ValueError: it is none.
    """
    try:
        low, high = (float(end) for end in value_range)
    except (TypeError, ValueError):
        raise checks.refuse("value_range", "a pair of numbers", value_range) from None
    if not low < high:
        raise checks.refuse("value_range", "the smaller number and the larger one", value_range)
    return low, high
