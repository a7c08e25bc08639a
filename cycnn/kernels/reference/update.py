"""The optimizer's step: Keras 3's formulas over one flat vector; g is the gradient dw.

`hyper` is laid out as in the kernels, which the line that takes it apart repeats.
"""

import numpy as np


def reduce(partial, dw, threads=1):
    """dw = sum of the groups' partial results."""
    dw[...] = np.sum(partial, axis=0, dtype=np.float64)


def add(dw, total, threads=1):
    """total = total + dw."""
    total += dw


def regularize(w, dw, penalty, l1, l2, threads=1):
    """penalty += l1 * sum |w| + l2 * sum w^2; dw += l1 * sign(w) + 2 * l2 * w. A factor of zero leaves its term out."""
    w = np.asarray(w, np.float64)
    if l1:
        penalty += l1 * np.sum(np.abs(w))
    if l2:
        penalty += l2 * np.sum(w**2)
    if dw is not None and l1:
        dw += l1 * np.sign(w)
    if dw is not None and l2:
        dw += 2 * l2 * w


def sgd(w, dw, hyper, threads=1):
    """w = w - rate * g."""
    (rate,) = _reals(hyper, 1)
    w -= rate * dw


def momentum(w, dw, velocity, hyper, nesterov, threads=1):
    """v = v * momentum - rate * g; w = w + v, or w + v * momentum - rate * g with Nesterov's look ahead."""
    rate, momentum = _reals(hyper, 2)
    velocity[...] = velocity * momentum - rate * dw
    w += velocity * momentum - rate * dw if nesterov else velocity


def adam(w, dw, m, v, vhat, hyper, threads=1):
    """w = w - m * corrected rate / (sqrt(v) + epsilon); AMSGrad takes the largest v so far."""
    rate, new_m, new_v, epsilon = _reals(hyper, 4)
    m += (dw - m) * new_m
    v += (dw**2 - v) * new_v
    if vhat is not None:
        vhat[...] = np.maximum(vhat, v)
    w -= m * rate / (np.sqrt(v if vhat is None else vhat) + epsilon)


def rmsprop(w, dw, average, momentum, mean, hyper, threads=1):
    """w = w - rate * g / sqrt(variance + epsilon); the variance around `mean`, a `momentum` of steps, where given."""
    rate, rho, new, epsilon, keep = _reals(hyper, 5)
    average[...] = rho * average + new * dw**2
    variance = average
    if mean is not None:
        mean[...] = rho * mean + new * dw
        variance = average - mean**2
    step = rate * dw / np.sqrt(variance + epsilon)
    if momentum is not None:
        momentum[...] = keep * momentum + step
        step = momentum
    w -= step


def adadelta(w, dw, accumulator, delta, hyper, threads=1):
    """w = w - rate * step, with step = g * sqrt(delta + epsilon) / sqrt(accumulator + epsilon)."""
    rate, rho, new, epsilon = _reals(hyper, 4)
    accumulator[...] = rho * accumulator + new * dw**2
    step = dw * np.sqrt(delta + epsilon) / np.sqrt(accumulator + epsilon)
    delta[...] = rho * delta + new * step**2
    w -= rate * step


def _reals(hyper, count):
    return [float(value) for value in hyper[:count]]


def reduce_rows(partial, dw, threads=1):
    """dw = the groups' sum, without what stands behind the end of a row."""
    dw[...] = partial.astype("float64").sum(axis=0)[:, : dw.shape[1]]
