"""Heat maps, on networks that are known to see one thing at one place, and by closed forms of small networks."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, visualization
from tests.visualization.planted import network, scene, share

CROSS_AT, X_AT = (5, 6), (17, 16)
MAPS = {
    "saliency": lambda model, x, **kwargs: visualization.saliency(model, x, **kwargs),
    "smooth_grad": lambda model, x, **kwargs: visualization.smooth_grad(model, x, seed=1, noise=0.05, **kwargs),
    "integrated_gradients": lambda model, x, **kwargs: np.abs(
        visualization.integrated_gradients(model, x, **kwargs)
    ).sum(axis=-1),
    "grad_cam": lambda model, x, **kwargs: visualization.grad_cam(model, x, **kwargs),
    "occlusion": lambda model, x, **kwargs: visualization.occlusion(model, x, size=4, **kwargs),
}


# --------------------------------------------------------------------------------------------- a planted pattern


@pytest.mark.parametrize("functional", [False, True], ids=["sequential", "functional"])
@pytest.mark.parametrize("name", MAPS)
def test_the_pattern_of_a_class_lights_up(name, functional):
    """Two patterns in one picture: the map of each class lies on its own."""
    model, x = network(functional), scene(CROSS_AT, X_AT)
    cross, diagonal = (MAPS[name](model, x, target=k) for k in (0, 1))
    assert cross.shape == diagonal.shape == (24, 24)
    assert share(cross, CROSS_AT) > 0.9
    assert share(diagonal, X_AT) > 0.9


@pytest.mark.parametrize("name", MAPS)
def test_one_sigmoid_unit_has_two_classes(name):
    model, x = network(units=1), scene(CROSS_AT, X_AT)
    logit = np.abs(MAPS[name](model, x, target=1) - MAPS[name](model, x, target=0)).sum()
    if name in ("saliency", "smooth_grad", "integrated_gradients"):
        assert logit < 1e-4, "one slope up to its sign"
    else:
        assert share(MAPS[name](model, x, target=1), X_AT) > 0.9
        assert share(MAPS[name](model, x, target=0), CROSS_AT) > 0.9


@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("name", MAPS)
def test_without_a_target_it_is_the_class_that_is_predicted(name, units):
    model = network(units=units)
    pictures = np.stack([scene(CROSS_AT, None), scene(None, X_AT)])
    predicted = model.predict(pictures, verbose=0)
    assert (predicted.argmax(axis=1) if units == 2 else predicted[:, 0] > 0.5).tolist() == [0, 1]
    found = MAPS[name](model, pictures)
    assert np.allclose(found, MAPS[name](model, pictures, target=[0, 1]), atol=1e-6)
    assert share(found[0], CROSS_AT) > 0.9
    assert share(found[1], X_AT) > 0.9


def test_a_trained_network_looks_at_the_pattern():
    """No weights by hand: a bar somewhere, upright or lying, learned in a second."""
    random = np.random.default_rng(3)
    x = random.uniform(0, 0.4, (512, 16, 16, 1)).astype(np.float32)
    y, places = np.arange(512) % 2, random.integers(3, 13, (512, 2))
    for picture, lying, (row, column) in zip(x, y, places):
        picture[(row, slice(column - 2, column + 3)) if lying else (slice(row - 2, row + 3), column)] = 1
    cycnn.utils.set_random_seed(0)
    model = models.Sequential(
        [layers.Input((16, 16, 1)), layers.Conv2D(8, 3, activation="relu", padding="same"), layers.GlobalMaxPooling2D(),
         layers.Dense(2, activation="softmax")]
    )  # fmt: skip
    model.compile(cycnn.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=8, batch_size=32, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.98
    for name in MAPS:
        heat = np.maximum(MAPS[name](model, x[:24], target=y[:24]), 0)
        near = np.zeros_like(heat, bool)
        for part, (row, column) in zip(near, places):
            part[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4] = True
        hottest = near.reshape(24, -1)[np.arange(24), heat.reshape(24, -1).argmax(axis=1)]
        assert hottest.mean() >= 0.9, f"{name}: {hottest.mean():.2f}"  # by chance, 0.19
        if name != "grad_cam":  # the maximum takes one position, Grad-CAM weights all of them alike
            inside = np.median((heat * near).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)))
            assert inside > 0.75, f"{name}: {inside:.2f}"


# ------------------------------------------------------------------------------------------------- closed forms


def smooth_network(activation="softmax", units=3):
    cycnn.utils.set_random_seed(5)
    return models.Sequential(
        [layers.Input((6, 7, 2)), layers.Conv2D(4, 3, activation="tanh"), layers.Flatten(),
         layers.Dense(5, activation="tanh"), layers.Dense(units, activation=activation)]
    )  # fmt: skip


def score(model, x, target, logits):
    """The score by prediction alone."""
    p = model.predict(x, verbose=0).astype(np.float64)
    if p.shape[1] == 1:
        p = (
            np.concatenate([1 - p, p], axis=1)
            if not logits
            else np.concatenate([-np.log(p / (1 - p))] * 2, axis=1) * [1, -1]
        )
        return p[:, target]
    return p[:, target]


@pytest.mark.parametrize(("activation", "units"), [("softmax", 3), ("sigmoid", 1), (None, 3)])
def test_integrated_gradients_add_up_to_the_difference_of_the_scores(activation, units):
    """The completeness axiom. A softmax's logits are not seen from outside: there, probabilities."""
    model = smooth_network(activation, units)
    x = np.random.default_rng(0).normal(size=(3, 6, 7, 2)).astype(np.float32)
    baseline = np.full((6, 7, 2), 0.3, np.float32)
    logits = activation == "sigmoid"
    for target in range(max(units, 2)):
        found = visualization.integrated_gradients(model, x, target, baseline, logits=logits)
        difference = score(model, x, target, logits) - score(model, baseline[None], target, logits)
        assert found.shape == x.shape
        assert np.allclose(found.sum(axis=(1, 2, 3)), difference, atol=2e-5)


