"""Rewritten plans compute what the plain ones compute: every rule beside a plan without it."""

import numpy as np
import pytest

import cycnn
from cycnn import kernels, layers
from cycnn.engine import rewrites
from cycnn.ops.layout import Pad
from cycnn.training.step import Steps


def network(pooling, activation, size, padding="valid", strides=None):
    cycnn.utils.set_random_seed(5)
    model = cycnn.Sequential(
        [
            layers.Input((12, 11, 3)),
            layers.Conv2D(9, 3, activation=activation),
            pooling(size, strides, padding=padding),
            layers.Conv2D(17, 2, padding="same"),
            layers.ReLU(),
            pooling(size, padding=padding),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    model.compile("sgd", "mse")
    return model


def calls_of(model, x, y):
    """Names of the kernels of a training step, which is done."""
    with Steps(model, True, len(x)) as steps:
        steps.run(model._samples(x, y), np.arange(len(x)))
        return {call.kernel.name for call in steps.step.plan.calls}


def plan_of(model):
    return model.plan_summary(training=True)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((13, 12, 11, 3)).astype("float32")
    x[2] = np.round(x[2])  # ties
    return x, rng.standard_normal((13, 4)).astype("float32")


@pytest.mark.parametrize("pooling", [layers.MaxPooling2D, layers.AveragePooling2D])
@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize(
    ("size", "padding", "strides"),
    [
        (2, "valid", None),
        (3, "valid", None),
        ((3, 1), "valid", None),
        (2, "same", None),
        (3, "valid", 2),
        (1, "valid", 4),
    ],
)
def test_rewritten_is_plain(data, monkeypatch, pooling, activation, size, padding, strides):
    rewritten = network(pooling, activation, size, padding, strides)
    plain = network(pooling, activation, size, padding, strides)
    x, y = data
    found = rewritten.predict(x, verbose=0), rewritten.train_on_batch(x, y), rewritten.get_weights()
    with monkeypatch.context() as patch:
        patch.setattr(rewrites, "rewrite", lambda nodes, *_: nodes)
        expected = plain.predict(x, verbose=0), plain.train_on_batch(x, y), plain.get_weights()
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1] == pytest.approx(expected[1], rel=1e-6)
    for a, b in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_relu_moves_into_the_pooling():
    plan = plan_of(network(layers.MaxPooling2D, "relu", 2))
    assert "elementwise" not in plan
    plan = plan_of(network(layers.AveragePooling2D, "tanh", 2))
    assert "elementwise" not in plan  # in the convolution's epilogue


def test_what_a_pooling_drops_is_not_computed():
    model = network(layers.AveragePooling2D, "relu", 2)
    nodes = rewrites.rewrite(model._the_graph().nodes, model.outputs)
    assert nodes[0].output.shape == (None, 10, 8, 9)  # of 10 x 9
    model = network(layers.MaxPooling2D, "relu", 2)
    nodes = rewrites.rewrite(model._the_graph().nodes, model.outputs)
    assert nodes[0].output.shape == (None, 5, 4, 9)
    assert nodes[0].operation.flops(model.inputs[0].spec) == 2 * 10 * 8 * 9 * 27
    model = network(layers.MaxPooling2D, "relu", 3, strides=2)
    assert rewrites.rewrite(model._the_graph().nodes, model.outputs)[0].output.shape == (None, 9, 9, 9)


def test_a_small_kernel_is_pooled_band_by_band():
    assert "pooled.forward" in plan_of(network(layers.MaxPooling2D, "relu", 2))
    assert "pooled.forward" in plan_of(network(layers.MaxPooling2D, None, 3))
    for pooling, activation, strides in (
        (layers.AveragePooling2D, "relu", None), (layers.MaxPooling2D, "tanh", None), (layers.MaxPooling2D, "relu", 1),
    ):  # fmt: skip
        assert "pooled.forward conv2d " not in plan_of(network(pooling, activation, 2, strides=strides))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("window", "channels", "filters", "strides"),
    [(3, 32, 64, 1), (5, 16, 33, 1), ((3, 2), 31, 40, (2, 1)), (3, 96, 96, 1)],
)
@pytest.mark.parametrize("activation", [None, "relu"])
def test_gradients_from_the_winners(monkeypatch, window, channels, filters, strides, padding, activation):
    """Of a pooled convolution with a larger kernel: beside a plan that spreads them over the map."""

    def network():
        cycnn.utils.set_random_seed(5)
        model = cycnn.Sequential(
            [
                layers.Input((15, 14, 2)),
                layers.Conv2D(channels, 1),
                layers.Conv2D(filters, window, strides, padding=padding, activation=activation),
                layers.MaxPooling2D((2, 3)),
                layers.GlobalAveragePooling2D(),
                layers.Dense(3),
            ]
        )
        model.compile("sgd", "mse")
        return model

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((7, 15, 14, 2)).astype("float32"), rng.standard_normal((7, 3)).astype("float32")
    found, expected = network(), network()
    winners = calls_of(found, x, y)
    with monkeypatch.context() as patch:
        patch.setattr(rewrites, "rewrite", lambda nodes, *_: nodes)
        plain = calls_of(expected, x, y)
    assert "winners.backward_kernel" in winners
    assert ("winners.backward_input" in winners) == (channels < 96)  # whose band leaves the first-level cache
    assert not {call for call in plain if call.startswith("winners")}
    for a, b in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_a_map_that_somebody_else_sees_stays_whole(data):
    inputs = layers.Input((12, 11, 3))
    seen = layers.Conv2D(9, 3, activation="relu")(inputs)
    model = cycnn.Model(inputs, [seen, layers.MaxPooling2D(4)(seen)])
    whole, pooled = model.predict(data[0], verbose=0)
    assert whole.shape == (13, 10, 9, 9)
    np.testing.assert_array_equal(pooled, whole[:, :8, :8].reshape(13, 2, 4, 2, 4, 9).max(axis=(2, 4)))


