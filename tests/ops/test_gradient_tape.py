"""GradientTape and gradients, where no recorded program looks: refusals, warnings, and what plans keep for them.

Gradients are judged by the recorded programs (test_gradients_beside_keras.py), by finite differences, and by one another.
"""

import gc

import numpy as np
import pytest

import cycnn
from cycnn import layers, ops
from cycnn.engine.recorded import Recorded

RNG = np.random.default_rng(4)
IMAGES = RNG.normal(size=(5, 8, 8, 2)).astype(np.float32)


def network(**head):
    x = layers.Input((8, 8, 2), name="x")
    y = layers.Conv2D(3, 3, activation="tanh", name="conv")(x)
    z = layers.Dense(4, name="head", **head)(layers.Flatten()(layers.AveragePooling2D(name="pool")(y)))
    model = cycnn.Model(x, z)
    model.set_weights([np.cos(np.arange(w.size)).reshape(w.shape) / 2 for w in model.get_weights()])
    return model


def slope(function, array, gradient, step=1e-2):
    """How fast a function grows along its gradient."""
    along = step * gradient / np.linalg.norm(gradient)
    return (float(function(array + along)) - float(function(array - along))) / (2 * step)


# ----------------------------------------------------------------------------------------------------------- tapes


def test_gradients_of_a_model_are_those_of_finite_differences():
    model = network()

    def loss(x):
        return ops.sum(ops.square(model(x)))

    with cycnn.GradientTape() as tape:
        tape.watch(IMAGES)
        value = loss(IMAGES)
    gradient = tape.gradient(value, IMAGES)
    np.testing.assert_allclose(np.linalg.norm(gradient), slope(loss, IMAGES, gradient), rtol=2e-3)
    kernel = model.get_layer("conv").kernel
    with cycnn.GradientTape() as tape:
        value = loss(IMAGES)
    gradient = tape.gradient(value, kernel)

    def moved(values):
        kernel.assign(values)
        return loss(IMAGES)

    np.testing.assert_allclose(np.linalg.norm(gradient), slope(moved, kernel.numpy(), gradient), rtol=2e-3)


def test_a_tensor_without_a_tape_goes_through_and_comes_out():
    model, x = network(), ops.Tensor(IMAGES)
    found = model(x)
    assert isinstance(found, ops.Tensor)
    np.testing.assert_array_equal(found.numpy(), model(IMAGES))
    assert isinstance(model(IMAGES), np.ndarray)
    assert isinstance(layers.Flatten()(x), ops.Tensor)


def test_a_layer_with_more_arguments_is_recorded():
    class Mix(layers.Layer):
        def build(self, a_shape):
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

        def call(self, a, b, power=2):
            return (a - b["of"]) ** power * self.scale

    a, b, mix = ops.Tensor(IMAGES[:, 0, 0]), ops.Tensor(IMAGES[:, 1, 1]), Mix()
    with cycnn.GradientTape() as tape:
        tape.watch([a, b])
        y = ops.sum(mix(a, {"of": b}, power=3))
    da, db, ds = tape.gradient(y, [a, b, mix.scale])
    gap = a.numpy() - b.numpy()
    np.testing.assert_allclose(da, 3 * gap**2, rtol=1e-5)
    np.testing.assert_allclose(db, -3 * gap**2, rtol=1e-5)
    np.testing.assert_allclose(ds, np.sum(gap**3), rtol=1e-4)


def test_dropout_is_the_same_on_the_way_back():
    x, dropout = ops.Tensor(np.ones((40, 30), np.float32)), layers.Dropout(0.5)
    with cycnn.GradientTape() as tape:
        tape.watch(x)
        y = dropout(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y.numpy())
    assert 0.3 < np.mean(y.numpy() == 0) < 0.7


def test_moving_statistics_move_once():
    norm = layers.BatchNormalization(momentum=0.5)
    norm(IMAGES)
    with cycnn.GradientTape(persistent=True) as tape:
        y = norm(IMAGES, training=True)
    once = norm.moving_mean.numpy()
    np.testing.assert_allclose(once, 0.5 * IMAGES.mean((0, 1, 2)), rtol=1e-5)
    tape.gradient(y, norm.gamma), tape.gradient(y, norm.beta)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), once)


def test_gradients_belong_to_whoever_asked():
    a, b = cycnn.Variable(IMAGES), cycnn.Variable(IMAGES)
    with cycnn.GradientTape(persistent=True) as tape:
        y = ops.sum(a + b)
    da, db = tape.gradient(y, [a, b])
    da += 1
    np.testing.assert_array_equal(db, np.ones_like(IMAGES))
    np.testing.assert_array_equal(tape.gradient(y, a), np.ones_like(IMAGES))


def test_what_is_watched_in_vain_is_warned_of():
    with cycnn.GradientTape() as tape:
        tape.watch(IMAGES)
        y = ops.sum(ops.Tensor(IMAGES * 2))
    with pytest.warns(UserWarning, match="leaves no record"):
        assert tape.gradient(y, IMAGES) is None