def linear_network(bias=0.7):
    model = models.Sequential([layers.Input((4, 5, 2)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    kernel = np.random.default_rng(7).normal(size=(40, 3)).astype(np.float32)
    model.set_weights([kernel, np.full(3, bias, np.float32)])
    return model, kernel.reshape(4, 5, 2, 3)


def test_of_a_linear_score_the_gradient_is_the_weights():
    model, kernel = linear_network()
    x = np.random.default_rng(1).normal(size=(2, 4, 5, 2)).astype(np.float32)
    for target in range(3):
        w = kernel[..., target]
        assert np.allclose(visualization.saliency(model, x, target), np.abs(w).max(axis=-1), atol=1e-6)
        assert np.allclose(visualization.smooth_grad(model, x, target, samples=2), np.abs(w).max(axis=-1), atol=1e-6)
        assert np.allclose(visualization.integrated_gradients(model, x, target), w * x, atol=1e-5)
        assert np.allclose(visualization.integrated_gradients(model, x, target, 0.5), w * (x - 0.5), atol=1e-5)


@pytest.mark.parametrize("logits", [False, True])
def test_saliency_is_the_slope_of_the_prediction(logits):
    model = smooth_network("sigmoid", 1)
    x = np.random.default_rng(2).normal(size=(1, 6, 7, 2)).astype(np.float32)
    h, slopes = 1e-2, np.empty(x.size)
    for k in range(x.size):
        moved = np.repeat(x, 2, axis=0)
        moved.reshape(2, -1)[:, k] += [h, -h]
        ends = score(model, moved, 1, logits)
        slopes[k] = (ends[0] - ends[1]) / (2 * h)
    expected = np.abs(slopes.reshape(6, 7, 2)).max(axis=-1)
    found = visualization.saliency(model, x[0], 1, logits=logits)
    assert np.allclose(found, expected, atol=0.02 * expected.max())


def test_a_saturated_probability_has_no_slope_and_its_logit_has():
    model, kernel = linear_network()
    model.set_weights([200 * kernel.reshape(40, 3), np.zeros(3)])
    x = np.sign(kernel[..., 0])
    assert model.predict(x[None], verbose=0)[0, 0] == 1.0
    assert visualization.saliency(model, x, 0, logits=False).max() == 0
    assert np.allclose(visualization.saliency(model, x, 0), 200 * np.abs(kernel[..., 0]).max(axis=-1), rtol=1e-4)


def test_grad_cam_of_averaged_maps_is_the_class_activation_map():
    """Of maps A that are averaged and weighted by w, Grad-CAM is relu(Σ w A) / positions (Zhou et al., 2016)."""
    random = np.random.default_rng(4)
    model = models.Sequential(
        [layers.Input((9, 8, 3)), layers.Conv2D(5, 3, activation="relu", name="maps"), layers.GlobalAveragePooling2D(),
         layers.Dense(4, activation="softmax")]
    )  # fmt: skip
    kernel, bias = random.normal(size=(3, 3, 3, 5)).astype(np.float32), random.normal(size=5).astype(np.float32)
    dense = random.normal(size=(5, 4)).astype(np.float32)
    model.set_weights([kernel, bias, dense, np.zeros(4)])
    x = random.normal(size=(2, 9, 8, 3)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))  # (n, 7, 6, c, kh, kw)
    maps = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, 0)
    for target in range(4):
        expected = np.maximum(maps @ dense[:, target], 0) / (7 * 6)
        for layer in ("maps", 0, model.layers[0], None):
            found = visualization.grad_cam(model, x, target, layer, resize=False)
            assert np.allclose(found, expected, atol=1e-5)
    assert visualization.grad_cam(model, x, 1).shape == (2, 9, 8)
    assert np.allclose(visualization.feature_maps(model, x, "maps"), maps, atol=1e-4)


def test_grad_cam_weights_a_map_by_its_mean_slope():
    """Where each position has a slope of its own: the mean, for the whole map."""
    random = np.random.default_rng(8)
    maps = layers.Conv2D(2, 1, activation="relu", name="maps")
    model = models.Sequential([layers.Input((3, 4, 1)), maps, layers.Flatten(), layers.Dense(2)])
    kernel, dense = random.normal(size=(2, 24, 2)).astype(np.float32)
    maps.set_weights([np.array([[[[1.0, 2.0]]]]), np.zeros(2)])
    model.layers[-1].set_weights([dense, np.zeros(2)])
    x = np.abs(kernel[:12, 0].reshape(3, 4, 1))
    answers = x * [1.0, 2.0]
    for target in range(2):
        weights = dense[:, target].reshape(3, 4, 2).mean(axis=(0, 1))
        found = visualization.grad_cam(model, x, target, "maps", resize=False)
        assert np.allclose(found, np.maximum(answers @ weights, 0), atol=1e-5)


def test_occlusion_of_a_linear_score():
    model, kernel = linear_network()
    x = np.random.default_rng(5).normal(size=(2, 4, 5, 2)).astype(np.float32)
    w, value = kernel[..., 1], np.array([0.5, -1.0], np.float32)
    expected, count = np.zeros((2, 4, 5)), np.zeros((4, 5))
    for top in (0, 1, 2):
        for left in (0, 2):
            here = np.s_[top : top + 2, left : left + 3]
            drop = (w[here] * (x[:, here[0], here[1]] - value)).sum(axis=(1, 2, 3))
            expected[:, here[0], here[1]] += drop[:, None, None]
            count[here] += 1
    found = visualization.occlusion(model, x, 1, size=(2, 3), stride=(1, 2), value=value)
    assert np.allclose(found, expected / count, atol=1e-5)


def test_scores_of_every_position_are_added_up():
    """A network that segments: the map of a class is the slope of its sum."""
    model = models.Sequential([layers.Input((5, 6, 2)), layers.Conv2D(3, 1, activation="softmax")])
    kernel = np.random.default_rng(6).normal(size=(1, 1, 2, 3)).astype(np.float32)
    model.set_weights([kernel, np.zeros(3)])
    x = np.random.default_rng(6).normal(size=(2, 5, 6, 2)).astype(np.float32)
    for target in range(3):
        found = visualization.saliency(model, x, target)
        assert np.allclose(found, np.abs(kernel[0, 0, :, target]).max(), atol=1e-6)


# -------------------------------------------------------------------------------------------- pictures and places


@pytest.mark.parametrize("name", [name for name in MAPS if name != "smooth_grad"])  # its noise is the batch's
def test_one_picture_and_many(name):
    """More pictures than a run takes at once, one picture, one without channels, bytes."""
    model = network()
    pictures = np.stack([scene((5 + k % 3, 6), X_AT, seed=k) for k in range(35)])
    classes = np.arange(35) % 2
    found = MAPS[name](model, pictures, target=classes)
    assert found.shape == (35, 24, 24)
    for k in (0, 31, 32, 34):
        alone = MAPS[name](model, pictures[k], target=int(classes[k]))
        assert np.allclose(alone, found[k], atol=1e-5)
        assert np.allclose(MAPS[name](model, pictures[k, ..., 0], target=int(classes[k])), found[k], atol=1e-5)
    assert np.allclose(MAPS[name](model, pictures[:3, ..., 0], target=classes[:3]), found[:3], atol=1e-5)
    bytes_ = np.rint(pictures[:2] * 255).astype(np.uint8)
    assert np.allclose(
        MAPS[name](model, bytes_, target=0), MAPS[name](model, bytes_.astype(np.float32), target=0), atol=1e-4
    )


def test_colours_and_signals():
    x = scene(CROSS_AT, X_AT, channels=3)
    assert share(visualization.saliency(network(channels=3), x, 1), X_AT) > 0.9
    model = models.Sequential([layers.Input((20, 3)), layers.Conv1D(4, 5), layers.Flatten(), layers.Dense(2)])
    signal = np.ones((20, 3), np.float32)
    assert visualization.saliency(model, signal).shape == (20,)
    assert visualization.integrated_gradients(model, signal).shape == (20, 3)
    with pytest.raises(ValueError, match=r"maps \(n, h, w, c\) of pictures"):
        visualization.grad_cam(model, signal, layer=0)
    with pytest.raises(ValueError, match=r"`x` must be pictures \(n, h, w, c\)"):
        visualization.occlusion(model, signal)


def test_layers_of_a_model_within_the_model():
    """By name: their maps are those within the outer model."""
    base = models.Sequential([layers.Input((24, 24, 1)), network().layers[0], layers.MaxPooling2D()], name="base")
    outer = models.Sequential([layers.Input((24, 24, 1)), layers.Rescaling(0.5), base, layers.GlobalMaxPooling2D(),
                               layers.Dense(2, activation="softmax", name="classes")])  # fmt: skip
    outer.layers[-1].set_weights([np.eye(2, dtype=np.float32), np.zeros(2)])
    x = 2 * scene(CROSS_AT, X_AT)
    expected = visualization.feature_maps(network(), x / 2, "detectors")
    assert expected.max() > 1
    assert np.allclose(visualization.feature_maps(outer, x, "detectors"), expected, atol=1e-5)
    assert visualization.feature_maps(outer, x, "base").shape == (1, 12, 12, 2)
    assert share(visualization.grad_cam(outer, x, 1, "detectors"), X_AT) > 0.9
    maps, classes = visualization.feature_maps(outer, x, ["detectors", "classes"])
    assert maps.shape == (1, 24, 24, 2)
    assert np.allclose(classes, outer.predict(x[None], verbose=0), atol=1e-6)


def test_more_pictures_than_a_run_takes():
    model, pictures = network(functional=True), np.stack([scene(CROSS_AT, None), scene(None, X_AT)] * 20)
    maps = visualization.feature_maps(model, pictures, "detectors")
    assert maps.shape == (40, 24, 24, 2)
    assert np.array_equal(maps[::2], np.repeat(maps[:1], 20, axis=0))
    assert np.array_equal(visualization.feature_maps(model, pictures, 0), pictures), "the input is a layer, too"
    heat = visualization.saliency(model, pictures)
    assert min(share(heat[38], CROSS_AT), share(heat[39], X_AT)) > 0.9


def test_a_model_that_does_not_know_its_input_yet():
    model = models.Sequential([layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D(), layers.Dense(3)])
    assert visualization.saliency(model, np.ones((2, 8, 8, 1), np.float32)).shape == (2, 8, 8)

    class Classifier(cycnn.Model):
        def __init__(self):
            super().__init__()
            self.conv, self.flatten, self.dense = layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3)

        def call(self, x):
            return self.dense(self.flatten(self.conv(x)))

    model = Classifier()
    x = np.ones((2, 8, 8, 1), np.float32)
    assert visualization.grad_cam(model, x, 1, "conv").shape == (2, 8, 8)
    assert visualization.feature_maps(model, x, "conv").shape == (2, 6, 6, 2)


