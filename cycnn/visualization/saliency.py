"""Saliency: how much each pixel matters for a class, by the gradient."""

import numpy as np

from cycnn.core import checks
from cycnn.core.random import generator
from cycnn.visualization.probe import Probe, Scores, batch_of


def saliency(model, x, target=None, logits=True):
    """max over the channels of |d score / d x| (Simonyan et al., 2014): where a small change matters most.

    Args:
        model: model with one input and one output.
        x: pictures (n, h, w, c) as the model takes them, or one (h, w, c); other samples with channels last as well.
        target: class, one for each picture, or None: the class that the model predicts. Of one sigmoid unit, class 1 is
            the unit and class 0 its opposite.
        logits: whether the score is what goes into the last softmax or sigmoid; False: the probability itself, whose
            gradient vanishes where the model is sure.

    Returns:
        float32 array (n, h, w), or (h, w) for one picture.

    Raises:
        ValueError: pictures or classes that do not fit the model.

    Example:

    ```python
    heat = visualization.saliency(model, images[0])
    visualization.overlay(images[0], heat)
    ```
    """
    x, single = batch_of(model, x)
    maps = np.abs(_slopes(model, Scores(model, x, target, logits))(x)).max(axis=-1)
    return maps[0] if single else maps


def smooth_grad(model, x, target=None, samples=32, noise=0.15, seed=None, logits=True):
    """Saliency of the mean gradient around a picture, which is less ragged (SmoothGrad: Smilkov et al., 2017).

    Args:
        model, x, target, logits: as in `saliency`; the class that the model predicts is that of `x` itself.
        samples: noisy copies of each picture.
        noise: standard deviation, as a share of the picture's range.
        seed: integer, or None.

    Returns:
        float32 array (n, h, w), or (h, w) for one picture.
    """
    samples, noise = checks.positive_int("samples", samples), checks.number("noise", noise, 0)
    x, single = batch_of(model, x)
    random = generator(seed)
    axes = tuple(range(1, x.ndim))
    sigma = noise * (x.max(axis=axes, keepdims=True) - x.min(axis=axes, keepdims=True))
    slopes, total = _slopes(model, Scores(model, x, target, logits)), np.zeros_like(x)
    for _ in range(samples):
        total += slopes(x + sigma * random.standard_normal(x.shape, np.float32))
    maps = np.abs(total / samples).max(axis=-1)
    return maps[0] if single else maps


def _slopes(model, scores):
    """d score / d x, as a function of samples."""
    probe = Probe(model, [scores.tensor])
    return lambda x: probe.gradients(x, lambda rows, ys: [scores.seeds(ys[0], scores.classes[rows])])[0]
