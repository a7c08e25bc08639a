"""Linear algebra by `numpy.linalg`, of the last two axes; the others count matrices.

Gradients as in Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008), Murray, "Differentiation of the Cholesky decomposition" (2016), Townsend, "Differentiating the singular value
decomposition" (2016), and Golub and Pereyra (1973) for the pseudo-inverse.
"""

import math
import sys

import numpy as np

from cycnn.ops import maths, products, reductions, shaping
from cycnn.ops.control import jvp
from cycnn.ops.dtypes import INTEGER, floating
from cycnn.ops.primitive import composite, constant, primitive, several
from cycnn.ops.uses import note_all

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "logdet", "lstsq", "lu_factor", "matrix_rank",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
]  # fmt: skip


def _turned(x):
    """The matrices' transposes."""
    return np.swapaxes(x, -1, -2)


def _matrices(x, name, square=True):
    (x,) = floating(x)
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        raise ValueError(f"`{name}` takes {kind}. Received: shape {x.shape}.")
    return x


# ------------------------------------------------------------------------------------------ determinants, inverses


@primitive()
def det(x):
    """The determinant."""
    x = _matrices(x, "det")

    def slope(d):
        """The cofactors, which singular matrices have too: from the singular values, each left out once."""
        u, s, vh = np.linalg.svd(x)
        others = np.stack([np.delete(s, k, -1).prod(-1) for k in range(s.shape[-1])], -1)
        sign = np.linalg.det(u) * np.linalg.det(vh)
        return (d * sign)[..., None, None] * ((u * others[..., None, :]) @ vh)

    return np.linalg.det(x), slope


@several(2)
def slogdet(x):
    """The sign of the determinant, and the logarithm of its absolute value: a pair."""
    x = _matrices(x, "slogdet")
    sign, logarithm = np.linalg.slogdet(x)
    return (sign, logarithm), lambda d: [d[1][..., None, None] * _turned(np.linalg.inv(x))]


def logdet(x):
    """The logarithm of the determinant's absolute value."""
    return slogdet(x)[1]


@primitive()
def inv(x):
    """The inverse."""
    x = _matrices(x, "inv")
    y = np.linalg.inv(x)
    return y, lambda d: -_turned(y) @ d @ _turned(y)


@primitive()
def pinv(x, rcond=None):
    """The pseudo-inverse of Moore and Penrose.

    Args:
        x: matrices (..., m, n).
        rcond: singular values up to this share of the largest count as 0; some roundings where it is None.
    """
    x = _matrices(x, "pinv", square=False)
    rcond = np.finfo(x.dtype).eps * max(x.shape[-2:]) if rcond is None else rcond
    y = np.linalg.pinv(x, rcond)

    def slope(d):
        d, yt = _turned(d), _turned(y)
        rows = d - x @ (y @ d)  # (1 - x y) dᵀ
        columns = d - (d @ y) @ x  # dᵀ (1 - y x)
        return -yt @ _turned(d) @ yt + rows @ y @ yt + yt @ y @ columns

    return y, slope


# ---------------------------------------------------------------------------------------------------------- equations


@primitive(2)
def solve(a, b):
    """The x with a x = b.

    Args:
        a: matrices (..., n, n).
        b: vectors (..., n), if b has one axis less than a, or matrices (..., n, m).
    """
    return _solution(_matrices(a, "solve"), b, lambda da: da)


@primitive(2)
def solve_triangular(a, b, lower=False):
    """The x with a x = b, of whose a only the upper triangle counts, or with `lower` the lower one. Others as in `solve`."""
    part = np.tril if lower else np.triu
    return _solution(part(_matrices(a, "solve_triangular")), b, part)


def _solution(a, b, part):
    (b,) = floating(b)
    vector = b.ndim == a.ndim - 1
    column = (lambda v: v[..., None]) if vector else (lambda v: v)
    flat = (lambda v: v[..., 0]) if vector else (lambda v: v)
    x = np.linalg.solve(a, column(b))

    def slope_b(d):
        return flat(np.linalg.solve(_turned(a), column(d)))

    def slope_a(d):
        return part(-np.linalg.solve(_turned(a), column(d)) @ _turned(x))

    return flat(x), slope_a, slope_b


def lstsq(a, b, rcond=None):
    """The shortest x for which |a x - b| is least.

    Args:
        a: matrices (..., m, n).
        b: vectors (..., m), if b has one axis less than a, or matrices (..., m, k).
        rcond: as in `pinv`.
    """
    inverse = pinv(a, rcond)
    if shaping.ndim(b) == shaping.ndim(a) - 1:
        return shaping.squeeze(products.matmul(inverse, shaping.expand_dims(b, -1)), -1)
    return products.matmul(inverse, b)


