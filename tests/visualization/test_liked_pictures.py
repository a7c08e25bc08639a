"""Pictures that a network likes, and what gives one picture the style of another."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, ops, visualization
from tests.visualization.planted import CROSS, DIAGONAL, network, scene


def correlation(a, b):
    return 0.0 if np.std(a) < 1e-6 else np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


def one_convolution(kernels, activation="relu", size=21):
    """A network that is one convolution, with these kernels (f, kh, kw)."""
    kernels = np.asarray(kernels, np.float32)
    model = models.Sequential([layers.Input((size, size, 1)), layers.Conv2D(len(kernels), kernels.shape[1:],
                                                                            activation=activation, name="conv")])  # fmt: skip
    model.set_weights([np.moveaxis(kernels, 0, 2)[:, :, None], np.full(len(kernels), -1.0, np.float32)])
    return model


def windows(picture, size):
    found = np.lib.stride_tricks.sliding_window_view(picture[..., 0], (size, size))
    return found.reshape(-1, size, size)


# --------------------------------------------------------------------------------------- activation maximization


def test_the_picture_of_a_filter_shows_the_filter():
    """Somewhere in it, window for window; other filters are not there."""
    kernels = np.random.default_rng(0).normal(size=(3, 5, 5))
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    model = one_convolution(kernels)
    pictures = visualization.activation_maximization(model, "conv", [0, 1, 2], seed=1)
    assert pictures.shape == (3, 21, 21, 1)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    for k, picture in enumerate(pictures):
        found = [max(correlation(window, kernel) for window in windows(picture, 5)) for kernel in kernels]
        assert found[k] > 0.8, found
        assert found[k] == max(found)


def test_it_starts_where_a_relu_answers_nothing():
    """A bias so low that no picture of noise passes: the gradient is taken before the relu."""
    model = one_convolution([CROSS - 0.5])
    model.set_weights([model.get_weights()[0], [-4.0]])
    start = np.full((21, 21), 0.5, np.float32)
    start[10, 10] = 0.6
    assert visualization.feature_maps(model, start, "conv").max() == 0
    picture = visualization.activation_maximization(model, "conv", 0, start=start, jitter=0, decay=0)
    best = max(windows(picture, 3), key=lambda window: correlation(window, CROSS))
    assert correlation(best, CROSS) > 0.85


def test_the_picture_of_a_class_is_what_the_class_detects():
    """From a picture in which both patterns are faint: one becomes clear, the other fades."""
    model, faint = network(), 0.92 * scene()

    def answers(x):
        return visualization.feature_maps(model, x, "detectors").max(axis=(0, 1, 2))

    for unit, shape in enumerate((CROSS, DIAGONAL)):
        picture = visualization.activation_maximization(model, "classes", unit, start=faint, jitter=0)
        assert answers(picture)[unit] > 1.1 * answers(faint)[unit]
        assert answers(picture)[1 - unit] < 0.1 * answers(faint)[1 - unit]
        assert max(correlation(window, shape) for window in windows(picture, 3)) > 0.97


def test_ranges_seeds_and_refusals():
    model = one_convolution([CROSS - 0.5, DIAGONAL - 0.5])
    first, again, other = (visualization.activation_maximization(model, 0, 1, steps=3, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    wide = visualization.activation_maximization(model, 0, 1, seed=1, value_range=(-2, 6))
    assert wide.min() < -1 < 5 < wide.max() <= 6
    with pytest.raises(ValueError, match=r"`unit` must be a number from 0 to 1, or a list of them. Received: unit=2"):
        visualization.activation_maximization(model, 0, 2)
    with pytest.raises(ValueError, match=r"`value_range` must be the smaller number and the larger one"):
        visualization.activation_maximization(model, 0, 0, value_range=(1, 0))
    with pytest.raises(ValueError, match=r"`value_range` must be a pair of numbers"):
        visualization.activation_maximization(model, 0, 0, value_range=3)


# ------------------------------------------------------------------------------------------------------ deep dream


def test_a_dream_shows_more_of_what_the_layer_sees():
    """In a picture of another size than the model's, and of no round one."""
    random = np.random.default_rng(2)
    model = one_convolution(random.normal(size=(4, 3, 3)))
    picture = random.uniform(0.4, 0.6, (37, 30, 1)).astype(np.float32)
    dream = visualization.deep_dream(model, picture, "conv", steps=8, octaves=3)
    assert dream.shape == picture.shape
    assert dream.min() >= 0
    assert dream.max() <= 1

    def energy(x):
        kernel, bias = model.get_weights()
        maps = np.einsum("nij,ijf->nf", windows(x, 3), kernel[:, :, 0]) + bias
        return np.square(np.maximum(maps, 0)).mean()

    assert energy(dream) > 3 * energy(picture)
    assert np.array_equal(dream, visualization.deep_dream(model, picture, "conv", steps=8, octaves=3))
    assert correlation(dream, picture) > 0.2, "the picture is still there"


