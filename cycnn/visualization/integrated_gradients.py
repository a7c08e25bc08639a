"""Integrated gradients: a score's difference, divided among the pixels."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization.probe import Probe, Scores, batch_of


def integrated_gradients(model, x, target=None, baseline=0.0, steps=50, logits=True):
    """(x - b) · ∫₀¹ d score / d x at b + α (x - b) dα (Sundararajan et al., 2017), by Gauss-Legendre quadrature.

    The attributions of a picture add up to the difference of its score and the baseline's.

    Args:
        model, x, target, logits: as in `saliency`.
        baseline: what says nothing, b: number, or array like one picture.
        steps: points of the quadrature.

    Returns:
        float32 array like `x`, signed: a pixel counts for the class, or against it.

    Raises:
        ValueError: pictures, classes or a baseline that do not fit the model.
    """
    nodes, weights = np.polynomial.legendre.leggauss(checks.positive_int("steps", steps))
    x, single = batch_of(model, x)
    baseline = np.asarray(baseline, np.float32)
    if baseline.shape and baseline.shape != x.shape[1:]:
        raise checks.refuse("baseline", f"a number or an array of shape {x.shape[1:]}", baseline)
    scores = Scores(model, x, target, logits)
    probe = Probe(model, [scores.tensor])
    alphas = ((nodes + 1) / 2).astype(np.float32).reshape(-1, *[1] * (x.ndim - 1))
    found = np.empty_like(x)
    for k, way in enumerate(x - baseline):
        dx, _, _ = probe.gradients(baseline + alphas * way, lambda rows, ys, k=k: [_seeds(scores, ys[0], k)])
        found[k] = way * np.tensordot(weights / 2, dx, 1)
    return found[0] if single else found


def _seeds(scores, values, k):
    return scores.seeds(values, np.repeat(scores.classes[k], len(values)))
