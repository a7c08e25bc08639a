"""Products of matrices and tensors."""

import numpy as np

from cycnn.core.variable import Variable
from cycnn.ops import maths, reductions, shaping
from cycnn.ops.dtypes import INTEGER, promote
from cycnn.ops.elementwise import is_symbolic
from cycnn.ops.primitive import primitive
from cycnn.ops.product import Product


def _by_weight(x1, x2):
    """The kernel for a weight that is a matrix."""
    fits = isinstance(x2, Variable) and len(x2.shape) == 2 and is_symbolic(x1) and x1.ndim > 1
    if fits and None not in x1.spec.sample and x1.shape[-1] == x2.shape[0] and x2.dtype == "float32":
        return Product(x2).record(x1)
    return NotImplemented


@primitive(2, _by_weight)
def matmul(x1, x2):
    """The matrix product of the last two axes, broadcast over the others; int8 matrices give int32."""
    small = all(np.asarray(x).dtype == np.int8 for x in (x1, x2))
    x1, x2 = promote(x1, x2)
    if small:
        x1, x2 = x1.astype(INTEGER), x2.astype(INTEGER)
    a = x1[None, :] if x1.ndim == 1 else x1
    b = x2[:, None] if x2.ndim == 1 else x2

    def matrix(d):
        """The gradient of a @ b."""
        d = d[..., None] if x2.ndim == 1 else d
        return d[..., None, :] if x1.ndim == 1 else d

    def slope_1(d):
        if x2.ndim == 1 and x1.ndim > 1:
            return d[..., None] * x2
        found = matrix(d) @ np.swapaxes(b, -1, -2)
        return found[..., 0, :] if x1.ndim == 1 else found

    def slope_2(d):
        if x1.ndim == 1 and x2.ndim > 1:
            return x1[:, None] * d[..., None, :]
        found = np.swapaxes(a, -1, -2) @ matrix(d)
        return found[..., 0] if x2.ndim == 1 else found

    return x1 @ x2, slope_1, slope_2


def dot(x1, x2):
    """The products of x1's last axis with x2's last but one; of numbers, their product."""
    rank1, rank2 = shaping.ndim(x1), shaping.ndim(x2)
    if 0 in (rank1, rank2):
        return maths.multiply(x1, x2)
    if rank2 == 2:
        return matmul(x1, x2)
    return tensordot(x1, x2, ([rank1 - 1], [max(0, rank2 - 2)]))


@primitive(2)
def tensordot(x1, x2, axes=2):
    """Products summed over axes of both.

    Args:
        x1, x2: arrays.
        axes: how many of x1's last and x2's first axes are summed over, or two lists of axes.
    """
    x1, x2 = promote(x1, x2)
    if np.ndim(axes) == 0:
        axes1, axes2 = list(range(x1.ndim - axes, x1.ndim)), list(range(axes))
    else:
        axes1, axes2 = (
            [a % x.ndim for a in np.atleast_1d(given).tolist()] for given, x in zip(axes, (x1, x2), strict=True)
        )
    free1, free2 = ([a for a in range(x.ndim) if a not in summed] for x, summed in ((x1, axes1), (x2, axes2)))

    def slope_1(d):  # d: (free1, free2)
        found = np.tensordot(d, x2, (range(len(free1), d.ndim), free2))  # (free1, axes2 in x2's order)
        order = free1 + [axes1[k] for k in np.argsort(axes2)]
        return np.transpose(found, np.argsort(order))

    def slope_2(d):
        found = np.tensordot(x1, d, (free1, range(len(free1))))  # (axes1 in x1's order, free2)
        order = [axes2[k] for k in np.argsort(axes1)] + free2
        return np.transpose(found, np.argsort(order))

    return np.tensordot(x1, x2, (axes1, axes2)), slope_1, slope_2


def einsum(subscripts, *operands, **kwargs):
    """Einstein's sum: `einsum("nhc,cf->nhf", x, kernel)`.

    Args:
        subscripts: letters of the operands' axes and, behind `->`, of the result's.
        operands: arrays.
    """
    return _einsum(*operands, subscripts=_explicit(subscripts, operands), **kwargs)


def _explicit(subscripts, operands):
    """Subscripts with their output and without an ellipsis."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    if not arrow:
        letters = inputs.replace(",", "").replace(".", "")
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    if "..." in inputs:
        unused = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts]
        terms, longest = inputs.split(","), 0
        for k, (term, operand) in enumerate(zip(terms, operands, strict=True)):
            if "..." in term:
                rank = shaping.ndim(operand) - len(term) + 3
                longest = max(longest, rank)
                terms[k] = term.replace("...", "".join(unused[20 - rank : 20]) if rank else "")
        inputs, output = ",".join(terms), output.replace("...", "".join(unused[20 - longest : 20]))
    return f"{inputs}->{output}"


@primitive(None)
def _einsum(*operands, subscripts, **kwargs):
    operands = promote(*operands)
    inputs, output = subscripts.split("->")
    inputs = inputs.split(",")

    def slope(k):
        def pullback(d):
            """An einsum again: d takes the place of the operand. A letter that nobody else has was summed over alone."""
            if len(set(inputs[k])) < len(inputs[k]):
                raise ValueError(
                    f"The gradient of a diagonal is not part of `einsum`; use `trace`. Received: {subscripts!r}."
                )
            rest = [(t, x) for j, (t, x) in enumerate(zip(inputs, operands, strict=True)) if j != k]
            known = set(output).union(*(t for t, _ in rest))
            target = "".join(c for c in inputs[k] if c in known)
            terms = ",".join([output, *(t for t, _ in rest)])
            found = np.einsum(f"{terms}->{target}", d, *(x for _, x in rest), optimize=True)
            alone = [a for a, c in enumerate(inputs[k]) if c not in known]
            return np.broadcast_to(np.expand_dims(found, alone), operands[k].shape)

        return pullback

    return np.einsum(subscripts, *operands, optimize=True, **kwargs), *map(slope, range(len(operands)))


def outer(x1, x2):
    """All products of an element of x1 and one of x2, both flattened: a matrix."""
    return maths.multiply(shaping.reshape(x1, (-1, 1)), shaping.reshape(x2, (1, -1)))


def vdot(x1, x2):
    """The sum of the products of two arrays of one size, flattened."""
    return tensordot(shaping.ravel(x1), shaping.ravel(x2), 1)


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal of two axes."""
    return reductions.sum(diagonal(x, offset, axis1, axis2), -1)


@primitive()
def diagonal(x, offset=0, axis1=0, axis2=1):
    """A diagonal of two axes, as the last axis."""
    x = np.asarray(x)

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        view = np.moveaxis(dx, (axis1, axis2), (-2, -1))
        rows = np.arange(d.shape[-1]) + max(0, -offset)
        view[..., rows, rows + offset] = d
        return dx

    return np.diagonal(x, offset, axis1, axis2), slope
