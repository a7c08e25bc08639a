"""Occlusion: what a score loses when a part of the picture is covered."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization.probe import Probe, Scores, batch_of


def occlusion(model, x, target=None, size=8, stride=None, value=0.0, logits=True):
    """How much the score falls when a patch covers a pixel: the mean over the patches that do (Zeiler and Fergus, 2014).

    Args:
        model, x, target, logits: as in `saliency`.
        size: height and width of the patch, in pixels.
        stride: step between patches; by default half of `size`. A picture takes one prediction for each patch.
        value: what the patch is filled with: number, or array that fits a pixel (c,).

    Returns:
        float32 array (n, h, w), or (h, w) for one picture: positive where the class depends on what is covered.

    Raises:
        ValueError: pictures, classes or a patch that do not fit the model.
    """
    x, single = batch_of(model, x)
    if x.ndim != 4:
        raise ValueError(f"`x` must be pictures (n, h, w, c). Received: samples of shape {x.shape[1:]}.")
    height, width = x.shape[1:3]
    ph, pw = checks.positive_pair("size", size)
    if ph > height or pw > width:
        raise checks.refuse("size", f"at most the picture's, ({height}, {width})", size)
    sh, sw = (max(ph // 2, 1), max(pw // 2, 1)) if stride is None else checks.positive_pair("stride", stride)
    corners = [(top, left) for top in _starts(height, ph, sh) for left in _starts(width, pw, sw)]
    scores = Scores(model, x, target, logits)
    probe = Probe(model, [scores.tensor])

    def score(pictures, k):
        (found,) = probe.values(pictures)
        return (
            (found * scores.seeds(found, np.repeat(scores.classes[k], len(found)))).reshape(len(found), -1).sum(axis=1)
        )

    heat, covered = np.zeros(x.shape[:3], np.float32), np.zeros((height, width), np.float32)
    for top, left in corners:
        covered[top : top + ph, left : left + pw] += 1
    for k, picture in enumerate(x):
        (whole,) = score(picture[None], k)
        for first in range(0, len(corners), 32):
            some = corners[first : first + 32]
            patched = np.repeat(picture[None], len(some), axis=0)
            for row, (top, left) in enumerate(some):
                patched[row, top : top + ph, left : left + pw] = value
            for (top, left), found in zip(some, score(patched, k)):
                heat[k, top : top + ph, left : left + pw] += whole - found
    heat /= covered
    return heat[0] if single else heat


def _starts(length, size, stride):
    """Where patches begin; the last one ends with the picture."""
    return sorted({*range(0, length - size, stride), length - size})
