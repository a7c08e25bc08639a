"""Connectionist temporal classification: labels for sequences without knowing which step belongs to which label.

Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification: labelling unsegmented sequence data with
recurrent neural networks" (ICML 2006). Each step says a label or nothing (the blank); a sequence says its labels after
repetitions are joined and blanks left out. With the labels l and blanks around each, l' = _ l₁ _ l₂ _,

    α(t, s)    log probability of the first t steps that end at l'(s), step t included
    β(t, s)    of the steps behind t, from l'(s) on
    -∂ log p / ∂ logit(t, k)  =  softmax(t, k) - Σ exp(α + β - log p) over s with l'(s) = k
"""

import numpy as np

from cycnn.core import checks
from cycnn.ops.dtypes import FLOAT, INTEGER, floating
from cycnn.ops.primitive import constant, primitive

# ------------------------------------------------------------------------------------------------------------ loss


@primitive(4)
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log p of the labels, for each sample.

    Args:
        target: integers (n, most labels).
        output: logits (n, steps, classes).
        target_length: how many of the labels count, (n,).
        output_length: how many of the steps count, (n,).
        mask_index: the class that is the blank.

    Returns:
        An array (n,), infinite where the steps are too few for the labels; no gradient flows from there.

    Raises:
        ValueError: shapes, lengths or labels that do not fit.
    """
    (output,) = floating(output)
    labels, count, steps = (np.asarray(x).astype(np.int64) for x in (target, target_length, output_length))
    _check(labels, output, count, steps, mask_index)
    shifted = output.astype(np.float64) - output.max(-1, keepdims=True, initial=-np.inf, where=np.isfinite(output))
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    states, skips = _states(labels, count, mask_index)
    said = np.moveaxis(np.take_along_axis(logs, states[:, None, :], 2), 1, 0)  # (steps, n, states)
    alpha = _forward(said, skips)
    rows, last = np.arange(len(labels)), np.maximum(steps - 1, 0)
    ends = [alpha[last, rows, 2 * count], np.where(count > 0, alpha[last, rows, np.maximum(2 * count - 1, 0)], -np.inf)]
    total = np.where(steps > 0, np.logaddexp(*ends), np.where(count > 0, -np.inf, 0))

    def slope(d):
        beta = _backward(said, skips, count, steps)
        possible = np.isfinite(total)
        share = np.exp(alpha + beta - np.where(possible, total, 0)[:, None])  # of each state at each step
        classes = (states[:, :, None] == np.arange(output.shape[-1])).astype(np.float64)
        found = np.exp(logs) - np.moveaxis(share, 0, 1) @ classes
        counts = possible[:, None] & (np.arange(output.shape[1]) < steps[:, None])
        return np.where(counts[..., None], found * d[:, None, None], 0)

    return (-total).astype(output.dtype), None, slope, None, None


def _check(labels, output, count, steps, blank):
    n, most, classes = len(output), labels.shape[-1], output.shape[-1]
    if output.ndim != 3 or labels.ndim != 2 or count.shape != (n,) or steps.shape != (n,) or len(labels) != n:
        raise ValueError(
            "`ctc_loss` takes target (n, labels), output (n, steps, classes), target_length (n,), output_length (n,). "
            f"Received: shapes {labels.shape}, {output.shape}, {count.shape}, {steps.shape}."
        )
    if not 0 <= blank < classes:
        raise ValueError(f"`mask_index` must be one of {classes} classes. Received: mask_index={blank}.")
    for name, lengths, length in (("target_length", count, most), ("output_length", steps, output.shape[1])):
        if ((lengths < 0) | (lengths > length)).any():
            raise ValueError(f"`{name}` must be from 0 to {length}. Received: {lengths}.")
    used = labels[np.arange(most) < count[:, None]]
    if ((used < 0) | (used >= classes)).any():
        raise ValueError(f"The labels must be from 0 to {classes - 1}. Received: from {used.min()} to {used.max()}.")


def _states(labels, count, blank):
    """l', and where one may go from s - 2 to s: to a label that is another than the one before."""
    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = np.where(np.arange(labels.shape[1]) < count[:, None], labels, blank)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return states, skips


def _moved(x, by):
    """x(s - by), nothing being -∞."""
    y = np.full(x.shape, -np.inf)
    if by > 0:
        y[:, by:] = x[:, :-by]
    else:
        y[:, :by] = x[:, -by:]
    return y


def _forward(said, skips):
    alpha = np.full(said.shape, -np.inf)
    if len(said):
        alpha[0, :, :2] = said[0, :, :2]
    for t in range(1, len(said)):
        before = alpha[t - 1]
        come = np.logaddexp(before, _moved(before, 1))
        alpha[t] = said[t] + np.logaddexp(come, np.where(skips, _moved(before, 2), -np.inf))
    return alpha


