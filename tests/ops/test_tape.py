"""The tape: what is recorded, and gradients beside central differences."""

import numpy as np
import pytest

from cycnn import ops
from cycnn.core.variable import Variable
from cycnn.ops import Tape, Tensor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4))
P = RNG.uniform(0.1, 0.9, (3, 4))


def gradient(function, *arrays, variables=()):
    _, found, of_variables = ops.value_and_gradient(function, arrays, variables)
    return (*found, *of_variables)


def central_differences(function, x, step=1e-3):
    """In float64, where `ops` compute in the type of their arguments."""
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * step
            ends.append(float(function(moved)))
        dx[place] = (ends[0] - ends[1]) / (2 * step)
    return dx


SMOOTH = {
    "arithmetic": (lambda x: ops.sum((x * 3 - 1 / (x * x + 2)) * x[0] + x**3), X),
    "exponential": (lambda x: ops.mean(ops.exp(x) * ops.log(x) - ops.expm1(x) * ops.log1p(x)), P),
    "roots": (lambda x: ops.sum(ops.sqrt(x) * ops.rsqrt(1 + x) / ops.square(x)), P),
    "powers": (lambda x: ops.sum(ops.power(x, x) + ops.power(2.0, x) + x**-1.5), P),
    "angles": (lambda x: ops.sum(ops.sin(x) * ops.cos(x) + ops.tan(x) * ops.arctan(x) + ops.arctan2(x, 1 - x)), P),
    "hyperbolic": (lambda x: ops.sum(ops.tanh(x) * ops.sinh(x) - ops.cosh(x) * ops.erf(x)), X),
    "moments": (lambda x: ops.sum(ops.var(x, axis=0) * ops.std(x, axis=0) / ops.norm(x)), X),
    "logsumexp": (lambda x: ops.logsumexp(ops.logsumexp(x, axis=1) * 2), X),
    "extremes": (lambda x: ops.max(x) * ops.min(x) + ops.sum(ops.maximum(x, 0.1) * ops.minimum(x, x[::-1])), X),
    "products": (lambda x: ops.prod(ops.sum(x, axis=1)) + ops.sum(ops.prod(x, axis=(0, 1))), X),
    "running": (lambda x: ops.sum(ops.cumsum(x, axis=1) * ops.cumprod(x, axis=0) * ops.cumsum(ops.flip(x), 0)), X),
    "ordered": (lambda x: ops.sum(ops.sort(x, axis=0) * np.arange(4)) + ops.median(x) * ops.sum(ops.top_k(x, 2)[0]), X),
    "shapes": (lambda x: ops.sum(ops.reshape(ops.transpose(x), (6, 2)) * ops.tile(x[:, :2], (2, 1))), X),
    "parts": (lambda x: ops.sum(ops.take(x, [2, 0, 2], axis=1) ** 2) + ops.sum(ops.roll(x, 1, 0) * ops.triu(x)), X),
    "joined": (lambda x: ops.sum(ops.concatenate([x, x * x], 1) * ops.concatenate([x[::-1], x], 1) ** 2), X),
    "padded": (lambda x: ops.sum(ops.pad(x, 1, "reflect") ** 2 * ops.pad(ops.repeat(x[:, 1:3], 3, 1), ((1, 1), (0, 0)))), X),
    "matrices": (lambda x: ops.sum(ops.matmul(x, ops.transpose(x)) @ x * ops.dot(x, x[0])[:, None]), X),
    "einsum": (lambda x: ops.einsum("ij,kj,ij->", x, ops.exp(x), x) + ops.trace(x @ x.T) * ops.vdot(x[0], x[1]), X),
    "tensordot": (lambda x: ops.sum(ops.tensordot(x, x, ([1], [1]))), X),
    "normalized": (lambda x: ops.sum(ops.normalize(x, axis=0) * ops.normalize(x, order=3)), X),
    "cross-entropy": (lambda x: ops.sum(ops.binary_crossentropy(P, x) * ops.categorical_crossentropy(P, x)[:, None]), P),
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_beside_central_differences(name):
    function, x = SMOOTH[name]
    expected = central_differences(function, x, 1e-5)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(gradient(function, x)[0], expected, rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("logits", [False, True])
def test_gradient_of_sparse_crossentropy_beside_central_differences(logits):
    labels = np.array([3, 0, 2])

    def loss(x):
        return ops.sum(ops.sparse_categorical_crossentropy(labels, x, logits))

    x = X if logits else P
    np.testing.assert_allclose(gradient(loss, x)[0], central_differences(loss, x), atol=2e-3)


def test_a_value_used_several_times_adds_up_its_gradients():
    def function(x):
        y = x * x
        return ops.sum(y * y + y + y * x)

    (dx,) = gradient(function, X)
    np.testing.assert_allclose(dx, 4 * X**3 + 2 * X + 3 * X**2, rtol=1e-5)


def test_broadcast_arguments_get_sums():
    a, b, c = X, X[0], np.float64(0.5)
    da, db, dc = gradient(lambda a, b, c: ops.sum(a * b + c), a, b, c)
    np.testing.assert_allclose(da, np.broadcast_to(b, a.shape), rtol=1e-6)
    np.testing.assert_allclose(db, a.sum(0), rtol=1e-5)
    assert dc == a.size
    (du,) = gradient(lambda u: ops.sum(u * X), X[:, :1])
    np.testing.assert_allclose(du, X.sum(1, keepdims=True), rtol=1e-5)


def test_what_nothing_depends_on_gets_zeros():
    v = Variable(np.ones(2), name="v")
    value, (dx, dy), (dv,) = ops.value_and_gradient(lambda x, y: ops.sum(x), [X, X], [v])
    np.testing.assert_allclose(value, X.sum(), rtol=1e-6)
    np.testing.assert_array_equal(dx, np.ones_like(X))
    np.testing.assert_array_equal(dy, np.zeros_like(X))
    np.testing.assert_array_equal(dv, np.zeros(2))
    value, (dx,), _ = ops.value_and_gradient(lambda x: 3.0, [X])
    assert value == 3.0
    assert not dx.any()


def test_results_are_float32_and_writable():
    value, (dx, dy), _ = ops.value_and_gradient(lambda x, y: ops.sum(x + y), [X, X])
    assert (value.dtype, dx.dtype, dy.dtype) == ("float32",) * 3
    dx += 1
    assert (dy == 1).all()


def test_integers_have_no_gradient():
    labels = np.array([1, 0, 3])

    def function(x, k):
        assert ops.argmax(x).dtype == np.int32
        return ops.sum(x * ops.one_hot(k, 4)) + ops.sum(ops.cast(ops.cast(x, "int32"), "float32"))

    dx, dk = gradient(function, X, labels)
    np.testing.assert_array_equal(dx, np.eye(4)[labels])
    np.testing.assert_array_equal(dk, np.zeros(3))


def test_variables_are_read_and_differentiated():
    w = Variable(np.arange(4.0), name="w")
    other = Variable(2.0, name="other")
    dx, dw = gradient(lambda x: ops.sum(ops.square(x * w + w) * other), X, variables=[w])
    y = X * w.numpy() + w.numpy()
    np.testing.assert_allclose(dx, 4 * y * w.numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(dw, (4 * y * (X + 1)).sum(0), rtol=1e-5)


@pytest.mark.parametrize(
    "function",
    [
        lambda w: w * w,
        lambda w: 1 - w / 2 + 2 / (3 + w),
        lambda w: w**2 + 2**w - -w,
        lambda w: w[1:] @ w[:3],
        lambda w: np.exp(w) * np.ones(4, np.float32) - np.float32(2) * w,
        lambda w: abs(w) % 2.5,
        lambda w: np.mean(w) * np.sum(w, axis=0),
    ],
)
@pytest.mark.parametrize("kind", ["variable", "tensor"])
def test_operators_and_numpy_s_functions_are_differentiated(function, kind):
    start = np.array([0.5, -1.25, 2.0, 0.75])

    def total(w):
        return ops.sum(function(w))

    w = Variable(start, name="w")
    (found,) = gradient(total, start) if kind == "tensor" else gradient(lambda: total(w), variables=[w])
    np.testing.assert_allclose(found, central_differences(lambda x: np.sum(function(x)), start), rtol=1e-3, atol=1e-4)


def test_numpy_that_would_lose_a_gradient_is_refused():
    with pytest.raises(TypeError, match=r"`norm` cannot be differentiated.*cycnn\.ops"):
        gradient(lambda x: np.linalg.norm(x), X)
    with pytest.raises(TypeError, match="`spacing` cannot be differentiated"):
        gradient(lambda x: ops.sum(np.spacing(x)), X)
    assert gradient(lambda x: ops.sum(x) * np.linalg.norm(x.numpy()), X)[0].std() < 1e-6  # a constant times ones
    np.testing.assert_allclose(np.linalg.norm(Tensor(X)), np.linalg.norm(X))


def test_stop_gradient():
    (dx,) = gradient(lambda x: ops.sum(x * ops.stop_gradient(x)), X)
    np.testing.assert_allclose(dx, X, rtol=1e-6)


def test_custom_gradient():
    @ops.custom_gradient
    def log1pexp(x):
        e = ops.exp(x)

        def grad(*args, upstream=None):
            if upstream is None:
                (upstream,) = args
            return upstream * (1.0 - 1.0 / (1.0 + e))

        return ops.log(1 + e), grad

    x = np.array([-2.0, 0.0, 88.0])
    (dx,) = gradient(lambda x: ops.sum(2 * log1pexp(x)), x)
    np.testing.assert_allclose(dx, 2 / (1 + np.exp(-x)), rtol=1e-6)
    np.testing.assert_allclose(log1pexp(x), np.log1p(np.exp(x)))

    @ops.custom_gradient
    def product(x, y):
        return x * y, lambda d: (d * 10, d * 20)

    dx, dy = gradient(lambda x, y: ops.sum(product(x, y)), X, X)
    assert (dx == 10).all()
    assert (dy == 20).all()


def test_vjp_of_several_results():
    values, pullback = ops.vjp(lambda x, y: (x * y, ops.sum(x)), [X, X + 1])
    np.testing.assert_allclose(values[0], X * (X + 1))
    seeds = np.ones_like(X) * 2, 3.0
    (dx, dy), variables = pullback(seeds)
    np.testing.assert_allclose(dx, 2 * (X + 1) + 3, rtol=1e-5)
    np.testing.assert_allclose(dy, 2 * X, rtol=1e-5)
    assert variables == []


@pytest.mark.parametrize("function", [lambda x: x, lambda x: (ops.sum(x), ops.sum(x))])
def test_more_than_one_number_is_refused(function):
    with pytest.raises(ValueError, match=r"must return one number\. Received: (an array of shape|2 values)"):
        ops.value_and_gradient(function, [X])


def test_tapes_are_independent():
    x, y = Tensor(X), Tensor(X + 1)
    with Tape() as outer:
        outer.watch(x)
        with Tape() as inner:
            inner.watch(y)
            z = ops.sum(x * y)
        w = z * 2
    assert inner.gradient(z, [x])[0] is None
    np.testing.assert_allclose(inner.gradient(z, [y])[0], X)
    np.testing.assert_allclose(outer.gradient(w, [x, z])[0], 2 * (X + 1))
    assert outer.gradient(w, [x, z])[1] == 2
    assert not inner.watches(w)
    after = x * x  # nothing records any more
    assert not outer.watches(after)


def test_a_tensor_is_an_array():
    t = Tensor([[1, 2, 3], [4, 5, 6]])
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.int32, 2)
    assert isinstance(t.numpy(), np.ndarray)
    assert np.asarray(t, np.float64).dtype == np.float64
    assert float(Tensor(2.5)) == 2.5
    assert int(Tensor(3)) == 3
    assert [float(row[0]) for row in t] == [1, 4]
    assert t.T.shape == (3, 2)
    assert f"{Tensor(0.125):.2f}" == "0.12"
    assert bool(Tensor(1.0) > 0)
    np.testing.assert_array_equal(t == 2, t.numpy() == 2)
    np.testing.assert_array_equal(t != t, np.zeros((2, 3)))
    assert isinstance(np.ones((2, 3)) * t, Tensor)
    assert isinstance(1 - t, Tensor)
    assert len({t, t}) == 1
    with pytest.raises(TypeError):
        t + "1"
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(t, np.float64, copy=False)


def test_activations_are_differentiated_whatever_calls_them():
    from cycnn import activations

    (dx,) = gradient(lambda x: ops.sum(activations.softmax(activations.relu(x), axis=0) * X), X)
    (expected,) = gradient(lambda x: ops.sum(ops.softmax(ops.relu(x), axis=0) * X), X)
    np.testing.assert_array_equal(dx, expected)
    assert dx.any()


def test_a_long_chain_needs_no_recursion():
    def function(x):
        for _ in range(3000):
            x = x + 0.0
        return ops.sum(x)

    np.testing.assert_array_equal(gradient(function, X)[0], np.ones_like(X))