# ----------------------------------------------------------------------------------------------------- factorizations


@primitive()
def cholesky(x, upper=False):
    """The lower triangular matrix l with l lᵀ = x; with `upper` its transpose. NaN where x is not positive definite."""
    x = _matrices(x, "cholesky")
    lower = np.reshape([_cholesky(matrix) for matrix in x.reshape(-1, *x.shape[-2:])], x.shape).astype(x.dtype)

    def slope(d):
        d = np.tril(_turned(d) if upper else d)
        inner = np.tril(_turned(lower) @ d)
        inner[..., range(x.shape[-1]), range(x.shape[-1])] /= 2
        inverse = np.linalg.inv(lower)
        dx = _turned(inverse) @ inner @ inverse
        return (dx + _turned(dx)) / 2

    return _turned(lower) if upper else lower, slope


def _cholesky(matrix):
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.full(matrix.shape, math.nan)


@composite
def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is x: of x xᵀ, with `upper` of xᵀ x."""
    inverse = inv(shaping.triu(x) if upper else shaping.tril(x))
    other = shaping.swapaxes(inverse, -1, -2)
    return products.matmul(inverse, other) if upper else products.matmul(other, inverse)


@several(2)
def qr(x, mode="reduced"):
    """q r = x, the columns of q orthonormal, r upper triangular.

    Args:
        x: matrices (..., m, n).
        mode: `"reduced"`, where q has min(m, n) columns, or `"complete"`, where it has m; which has no gradient.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"`mode` must be 'reduced' or 'complete'. Received: mode={mode!r}.")
    x = _matrices(x, "qr", square=False)
    q, r = np.linalg.qr(x, mode)

    def pull_back(d):
        if r.shape[-1] != r.shape[-2]:
            raise ValueError(f"The gradient of `qr` needs mode 'reduced' and m >= n. Received: {x.shape}, {mode!r}.")
        dq, dr = d
        inner = r @ _turned(dr) - _turned(dq) @ q
        inner = np.tril(inner) + _turned(np.tril(inner, -1))
        return [_turned(np.linalg.solve(r, _turned(dq + q @ inner)))]

    return (q, r), pull_back


@several(2)
def eigh(x):
    """The eigenvalues of symmetric matrices, rising, and their eigenvectors, as columns: a pair."""
    x = _matrices(x, "eigh")
    values, vectors = np.linalg.eigh(x)

    def pull_back(d):
        inner = _reciprocal(values[..., None, :] - values[..., :, None]) * (_turned(vectors) @ d[1])
        inner[..., range(x.shape[-1]), range(x.shape[-1])] += d[0]
        dx = vectors @ inner @ _turned(vectors)
        return [(dx + _turned(dx)) / 2]

    return (values, vectors), pull_back


def _reciprocal(x):
    """1 / x, and 0 for 0: equal eigenvalues have no vectors of their own."""
    return np.where(x == 0, 0, 1 / np.where(x == 0, 1, x))


def eig(x):
    """The eigenvalues of matrices, and their eigenvectors, as columns: a pair of complex arrays, without gradients."""
    x = _matrices(constant(x, "x"), "eig")
    return tuple(part.astype(np.result_type(x, np.complex64)) for part in np.linalg.eig(x))


def svd(x, full_matrices=True, compute_uv=True):
    """The singular value decomposition u s vᵀ = x.

    Args:
        x: matrices (..., m, n).
        full_matrices: whether u has m columns and vᵀ n rows; else both have min(m, n).
        compute_uv: whether more than s is returned.

    Returns:
        `(u, s, vᵀ)`, s falling; or s.
    """
    return _svd(x, full_matrices) if compute_uv else _svd(x, False)[1]


@several(3)
def _svd(x, full_matrices):
    x = _matrices(x, "svd", square=False)
    u, s, vt = np.linalg.svd(x, full_matrices)

    def pull_back(d):
        k = s.shape[-1]
        if d[0][..., k:].any() or d[2][..., k:, :].any():
            raise ValueError(
                "What `full_matrices` adds has no gradient: it may turn freely. Received: a gradient of it."
            )
        p, q, dp, dq = u[..., :k], _turned(vt[..., :k, :]), d[0][..., :k], _turned(d[2][..., :k, :])
        squares = s * s
        gaps = _reciprocal(squares[..., None, :] - squares[..., :, None])
        left, right = _turned(p) @ dp, _turned(q) @ dq
        inner = gaps * (left - _turned(left)) * s[..., None, :] + s[..., :, None] * (gaps * (right - _turned(right)))
        inner[..., range(k), range(k)] += d[1]
        inverse = _reciprocal(s)[..., None, :]
        dx = p @ inner @ _turned(q)
        dx += (dp - p @ left) * inverse @ _turned(q)
        return [dx + p * inverse @ _turned(dq - q @ right)]

    return (u, s, vt), pull_back


