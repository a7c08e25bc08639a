"""What recorded cases do not show: arguments of other kinds, errors, names."""

import itertools

import numpy as np
import pytest

from cycnn import backend as K
from cycnn import config, layers, ops
from cycnn.core.variable import Variable
from cycnn.ops import Tensor

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], np.float32)


@pytest.mark.parametrize("kind", [lambda x: x, lambda x: x.tolist(), Variable, np.asfortranarray])
def test_arrays_come_in_many_forms(kind):
    x = kind(X)
    for found, expected in (
        (ops.sum(x, axis=0), X.sum(0)),
        (ops.relu(x), np.maximum(X, 0)),
        (ops.softmax(x), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
        (ops.add(x, 1), X + 1),
        (ops.concatenate([x, x], axis=1), np.concatenate([X, X], 1)),
        (ops.reshape(x=x, newshape=(3, 2)), X.reshape(3, 2)),
    ):
        assert isinstance(found, np.ndarray)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_tensors_give_tensors():
    x = Tensor(X)
    for found in (
        ops.sum(x),
        ops.relu(x),
        ops.argmax(x),
        x[0],
        x > 0,
        ops.stack([x, x]),
        ops.zeros_like(x),
        ops.softmax(x),
    ):
        assert isinstance(found, Tensor)
    np.testing.assert_array_equal(ops.convert_to_numpy(x), X)
    assert ops.convert_to_tensor(x) is x
    assert ops.convert_to_tensor(x, "int32").dtype == np.int32


def test_weak_numbers_and_lists():
    assert ops.add(1, 2).dtype == np.int32
    assert ops.add(1, 2.0).dtype == np.float32
    assert ops.add(np.float32(1), 1e-3).dtype == np.float32
    assert ops.multiply(X, np.sqrt(2)).dtype == np.float32  # np.float64 is one of Python's floats
    assert ops.add(np.uint64(1), np.int8(-1)).dtype == np.float32
    assert ops.convert_to_tensor([1 << 40]).dtype == np.int64
    assert ops.power(np.array([2, -1, 3]), -1).tolist() == [0, -1, 0]


def test_where_without_values_gives_indices():
    rows, columns = ops.where(X > 0)
    np.testing.assert_array_equal(np.stack([rows, columns]), np.nonzero(X > 0))


def test_sizes_and_names_of_values():
    assert ops.shape([[1, 2], [3, 4]]) == (2, 2)
    assert ops.size(X) == 6
    assert ops.ndim(2.5) == 0
    assert ops.is_tensor(X)
    assert not ops.is_tensor([1])
    np.testing.assert_allclose(ops.l2_normalize(X), X / np.linalg.norm(X, axis=-1, keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(ops.pad(X, 1), np.pad(X, 1))
    values, step = ops.linspace(0, 1, 5, retstep=True)
    assert (values[-1], step) == (1, 0.25)


def test_empty_arrays():
    nothing = np.zeros((0, 3), np.float32)
    assert ops.relu(nothing).shape == ops.softmax(nothing).shape == (0, 3)
    assert ops.sum(nothing) == 0
    _, (dx,), _ = ops.value_and_gradient(lambda x: ops.sum(ops.relu(x)) + ops.sum(ops.softmax(x)), [nothing])
    assert dx.shape == (0, 3)


def test_crossentropy_of_logits_is_exact_far_from_zero():
    z = np.array([-80.0, -20.0, 0.0, 20.0, 80.0])
    expected = np.log1p(np.exp(-np.abs(z)))
    found = ops.binary_crossentropy((z >= 0).astype("float32"), z.astype("float32"), from_logits=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: ops.sum(None), ValueError, "An argument of `sum` must be an array of numbers. Received: None"),
        (lambda: ops.add(X, "a"), ValueError, "must be an array of numbers"),
        (lambda: ops.relu([[1], [2, 3]]), ValueError, "whose rows have equal lengths"),
        (lambda: ops.cast(X, "flaot32"), ValueError, "`dtype` must name a type of numbers.*Received: dtype='flaot32'"),
        (lambda: ops.split(X, 2, axis=1), ValueError, "must divide the axis"),
        (lambda: ops.pad(X, 1, "edge"), ValueError, "`mode` must be 'constant', 'reflect' or 'symmetric'"),
        (lambda: ops.pad(X, 1, "reflect", 0), ValueError, "`constant_values` belong to the mode 'constant'"),
        (lambda: ops.norm(X, ord=3), ValueError, "`ord` of a matrix norm must be 'fro', 'nuc'"),
        (lambda: ops.norm(X[0], ord="nuc"), ValueError, "`ord` of a vector norm must be a number"),
        (lambda: ops.meshgrid(X[0], indexing="yx"), ValueError, "`indexing` must be 'xy' or 'ij'"),
        (lambda: ops.one_hot([1], 2, sparse=True), ValueError, "dense arrays only"),
        (lambda: ops.convert_to_tensor(X, sparse=True), ValueError, "dense arrays only"),
        (lambda: ops.binary_crossentropy(X, X[0]), ValueError, "must have the same shape"),
        (lambda: ops.categorical_crossentropy(1.0, 1.0), ValueError, "needs an axis of classes"),
        (lambda: ops.sparse_categorical_crossentropy([1], X), ValueError, "the shape of `output` without the axis"),
        (lambda: ops.softmax(X, axis=2), ValueError, "`axis` must be from -2 to 1"),
        (lambda: ops.sum(), TypeError, "missing 1 required positional argument"),
        (lambda: ops.cocatenate, AttributeError, "Did you mean 'concatenate'"),
        (lambda: K.permute_dimension, AttributeError, "Did you mean 'permute_dimensions'"),
        (lambda: K.learning_phase(), NotImplementedError, r"`backend\.learning_phase` is not supported: .*`training`"),
        (lambda: K.gradients(1, 2), NotImplementedError, "value_and_gradient"),
        (lambda: K.function([], []), NotImplementedError, r"Model\(inputs, outputs\)"),
        (lambda: K.resize_images(X, 2, 2, None), NotImplementedError, "before they reach the network"),
        (lambda: K.batch_dot(X, X[:, :2]), ValueError, "axes of equal length behind the sample axis"),
        (lambda: K.repeat(X[0], 2), ValueError, "expects a tensor with 2 axes"),
        (lambda: K.switch(X > 0, X[0], X[0]), ValueError, "must not have more axes than the values"),
        (lambda: K.set_image_dim_ordering("ft"), ValueError, "`dim_ordering` must be 'tf' or 'th'"),
    ],
)
def test_errors(function, error, message):
    with pytest.raises(error, match=message):
        function()


def test_names_that_are_listed_are_there():
    for module in (ops, ops.image, ops.linalg, K):
        assert all(callable(getattr(module, name)) for name in module.__all__ if name not in ("image", "linalg"))
        assert len(set(module.__all__)) == len(module.__all__)


# ----------------------------------------------------------------------------------------------------------- backend


def test_settings():
    assert K.backend() == "cycnn"
    assert (K.floatx(), K.epsilon(), K.image_data_format()) == ("float32", 1e-7, "channels_last")
    try:
        K.set_image_dim_ordering("th")
        assert config.image_data_format() == "channels_first"
        assert K.image_dim_ordering() == "th"
        K.set_image_data_format("channels_last")
        assert K.image_dim_ordering() == "tf"
        K.set_epsilon(1e-3)
        assert config.epsilon() == 1e-3
    finally:
        K.set_epsilon(1e-7)
        K.set_image_data_format("channels_last")
    assert K.cast_to_floatx([1, 2]).dtype == np.float32
    assert K.standardize_dtype(None) == K.result_type("int32", "float16", "float32") == "float32"
    assert K.is_float_dtype("float64")
    assert K.is_int_dtype(np.uint8)
    assert not K.is_int_dtype("bool")


def test_variables():
    v = K.variable([[1, 2], [3, 4]], name="mine")
    assert (v.name, v.dtype, v.shape) == ("mine", "float32", (2, 2))
    K.set_value(v, [[5, 6], [7, 8]])
    np.testing.assert_array_equal(K.get_value(v), [[5, 6], [7, 8]])
    K.update_add(v, 1)
    K.update_sub(v, np.full((2, 2), 2))
    np.testing.assert_array_equal(K.eval(v * 1), [[4, 5], [6, 7]])
    K.batch_set_value([(v, np.zeros((2, 2))), (other := K.ones((3,)), [1, 2, 3])])
    np.testing.assert_array_equal(K.batch_get_value([v, other])[1], [1, 2, 3])
    K.update(v, np.ones((2, 2)))
    assert K.count_params(v) == 4
    assert K.dtype(v) == K.dtype(X) == "float32"


def test_names():
    K.clear_session()
    assert layers.Dense(2).name == "dense"
    assert layers.Dense(2).name == "dense_1"
    K.clear_session()
    assert layers.Dense(2).name == "dense"
    first = K.get_uid("thing")
    assert K.get_uid("thing") == first + 1


def test_symbolic_tensors():
    x = layers.Input((4, 6))
    assert K.int_shape(x) == (None, 4, 6)
    assert K.is_keras_tensor(x)
    assert not K.is_keras_tensor(X)
    assert K.int_shape(K.batch_flatten(x)) == (None, 24)
    assert K.int_shape(K.permute_dimensions(x, (0, 2, 1))) == (None, 6, 4)
    assert K.int_shape(K.mean(x, axis=[1, 2])) == (None,)
    assert K.int_shape(K.l2_normalize(x, axis=-1)) == K.int_shape(K.expand_dims(x[..., 0])[..., 0:1])[:2] + (6,)
    assert K.int_shape(K.batch_dot(x, x, axes=2)) == (None, 4, 4)


def test_random_numbers_follow_from_the_seed():
    a, b = K.random_normal((200, 50), 1.0, 2.0, seed=3), K.random_normal((200, 50), 1.0, 2.0, seed=3)
    np.testing.assert_array_equal(a, b)
    assert a.dtype == np.float32
    assert abs(a.mean() - 1) < 0.1
    assert abs(a.std() - 2) < 0.1
    u = K.random_uniform((200, 50), -1.0, 3.0)
    assert -1 <= u.min() < -0.9
    assert 2.9 < u.max() < 3
    assert not np.array_equal(u, K.random_uniform((200, 50), -1.0, 3.0))


def test_a_custom_loss_written_with_the_backend():
    def dice(y_true, y_pred):
        true, pred = K.flatten(y_true), K.flatten(y_pred)
        together = K.sum(true * pred)
        return 1 - (2.0 * together + 1) / (K.sum(true) + K.sum(pred) + 1)

    true, pred = (X > 0).astype(np.float32), K.sigmoid(X)
    value, (dtrue, dpred), _ = ops.value_and_gradient(dice, [true, pred])
    total = true.sum() + pred.sum() + 1
    np.testing.assert_allclose(value, 1 - (2 * (true * pred).sum() + 1) / total, rtol=1e-6)
    expected = -2 * true / total + (2 * (true * pred).sum() + 1) / total**2
    np.testing.assert_allclose(dpred, expected, rtol=1e-5)
    assert dtrue.any()


def nearest_probabilities(z):
    """The point of the simplex nearest to z, by trying which elements are not 0: the closest of all feasible ones."""
    best = None
    for count in range(1, len(z) + 1):
        for places in itertools.combinations(range(len(z)), count):
            p = np.zeros(len(z))
            p[list(places)] = z[list(places)] - (z[list(places)].sum() - 1) / count
            if (p >= 0).all() and (best is None or np.sum((p - z) ** 2) < np.sum((best - z) ** 2)):
                best = p
    return best


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    z = np.random.default_rng(0).normal(size=(20, 5))
    found = ops.sparsemax(z)
    np.testing.assert_allclose(found, [nearest_probabilities(row) for row in z], atol=1e-12)
    np.testing.assert_allclose(ops.sparsemax(z.T, axis=0), found.T)
    _, (dz,), _ = ops.value_and_gradient(lambda z: ops.sum(ops.sparsemax(z) * z), [z])
    step = 1e-6 * np.eye(5)
    for k, row in enumerate(z):
        value = [np.sum(nearest_probabilities(row + s) * (row + s)) for s in (*step, *-step)]
        np.testing.assert_allclose(dz[k], np.subtract(value[:5], value[5:]) / 2e-6, atol=1e-5)


def test_elastic_transform():
    """Smooth, as far as alpha says, the same for a seed; channels and layouts move alike."""
    images = np.random.default_rng(0).random((2, 12, 10, 3), np.float32)
    images[..., 1] = images[..., 0]
    found = ops.image.elastic_transform(images, 4.0, 1.5, seed=3)
    np.testing.assert_array_equal(found, ops.image.elastic_transform(images, 4.0, 1.5, seed=3))
    np.testing.assert_array_equal(found[..., 1], found[..., 0])
    first = ops.image.elastic_transform(images.transpose(0, 3, 1, 2), 4.0, 1.5, seed=3, data_format="channels_first")
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), found)
    assert (np.abs(found - images).max((1, 2, 3)) > 0.05).all()
    np.testing.assert_allclose(ops.image.elastic_transform(images, 0.0, 1.5), images, atol=1e-6)
    rows = np.broadcast_to(np.arange(12, dtype=np.float32)[:, None, None], (12, 10, 1))
    moved = ops.image.elastic_transform(rows, 1.0, 2.0, seed=1, fill_mode="nearest")[..., 0] - rows[..., 0]
    assert 0.02 < np.abs(moved).max() < 3
    assert np.abs(np.diff(moved, axis=1)).max() < 0.6 * np.abs(moved).max()  # neighbours move alike