def test_dropout_and_normalization_are_those_of_inference():
    model = models.Sequential([layers.Input((6, 6, 1)), layers.Dropout(0.9), layers.BatchNormalization(), layers.Flatten(),
                               layers.Dense(2)])  # fmt: skip
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype(np.float32)
    assert np.array_equal(visualization.saliency(model, x, 0), visualization.saliency(model, x, 0))
    expected = np.abs(model.get_weights()[-2][:, 0]) / np.sqrt(1 + 1e-3)
    assert np.allclose(visualization.saliency(model, x, 0).reshape(2, -1), expected, atol=1e-5)


# -------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("target", [2, -1, 0.5, [0, 1], "cat"])
@pytest.mark.parametrize("name", MAPS)
def test_a_class_that_the_model_does_not_have(name, target):
    with pytest.raises(
        ValueError, match=r"`target` must be a class from 0 to 1, or one for each sample. Received: target="
    ):
        MAPS[name](network(), scene(), target=target)


def test_refusals():
    model = network()
    with pytest.raises(
        ValueError, match=r"samples of shape \(24, 24, 1\), or one. Received: an array of shape \(9, 9\)"
    ):
        visualization.saliency(model, np.zeros((9, 9)))
    with pytest.raises(ValueError, match=r"`x` must hold numbers"):
        visualization.saliency(model, np.array(["a"]))
    with pytest.raises(ValueError, match=r"Unknown layer of the model .* Did you mean 'detectors'"):
        visualization.feature_maps(model, scene(), "detectos")
    with pytest.raises(ValueError, match=r"`index` must be the number of one of 3 layers"):
        visualization.feature_maps(model, scene(), 7)
    with pytest.raises(ValueError, match=r"`layer` must lead to an output"):
        visualization.feature_maps(model, scene(), layers.Dense(2))
    with pytest.raises(
        ValueError, match=r"`layer` must give maps .*Received: layer='classes', which gives \(None, 2\)"
    ):
        visualization.grad_cam(model, scene(), layer="classes")
    with pytest.raises(ValueError, match=r"`baseline` must be a number or an array of shape \(24, 24, 1\)"):
        visualization.integrated_gradients(model, scene(), baseline=np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"`size` must be at most the picture's, \(24, 24\)"):
        visualization.occlusion(model, scene(), size=25)
    a, b = layers.Input((4,)), layers.Input((4,))
    two = models.Model([a, b], layers.Add()([a, b]))
    with pytest.raises(ValueError, match=r"must have one input"):
        visualization.saliency(two, np.zeros((2, 4)))
    two = models.Model(a, [layers.Dense(2)(a), layers.Dense(3)(a)])
    with pytest.raises(ValueError, match=r"must have one output"):
        visualization.saliency(two, np.zeros((2, 4)))