def lu_factor(x):
    """The factors l and u of a matrix whose rows were exchanged (Doolittle's algorithm with the largest pivots).

    Args:
        x: matrices (..., m, n).

    Returns:
        `(lu, pivots)`: u on and above the diagonal, l below it, its ones left out; and int32 (..., min(m, n)), which row
        each row was exchanged with, one after the other. Arrays, without gradients.
    """
    x = _matrices(constant(x, "x"), "lu_factor", square=False)
    lu = x.reshape(-1, *x.shape[-2:]).copy()
    steps, each = min(x.shape[-2:]), np.arange(len(lu))
    pivots = np.zeros((len(lu), steps), INTEGER)
    for k in range(steps):
        pivot = k + np.abs(lu[:, k:, k]).argmax(1)
        pivots[:, k] = pivot
        lu[each, k], lu[each, pivot] = lu[each, pivot], lu[each, k].copy()
        lu[:, k + 1 :, k] *= _reciprocal(lu[:, k, k])[:, None]
        lu[:, k + 1 :, k + 1 :] -= lu[:, k + 1 :, k, None] * lu[:, None, k, k + 1 :]
    return lu.reshape(x.shape), pivots.reshape(*x.shape[:-2], steps)


# ------------------------------------------------------------------------------------------------------ sizes


@primitive()
def matrix_rank(x, tol=None):
    """How many singular values are above `tol`: int32."""
    return np.asarray(np.linalg.matrix_rank(_matrices(x, "matrix_rank", square=False), tol)).astype(INTEGER)


@composite
def norm(x, ord=None, axis=None, keepdims=False):  # noqa: A002
    """A norm of vectors along an axis, of matrices along two, or of all elements.

    Args:
        x: array.
        ord: of vectors 1, 2 (also None), another number, `inf` or `-inf`. Of matrices `"fro"` (also None) for the
            elements, `"nuc"`, 2 or -2 for the sum, the largest or the smallest of the singular values, 1 or -1 for the
            largest or smallest sum of a column, `inf` or `-inf` for that of a row.
        axis: integer, a pair of integers, or None for all.
        keepdims: whether the axes stay, with length 1.

    Raises:
        ValueError: there is no such norm.
    """
    x = reductions.floats(x)
    matrix = len(axis) == 2 if isinstance(axis, (tuple, list)) else axis is None and len(x.shape) == 2
    if ord in (None, "fro") or (ord == 2 and not matrix):
        return maths.sqrt(reductions.sum(maths.square(x), axis, keepdims))
    if matrix:
        return _matrix_norm(x, ord, (0, 1) if axis is None else tuple(axis), keepdims)
    if isinstance(ord, str):
        raise ValueError(f"`ord` of a vector norm must be a number. Received: ord={ord!r}.")
    size = maths.abs(x)
    if ord == 1:
        return reductions.sum(size, axis, keepdims)
    if math.isinf(ord):
        return (reductions.max if ord > 0 else reductions.min)(size, axis, keepdims)
    if ord == 0:
        return reductions.sum(maths.not_equal(size, 0), axis, keepdims)
    return maths.power(reductions.sum(maths.power(size, float(ord)), axis, keepdims), 1.0 / ord)


def _matrix_norm(x, ord, axes, keepdims):  # noqa: A002
    moved = shaping.moveaxis(x, axes, (-2, -1))
    if ord in ("nuc", 2, -2):
        values = svd(moved, compute_uv=False)
        y = {"nuc": reductions.sum, 2: reductions.max, -2: reductions.min}[ord](values, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        sums = reductions.sum(maths.abs(moved), -2 if abs(ord) == 1 else -1)
        y = (reductions.max if ord > 0 else reductions.min)(sums, -1)
    else:
        raise ValueError(
            f"`ord` of a matrix norm must be 'fro', 'nuc', 1, 2, inf or -1, -2, -inf. Received: ord={ord!r}."
        )
    return shaping.expand_dims(y, sorted(a % len(x.shape) for a in axes)) if keepdims else y


note_all(sys.modules[__name__])