def test_what_needs_no_numbers_of_keras():
    assert ops.dtype(X) == "float32"
    assert ops.dtype(3) == "int32"
    assert [ops.scatter_update(X, [[0, 0], [0, 0]], [-9.0, 9.0], r)[0, 0] for r in ("max", "min", "mul")] == [
        9,
        -9,
        -81,
    ]
    assert ops.empty((2, 3), "int32").shape == (2, 3)
    assert ops.empty_like(X).dtype == np.float32
    assert ops.cond(False, lambda: 1, lambda: 2) == 2
    values, vectors = ops.eig(X[:, :2])
    assert values.dtype == np.complex64
    np.testing.assert_allclose(X[:, :2] @ vectors, vectors * values[None], atol=1e-6)
    filled, counts = ops.unique([3, 1, 3], return_counts=True, size=4, fill_value=-1)
    assert (filled.tolist(), counts.tolist()) == ([1, 3, -1, -1], [1, 2, 0, 0])
    assert ops.unique([3, 1, 3], size=1).tolist() == [1]
    assert np.isnan(ops.cholesky([[1.0, 2.0], [2.0, 1.0]])).all()


def test_wrong_arguments_are_refused():
    tensor = Tensor(X)
    for function, error, message in (
        (lambda: ops.quantile(X, 0.5, method="middle"), ValueError, "`method` must be one of"),
        (lambda: ops.cdist(X, X[:, :2]), ValueError, "whose last axes have one length"),
        (lambda: ops.correlate(X[0], X[0], "all"), ValueError, "`mode` must be 'valid', 'same' or 'full'"),
        (lambda: ops.rearrange(X, "a b -> a"), ValueError, "must name each axis once on both sides"),
        (lambda: ops.rearrange(X, "a (b c) -> c a b"), ValueError, "all but one be given"),
        (lambda: ops.bitwise_and(X, X), ValueError, "takes integers and booleans"),
        (lambda: ops.det(X), ValueError, r"`det` takes square matrices"),
        (lambda: ops.qr(X, "raw"), ValueError, "`mode` must be 'reduced' or 'complete'"),
        (lambda: ops.fft(X), ValueError, r"must be a pair \(real, imaginary\)"),
        (lambda: ops.stft(X, 3, 1, 2), ValueError, "`fft_length` must be at least `sequence_length`"),
        (lambda: ops.stft(X, 2, 1, 2, window="box"), ValueError, "`window` must be 'hann', 'hamming'"),
        (lambda: ops.conv(X, X), ValueError, "one, two or three axes of space"),
        (
            lambda: ops.conv(X[None], X[None, :, :2]),
            ValueError,
            "the channels must be a multiple of those of the kernel",
        ),
        (lambda: ops.conv(X[None], np.ones((3, 3, 1))), ValueError, "does not fit into the input"),
        (lambda: ops.max_pool(X[None], 2, padding="causal"), ValueError, "`padding` must be"),
        (lambda: ops.scatter_update(X, [[0, 0]], [1.0], "mean"), ValueError, "`reduction` must be one of"),
        (lambda: ops.select([X > 0], []), ValueError, "must have one length"),
        (lambda: ops.scan(lambda c, x: (c, x), 0), ValueError, "needs `xs` or `length`"),
        (lambda: ops.scan(3, 0, X), TypeError, "`f` must be a function"),
        (lambda: ops.vectorize(np.sin, signature="n->n"), ValueError, "`signature` must be written like"),
        (lambda: ops.jvp(ops.sin, (X,), (X[0],)), ValueError, "must have the shapes of `primals`"),
        (lambda: ops.image.resize(X, (2, 2)), ValueError, "takes images of 3 axes"),
        (lambda: ops.image.resize(X[None], (2, 2), "cubic"), ValueError, "`interpolation` must be"),
        (lambda: ops.image.crop_images(X[None], 1), ValueError, "Exactly two of"),
        (
            lambda: ops.image.pad_images(X[None], 1, 1, target_height=1, target_width=9),
            ValueError,
            "must not be negative",
        ),
        (lambda: ops.image.rgb_to_hsv(X[None].astype(int)), ValueError, "takes images of floating point numbers"),
        (lambda: ops.image.map_coordinates(X, np.zeros((2, 3)), 2), ValueError, "`order` must be 0 or 1"),
    ):
        with pytest.raises(error, match=message):
            function()
    with pytest.raises(ValueError, match="reduction='max' has no gradient"):
        ops.value_and_gradient(lambda x: ops.sum(ops.scatter_update(x, [[0, 0]], [9.0], "max")), [X])
    for function in (
        lambda x: ops.lu_factor(x[:, :2])[0],
        lambda x: ops.polar(x, x),
        lambda x: ops.histogram(x)[1],
        lambda x: ops.quantile(X, x[0, 0]),
    ):
        with pytest.raises(TypeError, match="No gradient flows through"):
            ops.value_and_gradient(lambda x, f=function: ops.sum(f(x)), [tensor.numpy()])


def test_of_several_updates_of_a_place_the_last_stays():
    place, new = [[0, 1], [1, 2], [0, 1]], np.array([5.0, 6.0, 7.0], np.float32)
    _, (dx, dnew), _ = ops.value_and_gradient(lambda x, u: ops.sum(ops.scatter_update(x, place, u) * X), [X, new])
    assert ops.scatter_update(X, place, new)[0, 1] == 7
    assert dnew.tolist() == [0, X[1, 2], X[0, 1]]
    np.testing.assert_array_equal(dx, np.where([[0, 1, 0], [0, 0, 1]], 0, X))