@pytest.mark.parametrize(
    ("action", "kind", "message"),
    [
        (lambda tape: tape.watch(3.0), ValueError, "`watch` must be given arrays"),
        (lambda tape: tape.watch(np.arange(3)), ValueError, "floating point numbers.*int64"),
        (lambda tape: tape.watch([[1.0, 2.0]]), ValueError, "`watch` must be given arrays"),
        (lambda tape: tape.gradient(ops.Tensor(1.0), layers.Input((2,))), ValueError, "`cycnn.gradients` takes symbolic"),
        (lambda tape: tape.gradient(ops.Tensor(1.0), "x"), ValueError, "`sources` must be arrays"),
        (lambda tape: tape.gradient(ops.Tensor(1.0), IMAGES, unconnected_gradients="some"), ValueError, "unconnected_gradients"),
    ],
)  # fmt: skip
def test_refusals_of_tapes(action, kind, message):
    with pytest.raises(kind, match=message):
        action(cycnn.GradientTape())


# ------------------------------------------------------------------------------------------------------------ plans


def test_plans_are_given_back(monkeypatch):
    """Three times one plan, though the second time nobody asks for gradients, and without waiting for the collector."""
    made, model = [], network()
    monkeypatch.setattr(Recorded, "_make", lambda self, make=Recorded._make: made.append(self.samples) or make(self))
    gc.disable()
    try:
        for k in range(3):
            with cycnn.GradientTape() as tape:
                y = model(IMAGES)
            if k != 1:
                tape.gradient(y, model.trainable_weights)
            del tape, y
    finally:
        gc.enable()
    assert made == [5]
    function = model._the_function()
    run = Recorded(function, [IMAGES], variables=model.trainable_weights)
    run.pull_back([np.ones((5, 4), np.float32)])
    with pytest.raises(RuntimeError, match="computed before"):
        run.pull_back([np.ones((5, 4), np.float32)])


def test_repeated_gradients_are_the_same_bits():
    model = network(activation="softmax", activity_regularizer="l2")
    run = Recorded(model._the_function(), [IMAGES], training=True, variables=model.weights, inputs=[0], repeats=True)
    seeds = [RNG.normal(size=(5, 4)).astype(np.float32)]
    first, other, again = (run.pull_back(s, [1.0]) for s in (seeds, [seeds[0] * 3], seeds))
    for a, b, c in zip(first[0] + first[1], again[0] + again[1], other[0] + other[1], strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


def test_results_do_not_depend_on_threads():
    model, images, found = network(), np.concatenate([IMAGES] * 8), []
    before = cycnn.config.get_num_threads()
    try:
        for count in (1, 2, 3):
            cycnn.config.set_num_threads(count)
            with cycnn.GradientTape() as tape:
                y = ops.sum(model(images) ** 2)
            found.append(tape.gradient(y, model.trainable_weights))
    finally:
        cycnn.config.set_num_threads(before)
    for one, two, three in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


# -------------------------------------------------------------------------------------------------------- gradients


def test_gradients_are_those_of_a_tape():
    model = network(activation="softmax")
    conv, pool, head = (model.get_layer(name) for name in ("conv", "pool", "head"))
    inner = cycnn.Model(model.inputs, [conv.output, pool.output, model.output])
    with cycnn.GradientTape() as tape:
        tape.watch(IMAGES)
        maps, pooled, y = inner(IMAGES)
        score = ops.sum(y[:, 1] ** 2)
    expected = tape.gradient(score, [IMAGES, maps, pooled, y, conv.kernel, head.bias])
    sources = [model.input, conv.output, pool.output, model.output, conv.kernel, head.bias]
    found = cycnn.gradients(ops.sum(model.output[:, 1] ** 2), sources, IMAGES)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    alone = cycnn.gradients(model.output[:, 1] ** 2, {"maps": conv.output}, {"x": IMAGES})
    np.testing.assert_allclose(alone["maps"], expected[1], rtol=1e-5, atol=1e-7)


def test_gradients_of_inputs_alone_and_of_nothing():
    x, other = layers.Input((3,), name="x"), layers.Input((3,), name="other")
    values = RNG.normal(size=(4, 3)).astype(np.float32)
    np.testing.assert_allclose(cycnn.gradients(ops.mean(ops.square(x)), x, values), values / 6, rtol=1e-6)
    found = cycnn.gradients(x * other, [x, other], {"x": values, "other": 2 * values})
    np.testing.assert_allclose(found, [2 * values, values], rtol=1e-6)
    assert cycnn.gradients(ops.exp(x), [other], values) == [None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda m: (IMAGES, m.input, IMAGES), "`target` must be a symbolic tensor"),
        (lambda m: (m.output, IMAGES, IMAGES), "`sources` must be symbolic tensors"),
        (lambda m: (m.output, m.input, IMAGES[0]), r"has shape \(None, 8, 8, 2\)"),
        (lambda m: (m.output, m.input, {"y": IMAGES}), r"values for the inputs \['x'\]"),
        (lambda m: (m.output * layers.Input((4,)), m.input, IMAGES), "`inputs` must be a dictionary"),
    ],
)
def test_refusals_of_gradients(arguments, message):
    with pytest.raises(ValueError, match=message):
        cycnn.gradients(*arguments(network()))