def test_a_dream_of_a_known_filter():
    """One octave, one step: the gradient of ½ · mean of y², followed for a step of a known length."""
    model = one_convolution([CROSS - 0.5], activation=None, size=9)
    picture = np.random.default_rng(3).uniform(0.3, 0.7, (9, 9, 1)).astype(np.float32)
    y = np.einsum("nij,ij->n", windows(picture, 3), CROSS - 0.5).reshape(7, 7) - 1
    slope = np.zeros((9, 9))
    for (row, column), value in np.ndenumerate(y):
        slope[row : row + 3, column : column + 3] += value * (CROSS - 0.5)
    dream = visualization.deep_dream(model, picture, "conv", steps=1, octaves=1, step_size=0.05)
    expected = np.clip(picture[..., 0] + 0.05 * slope / np.abs(slope).mean(), 0, 1)
    assert np.allclose(dream[..., 0], expected, atol=1e-5)


def test_a_dream_of_several_layers_with_weights():
    model = models.Sequential([layers.Input((16, 16, 3)), layers.Conv2D(4, 3, activation="relu", name="low"),
                               layers.BatchNormalization(), layers.MaxPooling2D(),
                               layers.Conv2D(4, 3, padding="same", activation="relu", name="high"), layers.Flatten(),
                               layers.Dense(2)])  # fmt: skip
    picture = np.random.default_rng(4).uniform(0, 1, (20, 24, 3)).astype(np.float32)
    low = visualization.deep_dream(model, picture, "low", steps=2, octaves=2)
    both = visualization.deep_dream(model, picture, {"low": 1.0, "high": 5.0}, steps=2, octaves=2)
    assert both.shape == picture.shape
    assert not np.allclose(low, both)
    assert np.allclose(
        low, visualization.deep_dream(model, picture, {"low": 7.0, "high": 0.0}, steps=2, octaves=2), atol=1e-5
    )
    with pytest.raises(ValueError, match=r"`image` must be one picture \(h, w, c\)"):
        visualization.deep_dream(model, picture[None], "low")
    with pytest.raises(ValueError, match=r"`octave_scale` must be a number above 1"):
        visualization.deep_dream(model, picture, "low", octave_scale=1)


# ---------------------------------------------------------------------------------------------------------- style


def test_the_gram_matrix_and_the_losses_are_those_of_gatys():
    random = np.random.default_rng(5)
    maps, other = random.normal(size=(2, 2, 4, 5, 3)).astype(np.float32)
    gram = np.einsum("nhwc,nhwd->ncd", maps, maps)
    assert np.allclose(visualization.gram_matrix(maps), gram / 20, atol=1e-6)
    # Equations 1, 4 and 5 of the paper, with N channels and M positions.
    wanted = np.einsum("nhwc,nhwd->ncd", other, other)
    style = np.square(gram - wanted).sum() / (4 * 3**2 * 20**2)
    assert float(visualization.style_loss(maps, visualization.gram_matrix(other))) == pytest.approx(style, rel=1e-5)
    content = np.square(maps - other).sum() / 2
    assert float(visualization.content_loss(maps, other)) == pytest.approx(content, rel=1e-5)
    variation = sum(np.square(np.diff(maps, axis=axis)).sum() for axis in (1, 2))
    assert float(visualization.total_variation_loss(maps)) == pytest.approx(variation, rel=1e-5)
    with pytest.raises(ValueError, match=r"`maps` must be what a layer gives, \(n, h, w, c\)"):
        visualization.gram_matrix(maps[0])
    with pytest.raises(ValueError, match=r"`content` must have the shape of `maps`, \(2, 4, 5, 3\)"):
        visualization.content_loss(maps, other[:, :3])


def test_style_knows_no_places():
    """Shuffled positions have the same Gram matrix, and another picture's size does not matter."""
    maps = np.random.default_rng(6).normal(size=(1, 4, 6, 3)).astype(np.float32)
    shuffled = np.random.default_rng(7).permutation(maps.reshape(24, 3)).reshape(1, 4, 6, 3)
    twice = np.concatenate([maps, maps], axis=1)
    gram = visualization.gram_matrix(maps)
    assert float(visualization.style_loss(shuffled, gram)) < 1e-8
    assert float(visualization.style_loss(twice, gram)) < 1e-8
    assert float(visualization.content_loss(shuffled, maps)) > 1


def test_a_tape_gives_the_gradient_of_the_picture():
    """By finite differences of the whole loss; and following it lowers the loss."""
    model = one_convolution(np.random.default_rng(8).normal(size=(4, 3, 3)), activation="tanh", size=6)
    picture, style = np.random.default_rng(9).uniform(0, 1, (2, 1, 6, 6, 1)).astype(np.float32)
    gram, content = visualization.gram_matrix(model(style)), np.asarray(model(picture))

    def loss(x):
        maps = model(x)
        return (
            visualization.style_loss(maps, gram)
            + 0.1 * visualization.content_loss(maps, content)
            + 0.01 * visualization.total_variation_loss(x)
        )

    x = ops.Tensor(picture) if hasattr(ops, "Tensor") else picture
    with cycnn.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    slope = tape.gradient(value, x)
    assert slope.shape == picture.shape
    for place in ((0, 0, 0, 0), (0, 3, 2, 0), (0, 5, 5, 0)):
        step = np.zeros_like(picture)
        step[place] = 1e-2
        expected = (float(loss(picture + step)) - float(loss(picture - step))) / 2e-2
        assert slope[place] == pytest.approx(expected, rel=0.02, abs=1e-3)
    assert float(loss(picture - 0.05 * slope / np.abs(slope).max())) < float(value)