SLIDING = {
    "conv": lambda: layers.Conv2D(5, 3, strides=2),
    "winograd": lambda: layers.Conv2D(16, 3, padding="same"),
    "dilated": lambda: layers.Conv2D(8, 3, dilation_rate=2, groups=4),
    "pointwise": lambda: layers.Conv2D(8, 1, strides=2),
    "depthwise": lambda: layers.DepthwiseConv2D(3, strides=2),
    "depthwise, two each": lambda: layers.DepthwiseConv2D(5, padding="same", depth_multiplier=2),
}


def pads(model):
    """Whether a padding is left in the rewritten graph."""
    nodes = rewrites.rewrite(model._the_graph().nodes, model.outputs)
    return any(type(node.operation) is Pad for node in nodes)


@pytest.mark.parametrize("zeros", [((0, 1), (0, 1)), ((1, 2), (3, 0)), ((7, 4), (2, 9))])
@pytest.mark.parametrize("sliding", SLIDING.values(), ids=SLIDING)
def test_zeros_become_a_convolutions_own(monkeypatch, sliding, zeros):
    def network():
        cycnn.utils.set_random_seed(5)
        model = cycnn.Sequential(
            [
                layers.Input((9, 8, 3)),
                layers.Conv2D(16, 1),
                layers.ZeroPadding2D(zeros),
                sliding(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(3),
            ]
        )
        model.compile("sgd", "mse")
        return model

    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 9, 8, 3)).astype("float32"), rng.standard_normal((5, 3)).astype("float32")
    absorbed, plain = network(), network()
    assert not pads(absorbed)
    found = absorbed.predict(x, verbose=0), absorbed.train_on_batch(x, y), absorbed.get_weights()
    with monkeypatch.context() as patch:
        patch.setattr(rewrites, "absorb_padding", lambda nodes, *_: nodes)
        assert pads(plain)
        expected = plain.predict(x, verbose=0), plain.train_on_batch(x, y), plain.get_weights()
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    assert found[1] == pytest.approx(expected[1], rel=1e-5)
    for a, b in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_a_sequence_and_a_volume_have_their_zeros_too():
    for padding, sliding, shape in (
        (layers.ZeroPadding1D((2, 1)), layers.DepthwiseConv1D(3), (9, 4)),
        (layers.ZeroPadding3D(((1, 0), (2, 1), (0, 3))), layers.Conv3D(5, 2), (5, 4, 3, 2)),
    ):
        inputs = layers.Input(shape)
        padded = padding(inputs)
        y = sliding(padded)
        x = np.random.default_rng(0).standard_normal((3, *shape)).astype("float32")
        absorbed, plain = cycnn.Model(inputs, y), cycnn.Model(inputs, [y, padded])  # what is seen stays
        assert (pads(absorbed), pads(plain)) == (False, True)
        np.testing.assert_allclose(absorbed.predict(x, verbose=0), plain.predict(x, verbose=0)[0], rtol=1e-5, atol=1e-6)


def test_zeros_before_other_layers_stay():
    model = cycnn.Sequential([layers.Input((4, 4, 2)), layers.ZeroPadding2D(1), layers.Conv2DTranspose(3, 2)])
    x = np.random.default_rng(0).standard_normal((2, 4, 4, 2)).astype("float32")
    assert model.predict(x, verbose=0).shape == (2, 7, 7, 3)
    assert pads(model)


@pytest.mark.parametrize(("channels", "filters", "turned"), [(64, 8, True), (8, 64, False), (64, 64, False)])
def test_few_filters_of_many_channels_are_the_rows_of_a_kernel_gradient(channels, filters, turned):
    model = cycnn.Sequential([layers.Input((6, 6, channels)), layers.Conv2D(filters, 1)])
    model.compile("sgd", "mse")
    calls = calls_of(model, np.zeros((4, 6, 6, channels), np.float32), np.zeros((4, 6, 6, filters), np.float32))
    assert ("winners.reduce" in calls) == (turned and kernels.ISA != "baseline")
