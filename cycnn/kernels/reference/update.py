"""The optimizer's step: Keras 3's formulas over one flat vector; g is the gradient dw.

`hyper` is laid out as in the kernels: a rule's numbers, which the line that takes it apart repeats, and what all rules
share.
"""

import numpy as np

BLOCK = 4096
DECAY, KEEP, OVERWRITE, ACTIVE = 8, 9, 10, 11


def reduce(partial, dw, threads=1):
    """dw = sum of the groups' partial results."""
    dw[...] = np.sum(partial, axis=0, dtype=np.float64)


def reduce_rows(partial, dw, threads=1):
    """dw = the groups' sum, without what stands behind the end of a row."""
    dw[...] = partial.astype("float64").sum(axis=0)[:, : dw.shape[1]]


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


def accumulate(dw, total, hyper, steps, threads=1):
    """total = total + dw; in an active step dw = total / steps, and total begins anew."""
    total += dw
    if hyper[ACTIVE]:
        dw[...] = total / steps
        total[...] = 0


def squares(dw, partial, threads=1):
    """partial = sum of dw^2 of each block."""
    for block in range(len(partial)):
        partial[block] = np.sum(dw[block * BLOCK : (block + 1) * BLOCK] ** 2)


def merge_squares(a, b, c, d, e, f, g, h, total, threads=1):
    """total = sum of all."""
    total[0] = sum(np.sum(part) for part in (a, b, c, d, e, f, g, h) if part is not None)


def clip_norm(dw, partial, limit, together, threads=1):
    """dw = dw * limit / max(norm, limit); `together`, what is not finite makes NaN."""
    norm = np.sqrt(np.sum(partial))
    dw *= limit / np.maximum(norm, limit)
    if together and not np.isfinite(norm):
        dw[...] = np.nan


def clip_value(dw, limit, threads=1):
    """dw = min(max(dw, -limit), limit)."""
    dw[...] = np.clip(dw, -limit, limit)


def step(w, dw, a, b, c, average, hyper, rule, decays, threads=1):
    """Weight decay, the rule with its slots, and the moving average of the weights."""
    if hyper[ACTIVE]:
        if decays:
            w -= w * float(hyper[DECAY])
        RULES[rule](w, dw, a, b, c, hyper)
    if average is not None:
        keep = float(hyper[KEEP])
        average[...] = keep * average + (1 - keep) * w
        if hyper[OVERWRITE]:
            w[...] = average


def none(w, dw, a, b, c, hyper):
    """Nothing."""


def sgd(w, dw, a, b, c, hyper):
    """w = w - rate * g."""
    (rate,) = _reals(hyper, 1)
    w -= rate * dw


def momentum(w, dw, velocity, b, c, hyper):
    """v = v * momentum - rate * g; w = w + v."""
    rate, momentum = _reals(hyper, 2)
    velocity[...] = velocity * momentum - rate * dw
    w += velocity


def nesterov(w, dw, velocity, b, c, hyper):
    """v = v * momentum - rate * g; w = w + v * momentum - rate * g."""
    rate, momentum = _reals(hyper, 2)
    velocity[...] = velocity * momentum - rate * dw
    w += velocity * momentum - rate * dw


def adam(w, dw, m, v, vhat, hyper):
    """w = w - m * corrected rate / (sqrt(v) + epsilon); AMSGrad takes the largest v so far."""
    rate, new_m, new_v, epsilon = _reals(hyper, 4)
    m += (dw - m) * new_m
    v += (dw**2 - v) * new_v
    if vhat is not None:
        vhat[...] = np.maximum(vhat, v)
    w -= m * rate / (np.sqrt(v if vhat is None else vhat) + epsilon)


def adamax(w, dw, m, u, c, hyper):
    """w = w - m * corrected rate / (u + epsilon), u the infinity norm that decays by beta_2."""
    rate, new_m, beta_2, epsilon = _reals(hyper, 4)
    m += (dw - m) * new_m
    u[...] = np.maximum(beta_2 * u, np.abs(dw))
    w -= rate * m / (u + epsilon)


def nadam(w, dw, m, v, c, hyper):
    """w = w - rate * mixed / (sqrt(corrected v) + epsilon), mixed of the average m and the gradient."""
    rate, new_m, new_v, epsilon, of_m, of_g, of_v = _reals(hyper, 7)
    m += (dw - m) * new_m
    v += (dw**2 - v) * new_v
    w -= rate * (m * of_m + dw * of_g) / (np.sqrt(v * of_v) + epsilon)


def rmsprop(w, dw, average, momentum, mean, hyper):
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


def adagrad(w, dw, accumulator, b, c, hyper):
    """w = w - rate * g / sqrt(sum of g^2 + epsilon)."""
    rate, epsilon = _reals(hyper, 2)
    accumulator += dw**2
    w -= rate * dw / np.sqrt(accumulator + epsilon)


def adadelta(w, dw, accumulator, delta, c, hyper):
    """w = w - rate * step, with step = g * sqrt(delta + epsilon) / sqrt(accumulator + epsilon)."""
    rate, rho, new, epsilon = _reals(hyper, 4)
    accumulator[...] = rho * accumulator + new * dw**2
    step = dw * np.sqrt(delta + epsilon) / np.sqrt(accumulator + epsilon)
    delta[...] = rho * delta + new * step**2
    w -= rate * step


def ftrl(w, dw, accumulator, linear, c, hyper):
    """w = (clip(z, -l1, l1) - z) / (n^p / rate + l2), n the sum of g^2, z the sum of gradients less what moved w."""
    rate, power, l1, l2, shrink = _reals(hyper, 5)
    old = accumulator**power
    accumulator += dw**2
    new = accumulator**power
    linear += dw + shrink * w - (new - old) / rate * w
    w[...] = (np.clip(linear, -l1, l1) - linear) / (new / rate + l2)


def lion(w, dw, m, b, c, hyper):
    """w = w - rate * sign(beta_1 * m + (1 - beta_1) g); m = beta_2 * m + (1 - beta_2) g."""
    rate, beta_1, new_1, beta_2, new_2 = _reals(hyper, 5)
    w -= rate * np.sign(m * beta_1 + dw * new_1)
    m[...] = m * beta_2 + dw * new_2


def schedule_free(w, dw, z, v, c, hyper):
    """w = (1 - beta_1) z + beta_1 x, where z moves and x is the mean of where it was."""
    rate, new_v, of_v, epsilon, beta_1, rest, share = _reals(hyper, 7)
    v += (dw**2 - v) * new_v
    x = (w - rest * z) / beta_1
    z -= rate * dw / (np.sqrt(v * of_v) + epsilon)
    x += share * (z - x)
    w[...] = rest * z + beta_1 * x


# In the order of the kernels' RULES.
RULES = (none, sgd, momentum, nesterov, adam, adamax, nadam, rmsprop, adagrad, adadelta, ftrl, lion, schedule_free)


def _reals(hyper, count):
    return [float(value) for value in hyper[:count]]
