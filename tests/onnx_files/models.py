"""Models from the table of cases, with weights and inputs that follow from a seed."""

import numpy as np

import cycnn
from cycnn import layers


def made(make, samples, seed=0):
    """`(model, inputs)`. A sample's shape may begin with a type."""
    inputs = [layers.Input(s[1:] if isinstance(s[0], str) else s) for s in samples]
    model = cycnn.Model(inputs, make(*inputs))
    set_weights(model, seed)
    rng = np.random.default_rng(seed + 1)
    xs = []
    for sample, tensor in zip(samples, inputs, strict=True):
        shape = (2, *tensor.shape[1:])
        whole = isinstance(sample[0], str)
        xs.append((rng.integers(0, 9, shape) if whole else rng.normal(size=shape)).astype(np.float32))
    return model, xs


def set_weights(model, seed=0):
    """Numbers that no formula confuses: signed, variances and scales positive, different."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        positive = any(word in weight.name for word in ("variance", "gamma"))
        weight.assign(rng.uniform(0.2, 1.2, weight.shape) if positive else rng.normal(size=weight.shape) * 0.4)


def answers(model, xs):
    """The model's outputs as a list of arrays."""
    found = model(xs if len(xs) > 1 else xs[0], training=False)
    return [np.asarray(y) for y in (found if isinstance(found, (list, tuple)) else [found])]


def assert_close(found, wanted, tolerance=1e-5):
    """Equal but for rounding, relative to the largest number."""
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= tolerance * np.abs(b).max()