def _backward(said, skips, count, steps):
    beta = np.full(said.shape, -np.inf)
    place = np.arange(said.shape[-1])
    ends = np.where((place == 2 * count[:, None]) | (place == 2 * count[:, None] - 1), 0, -np.inf)
    skipped = np.zeros_like(skips)
    skipped[:, :-2] = skips[:, 2:]
    for t in reversed(range(len(said))):
        if t + 1 < len(said):
            behind = beta[t + 1] + said[t + 1]
            go = np.logaddexp(behind, _moved(behind, -1))
            beta[t] = np.logaddexp(go, np.where(skipped, _moved(behind, -2), -np.inf))
        beta[t] = np.where((steps == t + 1)[:, None], ends, beta[t])
    return beta


# --------------------------------------------------------------------------------------------------------- decoding


def ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    """The labels that sequences say.

    Args:
        inputs: logits (n, steps, classes).
        sequence_lengths: how many of the steps count, (n,).
        strategy: `"greedy"`, the likeliest class of each step; or `"beam_search"`, the likeliest labels by all ways to say
            them, of which some are followed step by step (Hannun et al., 2014).
        beam_width: how many beginnings are followed.
        top_paths: how many sequences of labels a beam search returns.
        merge_repeated: whether repetitions are joined, for `"greedy"`; a beam search does it always.
        mask_index: the class that is the blank; the last one where it is None.

    Returns:
        `(labels, scores)`: int32 (1 or top_paths, n, steps), -1 behind the last label; and for `"greedy"` (n, 1), the
        largest logits of all steps, added and negated, or for `"beam_search"` the log probabilities (n, top_paths).
    """
    checks.one_of("strategy", strategy, ("greedy", "beam_search"))
    (logits,) = floating(constant(inputs, "inputs"))
    lengths = constant(sequence_lengths, "sequence_lengths").astype(np.int64)
    if logits.ndim != 3 or lengths.shape != logits.shape[:1]:
        raise ValueError(
            "`ctc_decode` takes inputs (n, steps, classes) and sequence_lengths (n,). "
            f"Received: shapes {logits.shape} and {lengths.shape}."
        )
    blank = logits.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _likeliest(logits, lengths, merge_repeated, blank)
    checks.positive_int("beam_width", beam_width)
    checks.positive_int("top_paths", top_paths)
    shifted = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    labels = np.full((top_paths, *logits.shape[:2]), -1, INTEGER)
    scores = np.full((len(logits), top_paths), -np.inf, FLOAT)
    for k, (rows, length) in enumerate(zip(logs, lengths)):
        for place, (path, score) in enumerate(_beams(rows[:length], beam_width, blank)[:top_paths]):
            labels[place, k, : len(path)], scores[k, place] = path, score
    return labels, scores


def _likeliest(logits, lengths, merge_repeated, blank):
    there = np.arange(logits.shape[1]) < lengths[:, None]
    best = np.where(there, logits.argmax(-1), blank)
    scores = -np.where(there, logits.max(-1), 0).sum(1, keepdims=True)
    kept = best != blank
    if merge_repeated:
        kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    order = np.argsort(~kept, axis=1, kind="stable")
    labels = np.take_along_axis(np.where(kept, best, -1), order, 1)
    return labels[None].astype(INTEGER), scores.astype(logits.dtype)


def _beams(logs, width, blank):
    """Sequences of labels with their log probabilities, the likeliest first.

    Of each beginning two probabilities are kept: of all ways to say it whose last step is a blank, and of the others. They
    differ in what the same label once more means.
    """
    paths, silent, spoken = [()], np.zeros(1), np.full(1, -np.inf)
    for row in logs:
        last = np.array([path[-1] if path else blank for path in paths])
        total = np.logaddexp(silent, spoken)
        longer = total[:, None] + row
        again = np.arange(len(paths)), last
        longer[again] = silent + row[last]
        longer[:, blank] = -np.inf
        quiet, same = total + row[blank], np.where(last == blank, -np.inf, spoken + row[last])
        index = {path: k for k, path in enumerate(paths)}
        for k, path in enumerate(paths):  # a beginning that is followed may also be another one, longer by a label
            parent = index.get(path[:-1]) if path else None
            if parent is not None:
                same[k] = np.logaddexp(same[k], longer[parent, path[-1]])
                longer[parent, path[-1]] = -np.inf
        candidates = np.concatenate([np.logaddexp(quiet, same), longer.ravel()])
        chosen = np.argsort(-candidates, kind="stable")[:width]
        chosen = chosen[candidates[chosen] > -np.inf]
        old, new = chosen[chosen < len(paths)], chosen[chosen >= len(paths)] - len(paths)
        parents, labels = np.divmod(new, len(row))
        paths = [paths[k] for k in old] + [(*paths[p], label) for p, label in zip(parents.tolist(), labels.tolist())]
        silent = np.concatenate([quiet[old], np.full(len(new), -np.inf)])
        spoken = np.concatenate([same[old], longer.ravel()[new]])
    total = np.logaddexp(silent, spoken)
    return [(paths[k], total[k]) for k in np.argsort(-total, kind="stable")]
