"""Layers that change pictures at random: when they act, on what, what chance does, and what follows from a seed."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import config, layers, models, ops, utils
from cycnn.testing import layer_gradients

GEOMETRY = [
    lambda **more: layers.RandomFlip(**more),
    lambda **more: layers.RandomRotation(0.3, **more),
    lambda **more: layers.RandomZoom(0.4, (0.1, 0.7), **more),
    lambda **more: layers.RandomTranslation(0.4, 0.4, **more),
    lambda **more: layers.RandomShear(0.4, 0.4, **more),
    lambda **more: layers.RandomCrop(4, 5, **more),
]
COLOUR = [
    lambda **more: layers.RandomContrast(0.6, **more),
    lambda **more: layers.RandomBrightness(0.6, **more),
    lambda **more: layers.RandomErasing((0.6, 0.9), **more),
    lambda **more: layers.RandomGrayscale(**more),
    lambda **more: layers.RandomSaturation(0.9, **more),
    lambda **more: layers.RandomHue(0.9, **more),
    lambda **more: layers.RandomColorJitter((0, 255), 0.2, 0.3, (0.2, 0.8), 0.3, **more),
]
MIXING = [lambda **more: layers.MixUp(1.0, **more), lambda **more: layers.CutMix(**more)]
ALL = GEOMETRY + COLOUR + MIXING


def name(make):
    return type(make()).__name__


every = pytest.mark.parametrize("make", ALL, ids=name)
in_models = pytest.mark.parametrize("make", GEOMETRY + COLOUR, ids=name)
geometry = pytest.mark.parametrize("make", GEOMETRY, ids=name)


def photos(n=6, h=7, w=8, c=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, h, w, c)).astype(np.uint8)


def ramps(n, h, w):
    """Pictures whose red and green say where a pixel is."""
    rows, columns = np.indices((h, w), np.float32)
    return np.tile(np.stack([rows, columns, 0 * rows], -1), (n, 1, 1, 1))


# -------------------------------------------------------------------------------------------------------- when


@every
def test_arrays_are_changed_unless_training_is_off(make):
    x = photos()
    y = make()(x)
    assert y.dtype == np.float32
    assert y.shape != x.shape or not np.array_equal(y, x)
    rest = make()(x, training=False)
    assert rest.shape != x.shape or np.array_equal(rest, x)


@in_models
def test_inference_has_no_call_of_theirs(make):
    """Not a copy, not a random number: the plan is that of a model without the layer."""
    size = make()(photos()).shape[1:3]
    x = photos(h=size[0], w=size[1])
    inputs = layers.Input(x.shape[1:])
    model = models.Model(inputs, layers.Conv2D(2, 3)(make()(inputs)))
    plain = models.Model(inputs, model.layers[-1](inputs))
    np.testing.assert_array_equal(model.predict(x, verbose=0), plain.predict(x, verbose=0))
    np.testing.assert_array_equal(model(x, training=False), plain(x))
    found, expected = (kernels_of(m.profile(x)) for m in (model, plain))
    assert found == expected


def kernels_of(profile):
    return [line.split()[0] for line in str(profile).splitlines()[3:] if line.split()]


@in_models
def test_a_model_changes_pictures_while_it_trains(make):
    x = photos().astype(np.float32)
    inputs = layers.Input(x.shape[1:])
    model = models.Model(inputs, make()(inputs))
    y = model(x, training=True)
    assert y.shape != x.shape or not np.array_equal(y, x)
    assert not np.array_equal(y, model(x, training=True))


@every
def test_one_picture_and_dictionaries(make):
    x, labels = photos(), np.eye(6, dtype=np.float32)
    layer = make(seed=3)
    y = layer({"images": x, "labels": labels, "names": list("abcdef")})
    assert sorted(y) == ["images", "labels", "names"]
    assert y["names"] == list("abcdef")
    np.testing.assert_array_equal(y["images"], make(seed=3)(x))
    assert make()(x[0]).shape == y["images"].shape[1:]
    with pytest.raises(ValueError, match="bounding_boxes"):
        layer({"images": x, "bounding_boxes": labels})
    with pytest.raises(ValueError, match="'images'"):
        layer({"pictures": x})


@geometry
def test_masks_move_as_the_images_do(make):
    x = ramps(6, 9, 11)
    masks = (100 * x[..., :1] + x[..., 1:2]).astype(np.int64)
    found = make()({"images": x, "segmentation_masks": masks})
    y, moved = found["images"], found["segmentation_masks"]
    assert moved.dtype == np.int64
    assert np.isin(moved, masks).all()  # nearest: no mixtures
    inside = moved[..., 0]
    assert np.abs(y[..., 0] - inside // 100).max() <= 1
    one = make()({"images": x[0], "segmentation_masks": masks[0]})
    assert one["segmentation_masks"].shape == moved.shape[1:]


def test_colours_leave_masks():
    masks = photos()[..., :1]
    for make in COLOUR:
        assert make()({"images": photos(), "segmentation_masks": masks})["segmentation_masks"] is masks


# ------------------------------------------------------------------------------------------------------ chance


@every
def test_a_seed_says_what_is_drawn(make):
    """The same in every program; another at each call; and none of it follows from what others draw."""
    x = photos(40)
    layer = make(seed=5)
    first = layer(x)
    layer(x, training=False)  # draws nothing
    second = layer(x)
    np.random.default_rng().random()
    make()(x)
    again = make(seed=5)
    np.testing.assert_array_equal(again(x), first)
    np.testing.assert_array_equal(again(x), second)
    assert not np.array_equal(first, second)
    assert not np.array_equal(make(seed=6)(x), first)


@every
def test_set_random_seed(make):
    x = photos(40)
    found = []
    for seed in (1, 1, 2):
        utils.set_random_seed(seed)
        found.append(make()(x))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@in_models
def test_training_is_the_same_for_all_numbers_of_threads(make):
    x, y = photos(50).astype(np.float32), np.arange(50, dtype=np.float32)[:, None]
    before, found = config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            config.set_num_threads(threads)
            utils.set_random_seed(3)
            model = models.Sequential(
                [layers.Input(x.shape[1:]), make(), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1)]
            )
            model.compile("adam", "mse")
            history = model.fit(x, y, epochs=2, batch_size=20, verbose=0)
            found.append([*model.get_weights(), np.array(history.history["loss"])])
    finally:
        config.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_every_picture_and_every_step_has_its_own():
    x = np.tile(photos(1, 20, 20), (30, 1, 1, 1))
    layer = layers.RandomRotation(0.4)
    y = [layer_gradients(layer, x, np.zeros(x.shape), state=(1, step))[0] for step in (0, 1)]
    assert len({picture.tobytes() for batch in y for picture in batch}) == 60


def test_flips_are_even_and_independent():
    x = ramps(4000, 2, 2)
    y = layers.RandomFlip(seed=1)(x)
    up, left = y[:, 0, 0, 0] == 1, y[:, 0, 0, 1] == 1
    counts = [np.mean(up & left), np.mean(up & ~left), np.mean(~up & left), np.mean(~up & ~left)]
    np.testing.assert_allclose(counts, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 4000))
    for mode, still in (("horizontal", 0), ("vertical", 1)):
        y = layers.RandomFlip(mode)(x)
        assert (y[..., still] == x[..., still]).all()
        assert 0.4 < np.mean(y[:, 0, 0, 1 - still] == 1) < 0.6


def test_crops_are_everywhere_equally_often():
    x = ramps(6000, 5, 7)
    y = layers.RandomCrop(3, 4, seed=1)(x)
    top, left = y[:, 0, 0, 0].astype(int), y[:, 0, 0, 1].astype(int)
    expected = x[
        np.arange(6000)[:, None, None], top[:, None, None] + np.arange(3)[:, None], left[:, None, None] + np.arange(4)
    ]
    np.testing.assert_array_equal(y, expected)
    shares = np.bincount(top * 4 + left, minlength=12) / 6000
    np.testing.assert_allclose(shares, 1 / 12, atol=5 * np.sqrt(1 / 12 / 6000))


def test_bounds_of_what_is_drawn():
    """Read off pictures of slopes: how steep they are afterwards, and where."""
    x = ramps(3000, 9, 9)
    middle = (slice(None), 4, 4)
    shifted = layers.RandomTranslation((-0.2, 0.1), (0.0, 0.3), fill_mode="nearest")(x)
    rows, columns = 4 - shifted[middle][:, 0], 4 - shifted[middle][:, 1]
    bounds(rows, -1.8, 0.9)
    bounds(columns, 0, 2.7)
    zoomed = layers.RandomZoom((-0.5, -0.2), (-0.1, -0.05))(x)
    bounds(zoomed[:, 5, 4, 0] - zoomed[:, 4, 4, 0], 0.5, 0.8)
    bounds(zoomed[:, 4, 5, 1] - zoomed[:, 4, 4, 1], 0.9, 0.95)
    assert np.abs(zoomed[middle] - [4, 4, 0]).max() < 1e-5
    both = layers.RandomZoom((-0.5, -0.2))(x)
    np.testing.assert_allclose(both[:, 5, 4, 0] - 4, both[:, 4, 5, 1] - 4, atol=1e-5)
    turned = layers.RandomRotation((0.05, 0.2))(x)
    angle = np.arctan2(turned[:, 4, 5, 0] - 4, turned[:, 4, 5, 1] - 4) / (2 * np.pi)
    bounds(angle, 0.05, 0.2)
    slanted = layers.RandomShear((0.1, 0.3))(x)
    slope = slanted[:, 3, 4, 1] - slanted[:, 2, 4, 1]
    bounds(np.abs(slope), 0.1, 0.3)
    assert 0.4 < np.mean(slope > 0) < 0.6
    brighter = layers.RandomBrightness((-0.1, 0.3), value_range=(-100, 100))(x)
    bounds(brighter[..., 2].mean((1, 2)), -20, 60)
    for factor, low, high in ((0.5, 0.5, 1.5), ((0.2, 0.5), 0.8, 1.5)):
        paler = layers.RandomContrast(factor, value_range=(-100, 100))(x)
        bounds(paler[:, 5, 4, 0] - paler[:, 4, 4, 0], low, high)


def bounds(values, low, high):
    """Assert that values fill an interval evenly."""
    assert low - 1e-4 <= values.min() < low + 0.02 * (high - low)
    assert high - 0.02 * (high - low) < values.max() <= high + 1e-4
    np.testing.assert_allclose(values.mean(), (low + high) / 2, atol=(high - low) * 5 / np.sqrt(12 * len(values)))


def test_erased_rectangles():
    x = np.full((2000, 20, 30, 3), 100, np.float32)
    y = layers.RandomErasing(1.0, (0.04, 0.25), fill_value=7)(x)
    erased = (y == 7).all(-1)
    assert ((y == 100) | (y == 7)).all()
    assert 0.45 < np.mean(erased.any((1, 2))) < 0.55  # a probability between 0 and 1
    heights, widths = erased.any(2).sum(1), erased.any(1).sum(1)
    np.testing.assert_array_equal(erased.sum((1, 2)), heights * widths)  # rectangles
    drawn = heights > 0
    assert set(heights[drawn]) == set(range(4, 11))
    assert set(widths[drawn]) == set(range(6, 16))
    always = layers.RandomErasing((1, 1), (0.5, 0.5))(x)
    noise = always[(always != 100).any(-1)]
    assert noise.min() == 0
    assert noise.max() == 255
    assert 0.45 < np.mean(noise == 0) < 0.55  # half of a normal distribution is below zero
    assert len({picture[5:15, 10:20].tobytes() for picture in always}) == 2000


def test_gray_pictures():
    x = photos(1000)
    y = layers.RandomGrayscale(0.3)(x)
    gray = (y == y[..., :1]).all((1, 2, 3))
    assert 0.23 < gray.mean() < 0.37
    np.testing.assert_allclose(y[gray][..., 0], x[gray] @ [0.2989, 0.587, 0.114], rtol=1e-5)
    np.testing.assert_array_equal(layers.RandomGrayscale(1.0)(x[..., :1]), x[..., :1])


@pytest.mark.parametrize("make", GEOMETRY + COLOUR, ids=name)
def test_channels_first_is_channels_last_with_its_axes_moved(make):
    x = photos().astype(np.float32)
    last = make(seed=1)(x)
    first = make(seed=1, data_format="channels_first")(np.ascontiguousarray(np.moveaxis(x, -1, 1)))
    np.testing.assert_array_equal(first, np.moveaxis(last, -1, 1))


def test_small_pictures_are_cropped_to_proportions_and_enlarged():
    x = photos(3, 4, 6)
    for layer in (layers.RandomCrop(8, 8), layers.RandomCrop(2, 9)):
        expected = layers.Resizing(layer.height, layer.width, crop_to_aspect_ratio=True)(x)
        np.testing.assert_array_equal(layer(x), expected)
        np.testing.assert_array_equal(layer(x, training=False), expected)


# --------------------------------------------------------------------------------------------------- gradients


@geometry
def test_geometry_passes_the_gradient_on(make):
    """y is linear in x, so sum(y(x') d) - sum(y(x) d) is exactly <dx, x' - x>."""
    x, other = (photos(seed=seed).astype(np.float32) for seed in (1, 2))
    d = np.random.default_rng(3).standard_normal(make()(x).shape).astype(np.float32)
    y, dx, _ = layer_gradients(make(), x, d, state=(1, 4))
    z = layer_gradients(make(), other, d, state=(1, 4))[0]
    np.testing.assert_allclose(
        ((z - y).astype(np.float64) * d).sum(), (dx.astype(np.float64) * (other - x)).sum(), rtol=1e-4
    )


def test_a_tape_goes_through_geometry():
    x = cycnn.Variable(photos(2).astype(np.float32))
    with cycnn.GradientTape() as tape:
        y = ops.sum(layers.RandomFlip("horizontal", seed=1)(x))
    np.testing.assert_array_equal(tape.gradient(y, x), np.ones(x.shape))


@pytest.mark.parametrize("make", COLOUR, ids=name)
def test_colours_say_that_they_have_no_gradient(make):
    x = photos().astype(np.float32)
    with pytest.raises(NotImplementedError, match="gradient"):
        layer_gradients(make(), x, x)
    np.testing.assert_array_equal(layer_gradients(make(), x, x, training=False)[1], x)


# ------------------------------------------------------------------------------------------------------ mixing


def test_mix_up():
    x, labels = photos(500, 4, 4), np.eye(500, dtype=np.float32)
    found = layers.MixUp(0.5, seed=1)({"images": x, "labels": labels})
    np.testing.assert_allclose(found["labels"].sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(found["images"], np.einsum("nk,khwc->nhwc", found["labels"], x), rtol=1e-4, atol=1e-3)
    share = np.diagonal(found["labels"])
    # The variance of beta(a, a) is 1 / (4 (2a + 1)); a picture that is mixed with itself keeps all of itself.
    assert abs(share.mean() - 0.5) < 0.08
    assert abs(share.var() - 1 / 8) < 0.03
    plain = layers.MixUp(0.5, seed=1)({"images": x, "labels": np.arange(500.0)})["labels"]
    np.testing.assert_allclose(plain, found["labels"] @ np.arange(500), rtol=1e-4)
    assert layers.MixUp()(x, training=False) is not None
    np.testing.assert_array_equal(layers.MixUp()(x, training=False), x)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_cut_mix(data_format):
    values = np.arange(300, dtype=np.float32)
    x = np.broadcast_to(
        values[:, None, None, None], (300, 3, 40, 50) if data_format == "channels_first" else (300, 40, 50, 3)
    )
    found = layers.CutMix(seed=2, data_format=data_format)({"images": x, "labels": np.eye(300, dtype=np.float32)})
    y = found["images"] if data_format == "channels_last" else np.moveaxis(found["images"], 1, -1)
    own = np.diagonal(found["labels"])
    kept = y[..., 0] == values[:, None, None]
    mixed = ~kept.all((1, 2))
    np.testing.assert_allclose(own[mixed], kept[mixed].mean((1, 2)), atol=0.05)  # the rectangle ends within pixels
    assert (kept == (y[..., 2] == values[:, None, None])).all()
    for n in np.flatnonzero(mixed):
        (other,) = set(y[n][~kept[n]].ravel())
        assert found["labels"][n, int(other)] == pytest.approx(1 - own[n], abs=1e-6)
        assert (~kept[n]).sum() == (~kept[n]).any(1).sum() * (~kept[n]).any(0).sum()  # a rectangle


@pytest.mark.parametrize("make", MIXING, ids=name)
def test_mixing_belongs_before_the_model(make):
    with pytest.raises(ValueError, match=r"dataset\.map"):
        make()(layers.Input((4, 4, 3)))
    with pytest.raises(ValueError, match="batch of pictures"):
        make()(np.zeros((3, 4)))
    assert make().compute_output_shape((None, 4, 4, 3)) == (None, 4, 4, 3)


# ---------------------------------------------------------------------------------------------------- together


def test_a_pipeline():
    x = photos(8)
    steps = [layers.RandomFlip(seed=1), layers.RandomContrast(0.3, seed=2), layers.MixUp(seed=3)]
    found = layers.Pipeline(steps)({"images": x, "labels": np.eye(8)})
    expected = {"images": x, "labels": np.eye(8)}
    for step in [layers.RandomFlip(seed=1), layers.RandomContrast(0.3, seed=2), layers.MixUp(seed=3)]:
        expected = step(expected)
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value)
    np.testing.assert_array_equal(layers.Pipeline(steps)(x, training=False), x)
    twin = layers.Pipeline.from_config(json.loads(json.dumps(layers.Pipeline(steps, name="line").get_config())))
    assert [layer.get_config() for layer in twin.layers] == [layer.get_config() for layer in steps]
    with pytest.raises(ValueError, match="list of layers"):
        layers.Pipeline([1])


def test_a_pipeline_in_a_model():
    x = photos(8).astype(np.float32)
    line = layers.Pipeline([layers.RandomFlip(), layers.Rescaling(1 / 255)])
    model = models.Sequential([layers.Input(x.shape[1:]), line, layers.Flatten(), layers.Dense(1)])
    flat = x.reshape(8, -1) / np.float32(255)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x, verbose=0), flat @ kernel + bias, atol=1e-4)
    assert np.abs(model(x, training=True) - (flat @ kernel + bias)).max() > 1e-3


def test_saved_and_loaded(tmp_path):
    x = photos().astype(np.float32)
    steps = [make() for make in GEOMETRY + COLOUR if name(make) != "RandomCrop"]
    line = layers.Pipeline([layers.RandomFlip("vertical")])
    model = models.Sequential(
        [layers.Input(x.shape[1:]), *steps, line, layers.RandomCrop(4, 4), layers.Flatten(), layers.Dense(2)]
    )
    model.save(tmp_path / "model.keras")
    twin = models.load_model(tmp_path / "model.keras")
    assert json.dumps([a.get_config() for a in twin.layers]) == json.dumps([b.get_config() for b in model.layers])
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.RandomFlip("sideways"), "mode"),
        (lambda: layers.RandomFlip(seed=-1), "seed"),
        (lambda: layers.RandomRotation(float("nan")), "factor"),
        (lambda: layers.RandomRotation([]), "factor"),
        (lambda: layers.RandomZoom(0.1, fill_value="white"), "fill_value"),
        (lambda: layers.RandomCrop(0, 4), "height"),
        (lambda: layers.RandomErasing(fill_value=(1, 2)), "fill_value"),
        (lambda: layers.RandomErasing(fill_value=(1, 2, 3))(photos(c=1)), "fill_value"),
        (lambda: layers.RandomHue(0.1)(photos(c=1)), "three channels"),
        (lambda: layers.RandomGrayscale()(photos(c=2)), "one channel or three"),
        (lambda: layers.RandomBrightness(0.1, value_range=(0, "255")), "value_range"),
        (lambda: layers.MixUp(0.0), "alpha"),
        (lambda: layers.RandomFlip()(np.zeros((4, 4))), "4 axes"),
        (lambda: layers.RandomFlip()([photos(), photos()]), "one array"),
        (lambda: layers.RandomFlip()({"images": layers.Input((4, 4, 3))}), "in models the images alone"),
        (lambda: layers.RandomFlip(bounding_box_format="xyxy"), "bounding_box_format"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ValueError, match=words) as refusal:
        make()
    assert "Received: " in str(refusal.value)
