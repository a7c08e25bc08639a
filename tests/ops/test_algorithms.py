"""Which algorithm computes a convolution, and that the choice changes nothing but the rounding."""

import numpy as np
import pytest

import cycnn
from cycnn import config, layers
from cycnn.engine.function import Source
from cycnn.engine.plan import Plan
from cycnn.ops.algorithms import winograd_kernel_tile
from cycnn.training.step import Steps

BATCH = 20


@pytest.fixture(autouse=True)
def settings():
    yield
    config.set_fast_convolutions(True)
    config.set_num_threads(None)


def network(*convolutions, shape=(36, 34, 3)):
    """A small convolution with its pooling, then these."""
    cycnn.utils.set_random_seed(1)
    first = [layers.Input(shape), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    model = cycnn.Sequential([*first, *convolutions, layers.GlobalAveragePooling2D(), layers.Dense(3)])
    model.compile(cycnn.optimizers.SGD(0.1), "mse")
    return model


def usual():
    return network(layers.Conv2D(32, 3, padding="same", activation="relu"), layers.Conv2D(40, 3, activation="tanh"))


def wide():
    """With a kernel so large that no group sums a gradient of its own."""
    return network(layers.Conv2D(96, 3, activation="relu"), layers.Conv2D(96, 3, padding="same"))


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((BATCH, 36, 34, 3)).astype("float32"), rng.standard_normal((BATCH, 3)).astype("float32")


def step(model, data):
    """(plan, team) of a training step, which is done."""
    with Steps(model, True, BATCH) as steps:
        steps.run(model._samples(*data), np.arange(BATCH))
        return steps.step.plan, steps.step.team


def test_a_training_step_uses_them(data):
    summary = step(usual(), data)[0].summary()
    for kernel in ("pooled.forward", "pooled.backward_kernel", "winograd.forward", "winograd.backward_input"):
        assert kernel in summary
    assert summary.count("winograd.backward_kernel") == 2
    for kernel in ("conv.forward ", "conv.backward_kernel", "conv.backward_input"):
        assert kernel not in summary


def test_they_can_be_forbidden_at_any_time(data):
    x, model = data[0], usual()
    fast = model.predict(x, verbose=0)
    config.set_fast_convolutions(False)
    assert "winograd" not in step(usual(), data)[0].summary()
    exact = model.predict(x, verbose=0)
    config.set_fast_convolutions(True)
    np.testing.assert_array_equal(model.predict(x, verbose=0), fast)
    assert (exact != fast).any()
    assert np.abs(exact - fast).max() <= 5e-6 * np.abs(exact).max()


def test_a_step_is_the_same_up_to_rounding(data):
    trained = []
    for allowed in (True, False):
        config.set_fast_convolutions(allowed)
        model = usual()
        before = model.get_weights()
        step(model, data)
        trained.append([new - old for new, old in zip(model.get_weights(), before, strict=True)])
    for fast, exact in zip(*trained, strict=True):
        assert np.abs(exact).max() > 0
        assert np.abs(fast - exact).max() <= 2e-5 * np.abs(exact).max()


@pytest.mark.parametrize("made", [usual, wide])
def test_weights_are_bitwise_the_same_for_any_number_of_threads(data, monkeypatch, made):
    from cycnn.engine import plan

    monkeypatch.setattr(plan, "WORK_OF_A_THREAD", 1.0)
    expected = None
    for count in (1, 2, 3, 8, 16):
        config.set_num_threads(count)
        model = made()
        for _ in range(3):
            assert step(model, data)[1] == count
        expected = expected or model.get_weights()
        for a, b in zip(expected, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(32, 5), layers.Conv2D(32, 3, strides=2), layers.Conv2D(32, 3, dilation_rate=2),
        layers.Conv2D(32, 3, groups=2), layers.Conv2D(15, 3), layers.Conv2D(32, (1, 3)),
    ],
)  # fmt: skip
def test_what_they_are_not_made_for_is_computed_directly(data, layer):
    assert "winograd" not in step(network(layer), data)[0].summary()


@pytest.mark.parametrize(
    ("rows", "columns", "channels", "filters", "samples", "tile"),
    [
        (32, 32, 64, 64, 4, 4), (8, 8, 256, 256, 64, 4), (8, 8, 128, 128, 2, 4), (7, 7, 512, 512, 8, 4),
        (16, 16, 16, 16, 4, 4), (16, 16, 15, 64, 64, 0),  # few channels
        (3, 3, 64, 64, 32, 3), (6, 6, 64, 64, 32, 3),     # tiles of 3 fill them
        (5, 5, 512, 512, 64, 3), (2, 2, 512, 512, 64, 0),  # tiles that lie outside for the most part
        (4, 4, 64, 64, 4, 0), (8, 8, 64, 64, 1, 0),       # few tiles before the last transform
    ],
)  # fmt: skip
def test_kernel_gradients_by_winograd(rows, columns, channels, filters, samples, tile):
    """The rule, where it was measured."""
    found, gain = winograd_kernel_tile(rows, columns, channels, filters, samples)
    assert found == tile
    assert (gain > 1) is (tile > 0)
    config.set_fast_convolutions(False)
    assert winograd_kernel_tile(rows, columns, channels, filters, samples) == (0, 1)


@pytest.mark.parametrize(
    ("side", "channels", "batch", "tile"),
    [
        (8, 256, 1, 2),   # 9 MB of weights for tiles of 4, read for four of them
        (8, 256, 64, 4),  # read once, for all samples
        (8, 64, 1, 4),    # 0.6 MB stay in cache
        (7, 512, 1, 0),   # tiles that lie outside, and more weights: neither pays
        (10, 64, 32, 5),  # 196 products instead of 324
        (10, 288, 32, 4),  # more channels than tiles of 5 are exact for
        (6, 64, 8, 3),    # 100 instead of 144
        (14, 256, 8, 4),  # 441 instead of 576 do not make up for what tiles of 5 round
    ],
)  # fmt: skip
def test_many_weights_are_worth_it_only_where_many_pixels_use_them(side, channels, batch, tile):
    model = cycnn.Sequential([layers.Input((side, side, channels)), layers.Conv2D(channels, 3, padding="same")])
    feed = Source(np.empty((1, side, side, channels), np.float32)).feed("x")
    plan = Plan(model._the_function().graph, batch, feeds=[feed])
    (found,) = [call for call in plan.calls if call.kernel.name in ("conv.forward", "winograd.forward")]
    assert (found.integers[0] if found.kernel.name == "winograd.forward" else 0) == tile


@pytest.mark.parametrize("allowed", [None, 1, "no"])
def test_the_switch_takes_a_boolean(allowed):
    with pytest.raises(ValueError, match="allowed=" + repr(allowed)):
        config.set_fast_convolutions(allowed)
