"""Batch normalization in the weights before it, or with its activation; sums with theirs. Each beside its plain twin."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import config, layers
from cycnn.engine import rewrites

PRODUCTS = {
    "conv": lambda **more: layers.Conv2D(9, 3, **more),
    "winograd": lambda **more: layers.Conv2D(16, 3, padding="same", **more),
    "groups": lambda **more: layers.Conv2D(8, 2, groups=2, strides=2, **more),
    "depthwise": lambda **more: layers.DepthwiseConv2D(3, depth_multiplier=2, **more),
    "separable": lambda **more: layers.SeparableConv2D(6, 3, depth_multiplier=2, **more),
    "transposed": lambda **more: layers.Conv2DTranspose(5, 3, strides=2, **more),
    "dense": lambda **more: layers.Dense(7, **more),
}


@pytest.fixture(autouse=True)
def one_setting():
    yield
    config.set_fast_convolutions(True)
    config.set_num_threads(None)


@pytest.fixture
def plain(monkeypatch):
    """A function's result without rewrites."""

    def result(function, *args, **kwargs):
        with monkeypatch.context() as patch:
            patch.setattr(rewrites, "rewrite", lambda nodes, *_: nodes)
            return function(*args, **kwargs)

    return result


def disturb(model, seed=0):
    """Weights and moving statistics away from their beginnings; variances stay positive, some gammas are negative."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        value = rng.standard_normal(variable.shape) * 0.5
        variable.assign(np.abs(value) + 0.3 if "variance" in variable.path else value)
    return model


def chain(*parts, sample=(9, 8, 16)):
    cycnn.utils.set_random_seed(1)
    model = disturb(cycnn.Sequential([layers.Input(sample), *parts]))
    model.compile("sgd", "mse")
    return model


def draw(*shape, seed=3):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def kernels_of(model, training=False):
    """Names of the kernels of a plan."""
    lines = model.plan_summary(training=training).splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and "." in line.split()[0]]


# ---------------------------------------------------------------------------------------------------------- in weights


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("name", PRODUCTS)
def test_folded_is_plain(plain, name, bias, scale):
    model = chain(PRODUCTS[name](use_bias=bias), layers.BatchNormalization(scale=scale, center=scale), layers.ReLU())
    x = draw(7, 9, 8, 16)
    assert not any(kernel.startswith(("norm", "elementwise")) for kernel in kernels_of(model))
    found = model.predict(x, verbose=0)
    model._forget_plans()
    expected = plain(model.predict, x, verbose=0)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_folded_before_pooling(plain):
    model = chain(
        layers.Conv2D(9, 3), layers.BatchNormalization(), layers.Activation("relu"), layers.MaxPooling2D(2),
        layers.Conv2D(8, 2), layers.BatchNormalization(), layers.AveragePooling2D(2), sample=(14, 13, 3),
    )  # fmt: skip
    x = draw(5, 14, 13, 3)
    expected = plain(model.predict, x, verbose=0)
    model._forget_plans()
    found = model.predict(x, verbose=0)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert "pooled.forward" in kernels_of(model)  # of a small kernel, whose map is never written
    assert not any(kernel.startswith("norm") for kernel in kernels_of(model))


def test_exact_algorithms_fold_nothing(plain):
    config.set_fast_convolutions(False)
    model = chain(layers.Conv2D(9, 3), layers.BatchNormalization(), layers.ReLU())
    x = draw(5, 9, 8, 16)
    expected = plain(model.predict, x, verbose=0)
    model._forget_plans()
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    assert [kernel for kernel in kernels_of(model) if kernel.startswith("norm")] == ["norm.normalize"]


def test_what_is_seen_is_not_folded():
    inputs = layers.Input((9, 8, 16))
    seen = layers.Conv2D(9, 3)(inputs)
    normalized = layers.BatchNormalization()(seen)
    model = disturb(cycnn.Model(inputs, [seen, layers.ReLU()(normalized)]))
    before, after = model.predict(draw(4, 9, 8, 16), verbose=0)
    layer = model.layers[2]
    expected = (before - layer.moving_mean) / np.sqrt(layer.moving_variance.value + layer.epsilon)
    np.testing.assert_allclose(after, np.maximum(expected * layer.gamma + layer.beta, 0), rtol=1e-5, atol=1e-5)


def test_statistics_of_the_batch_are_not_folded(plain):
    model = chain(layers.Conv2D(9, 3), layers.BatchNormalization(), layers.ReLU())
    x = draw(5, 9, 8, 16)
    found = model(x, training=True)
    model._forget_plans()
    np.testing.assert_array_equal(found, plain(model, x, training=True))


def test_normalization_before_the_convolution():
    """Not foldable: it takes the activation along."""
    model = chain(layers.BatchNormalization(), layers.Activation("silu"), layers.Conv2D(9, 3))
    assert kernels_of(model).count("norm.normalize") == 1
    assert not any(kernel.startswith("elementwise") for kernel in kernels_of(model))


def test_each_change_of_a_weight_is_seen(plain):
    model = chain(PRODUCTS["conv"](), layers.BatchNormalization(), layers.ReLU())
    x = draw(5, 9, 8, 16)
    for variable in model.weights:
        before = model.predict(x, verbose=0)
        variable.assign(variable.value * 1.5 + 0.25)
        after = model.predict(x, verbose=0)
        assert not np.allclose(before, after)
        twin = cycnn.models.clone_model(model)
        twin.set_weights(model.get_weights())
        expected = plain(twin.predict, x, verbose=0)
        assert np.abs(after - expected).max() <= 1e-5 * np.abs(expected).max()


def test_moving_statistics_of_a_step_are_seen():
    """A step that changes nothing else."""
    model = chain(PRODUCTS["conv"](), layers.BatchNormalization(momentum=0.5))
    model.compile(cycnn.optimizers.SGD(0.0), "mse")
    x = draw(5, 9, 8, 16)
    y = before = model.predict(x, verbose=0)
    for step in (
        lambda: model.train_on_batch(x, y),
        lambda: model(x, training=True),
        lambda: model.profile(x, y, batch_size=5, repeat=1),
    ):
        step()
        after = model.predict(x, verbose=0)
        again = cycnn.models.clone_model(model)
        again.set_weights(model.get_weights())
        np.testing.assert_array_equal(after, again.predict(x, verbose=0))
    assert not np.allclose(after, before)


def test_answers_agree_bit_for_bit():
    model = residual("relu")
    x, y = draw(33, 8, 8, 3), np.eye(4, dtype="float32")[np.arange(33) % 4]
    expected, loss = model.predict(x, verbose=0), model.evaluate(x, y, verbose=0)
    for threads in (1, 2, 3):
        config.set_num_threads(threads)
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
        np.testing.assert_array_equal(model.predict(x, batch_size=5, verbose=0), expected)
        np.testing.assert_array_equal(model(x), expected)
        assert model.evaluate(x, y, verbose=0) == loss


def test_one_folded_kernel_lies_in_memory_at_a_time():
    parts = [part for _ in range(6) for part in (layers.Conv2D(64, 1), layers.BatchNormalization())]
    arenas = []
    for some in (parts, parts[::2]):
        lines = chain(*some, sample=(4, 4, 64)).plan_summary(batch_size=1).splitlines()
        arenas += [int(line.split()[1].replace(",", "")) for line in lines if line.startswith("arena:")]
    assert 0 <= arenas[0] - arenas[1] <= 4 * 64 * 64 + 6 * 4 * 64


# --------------------------------------------------------------------------------------------------- with an activation

ACTIVATIONS = ["relu", "relu6", "tanh", "sigmoid", "elu", "leaky_relu", "silu", "gelu", "softplus", "hard_silu"]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_trained_with_an_activation_is_plain(plain, activation, frozen):
    def trained():
        model = chain(
            layers.Conv2D(9, 3), layers.BatchNormalization(trainable=not frozen), layers.Activation(activation),
            layers.Conv2D(8, 2), layers.BatchNormalization(), layers.Activation(activation),
            layers.Conv2D(5, 2, activation=activation), layers.Flatten(), layers.Dense(3),
        )  # fmt: skip
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        return model, losses

    x, y = draw(13, 9, 8, 16), draw(13, 3)
    (found, losses), (expected, others) = trained(), plain(trained)
    assert losses == pytest.approx(others, rel=1e-6)
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_no_slope_pass_is_left():
    model = chain(layers.Conv2D(9, 3), layers.BatchNormalization(), layers.ReLU(), layers.Conv2D(4, 3))
    emitted = train_kernels(model, draw(6, 9, 8, 16), draw(6, 5, 4, 4))
    assert "norm.activated_sums" in emitted
    assert not {"norm.backward_sums", "elementwise.activate", "elementwise.activate_backward"} & set(emitted)


def train_kernels(model, x, y):
    """Names of the kernels of a training step."""
    return [name for row in model.profile(x, y, batch_size=len(x), repeat=1).kernels for name in row.kernels]


# ------------------------------------------------------------------------------------------------------- made again


def deep(sample=(8, 8, 8), padding="same", frozen=False, shared=False):
    """Normalized maps for direct convolutions with padding and without, and for whole-batch kernel gradients."""
    cycnn.utils.set_random_seed(4)
    inputs = x = layers.Input(sample)
    norm = layers.BatchNormalization(momentum=0.5)
    for filters, kernel, activation in ((8, 3, "relu"), (8, 1, "tanh"), (8, 2, "silu"), (160, 5, "relu"), (3, 1, None)):
        x = layers.Conv2D(filters, kernel, padding=padding)(x)
        if shared and filters == 8:  # with moving statistics, which the next call changes
            x = norm(norm(x, training=False))
        else:
            x = layers.BatchNormalization(trainable=not frozen)(x)
        x = layers.Activation(activation)(x)
    model = disturb(cycnn.Model(inputs, layers.GlobalMaxPooling2D()(x)))
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("more", [{}, {"padding": "valid"}, {"frozen": True}, {"shared": True}], ids=str)
def test_what_is_made_again_is_the_same(monkeypatch, more):
    from cycnn.engine import plan

    sample = (9, 9, 8) if more.get("padding") == "valid" else (8, 8, 8)
    x, y = draw(21, *sample), draw(21, 3)
    found, expected = deep(sample, **more), deep(sample, **more)
    for _ in range(3):
        loss = found.train_on_batch(x, y)
        with monkeypatch.context() as patch:
            patch.setattr(plan, "recompute", lambda calls, segments: calls)
            assert expected.train_on_batch(x, y) == loss
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_takes_less_memory(monkeypatch):
    from cycnn.engine import plan

    arenas, lay_out = [], plan.Plan._lay_out

    def noted(self, split):
        lay_out(self, split)
        arenas.append(self.arena_bytes)

    monkeypatch.setattr(plan.Plan, "_lay_out", noted)
    x, y = draw(48, 32, 32, 3), draw(48, 3)
    for keep in (False, True):
        if keep:
            monkeypatch.setattr(plan, "recompute", lambda calls, segments: calls)
        parts = [part for _ in range(4) for part in (layers.Conv2D(16, 3), layers.BatchNormalization(), layers.ReLU())]
        chain(*parts, layers.GlobalAveragePooling2D(), layers.Dense(3), sample=(32, 32, 3)).train_on_batch(x, y)
    assert arenas[0] < 0.75 * arenas[1]


# -------------------------------------------------------------------------------------------------------------- sums


def residual(activation, join=None):
    """Two blocks whose sums share gradients in every way: an identity, a projection, a sum of three, x + x."""

    def conv(x, filters, kernel=3, strides=1, act=True):
        x = layers.Conv2D(filters, kernel, strides, padding="same")(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation(activation)(x) if act else x

    cycnn.utils.set_random_seed(2)
    join = join or (lambda xs: layers.Add()(xs))
    inputs = layers.Input((8, 8, 3))
    x = conv(inputs, 8)
    x = layers.Activation(activation)(join([x, conv(conv(x, 8), 8, act=False)]))
    x = layers.Activation(activation)(join([conv(x, 12, 1, 2, False), conv(conv(x, 12, 3, 2), 12, act=False)]))
    a, b = conv(x, 12), layers.Conv2D(12, 1, activation=activation)(x)
    x = join([join([a, x]), b])
    x = join([x, x])
    x = layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = disturb(cycnn.Model(inputs, x))
    model.compile(cycnn.optimizers.SGD(0.05), "categorical_crossentropy")
    return model


class Difference(layers.Layer):
    """a + b = a - (-b), exactly, with a gradient for each that nobody else holds."""

    def call(self, xs):
        first, second = xs
        return cycnn.ops.subtract(first, cycnn.ops.multiply(second, -1.0))


def by_difference(xs):
    return Difference()(xs)


@pytest.mark.parametrize("activation", ["relu", "tanh", "silu"])
def test_sums_pass_their_gradient_on(activation):
    x, y = draw(21, 8, 8, 3), np.eye(4, dtype="float32")[np.arange(21) % 4]
    found, expected = residual(activation), residual(activation, by_difference)
    for _ in range(3):
        assert found.train_on_batch(x, y) == expected.train_on_batch(x, y)
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def crossed(join):
    """Gradients that several still wait for, as the first or the second of those that meet."""
    cycnn.utils.set_random_seed(6)
    inputs = layers.Input((8, 8, 3))
    w, u = layers.Conv2D(5, 3, activation="tanh")(inputs), layers.Conv2D(5, 3)(inputs)
    product = layers.Multiply()([w, layers.Conv2D(5, 1)(u)])
    x = join([join([product, join([w, u])]), join([w, u])])
    product = layers.Multiply()([u, layers.Conv2D(5, 1)(w)])
    x = layers.ReLU()(join([join([product, join([u, w])]), x]))
    model = disturb(cycnn.Model(inputs, layers.GlobalAveragePooling2D()(x)))
    model.compile(cycnn.optimizers.SGD(0.01), "mse")
    return model


def test_gradients_that_several_wait_for():
    x, y = draw(21, 8, 8, 3), draw(21, 5)
    found, expected = crossed(lambda xs: layers.Add()(xs)), crossed(by_difference)
    for _ in range(3):
        assert found.train_on_batch(x, y) == expected.train_on_batch(x, y)
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rewritten_sums_are_plain(plain):
    x, y = draw(21, 8, 8, 3), np.eye(4, dtype="float32")[np.arange(21) % 4]
    found, expected = residual("relu"), residual("relu")
    for _ in range(3):
        assert found.train_on_batch(x, y) == pytest.approx(plain(expected.train_on_batch, x, y), rel=1e-5)
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_an_identity_copies_no_gradient():
    inputs = x = layers.Input((8, 8, 4))
    for _ in range(3):
        y = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(x))
        x = layers.ReLU()(layers.Add()([x, y]))
    model = cycnn.Model(inputs, x)
    model.compile("sgd", "mse")
    emitted = train_kernels(model, draw(6, 8, 8, 4), draw(6, 8, 8, 4))
    assert "layout.copy" not in emitted
    assert "elementwise.activate" not in emitted


def test_weights_are_the_same_for_any_number_of_threads(monkeypatch):
    from cycnn.engine import plan

    monkeypatch.setattr(plan, "WORK_OF_A_THREAD", 1.0)
    x, y = draw(40, 8, 8, 3), np.eye(4, dtype="float32")[np.arange(40) % 4]
    first = None
    for threads in (1, 2, 3, 7):
        config.set_num_threads(threads)
        model = residual("relu")
        model.fit(x, y, batch_size=17, epochs=2, shuffle=False, verbose=0)
        first = first or model.get_weights()
        for a, b in zip(model.get_weights(), first, strict=True):
            np.testing.assert_array_equal(a, b)


def test_gradients_of_inputs_and_layers_are_those_of_a_difference():
    """Where a gradient is shown besides, as Grad-CAM does."""
    x = draw(5, 8, 8, 3)
    found, expected = residual("relu"), residual("relu", by_difference)
    for model in (found, expected):
        model._inner = cycnn.Model(model.inputs, [model.layers[3].output, model.layers[-2].output])
    gradients = []
    for model in (found, expected):
        with cycnn.GradientTape() as tape:
            tape.watch(data := cycnn.ops.convert_to_tensor(x))
            seen, answer = model._inner(data)
            total = cycnn.ops.sum(answer)
        gradients.append(tape.gradient(total, [data, seen]))
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_array_equal(a, b)


# ------------------------------------------------------------------------------------------------------------- names


def test_a_name_tells_what_is_in_it():
    model = cycnn.Sequential(
        [
            layers.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"), layers.MaxPooling2D(2, name="pool"), layers.Conv2D(4, 2, activation="relu", name="c2"),
        ]
    )  # fmt: skip
    assert " conv+norm+relu+pool " in model.plan_summary()
    training = model.plan_summary(training=True)
    assert " relu+pool " in training
    assert " norm " in training
    assert " c2 " in training


def test_keras_answers_the_same():
    from tests.recorded import record_fused
    from tests.recorded.answers import FOLDER

    expected = json.loads((FOLDER / "fused.json").read_text())
    for name, found in record_fused.answers(cycnn).items():
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=2e-6)
