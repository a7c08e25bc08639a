"""What recorded cases do not show: arguments of other kinds, errors, names."""

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
        (lambda: ops.norm(X, ord="nuc"), ValueError, "`ord` of a matrix norm must be None or 'fro'"),
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
    for module in (ops, K):
        assert all(callable(getattr(module, name)) for name in module.__all__)
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
