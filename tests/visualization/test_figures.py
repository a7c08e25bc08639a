"""Figures: what is drawn is what was given; files; nothing is shown and nothing is left behind."""

import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn import metrics

import cycnn
from cycnn import layers, models, visualization
from tests.visualization.planted import network, scene

RANDOM = np.random.default_rng(0)
DIGITS = RANDOM.uniform(0, 1, (12, 8, 8, 1)).astype(np.float32)


@pytest.fixture(autouse=True)
def _no_windows(monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *args, **kwargs: pytest.fail("a figure was shown"))
    pyplot.close("all")
    yield
    pyplot.close("all")


def shown(figure):
    """The pictures in a figure, in order."""
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


# ------------------------------------------------------------------------------------------------ figures and files

BOXES = {"boxes": np.array([[[1, 1, 5, 6]]] * 2), "labels": np.zeros((2, 1), int)}
COLOURED = RANDOM.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
HISTORY = {
    "loss": [3.0, 2.0, 1.0],
    "val_loss": [3.0, 1.5, 1.75],
    "accuracy": [0.1, 0.5, 0.75],
    "val_accuracy": [0.2, 0.6, 0.5],
}
FIGURES = {
    "plot_history": lambda **kwargs: visualization.plot_history(HISTORY, **kwargs),
    "plot_images": lambda **kwargs: visualization.plot_images(DIGITS, **kwargs),
    "plot_wrong_predictions": lambda **kwargs: visualization.plot_wrong_predictions(
        DIGITS, np.arange(12) % 3, np.zeros(12, int), **kwargs
    ),
    "nothing is wrong": lambda **kwargs: visualization.plot_wrong_predictions(
        DIGITS, np.ones(12), np.ones(12), **kwargs
    ),
    "plot_confusion_matrix": lambda **kwargs: visualization.plot_confusion_matrix([0, 1, 2], [0, 2, 2], **kwargs),
    "plot_filters": lambda **kwargs: visualization.plot_filters(network().layers[0], **kwargs),
    "plot_feature_maps": lambda **kwargs: visualization.plot_feature_maps(network(), scene(), "detectors", **kwargs),
    "plot_image_gallery": lambda **kwargs: visualization.plot_image_gallery(COLOURED, **kwargs),
    "plot_bounding_box_gallery": lambda **kwargs: visualization.plot_bounding_box_gallery(
        COLOURED, "xyxy", BOXES, **kwargs
    ),
    "plot_segmentation_mask_gallery": lambda **kwargs: visualization.plot_segmentation_mask_gallery(
        COLOURED, 3, y_true=np.ones((2, 8, 8), int), **kwargs
    ),
}


def test_every_function_that_plots_is_tried():
    assert {name for name in visualization.__all__ if name.startswith("plot_")} <= set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_returned_for_pyplot_or_saved_to_a_file(name, tmp_path):
    figure = FIGURES[name]()
    assert pyplot.fignum_exists(figure.number)
    pyplot.close(figure)
    saved = FIGURES[name](path=tmp_path / "figure.png")
    assert not pyplot.get_fignums(), "pyplot does not keep what is saved"
    pixels = pyplot.imread(tmp_path / "figure.png")[..., :3]
    assert pixels.std() > 0.01
    assert np.array_equal(saved.get_size_inches(), figure.get_size_inches())


def test_the_path_says_the_format(tmp_path):
    FIGURES["plot_filters"](path=str(tmp_path / "figure.svg"))
    assert "<svg" in (tmp_path / "figure.svg").read_text("utf-8")


def test_matplotlib_is_imported_when_something_is_drawn():
    program = """
import sys, numpy, cycnn
from cycnn import layers, models, utils, visualization
model = models.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
visualization.grad_cam(model, numpy.ones((8, 8, 1)))
visualization.confusion_matrix([0, 1], [1, 1])
utils.plot_model(model, None).to_svg()
assert not any(name.split(".")[0] in ("matplotlib", "PIL") for name in sys.modules)
sys.modules["matplotlib"] = None
try:
    visualization.plot_filters(model.layers[0])
except ImportError as error:
    assert "pip install matplotlib" in str(error)
else:
    raise AssertionError("drawn without matplotlib")
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def texts_of(figure):
    """What is written over and beside the pictures of a figure, and where: (text, box in pixels)."""
    figure.canvas.draw()
    texts = [figure._suptitle] if figure._suptitle else []
    for axes in figure.axes:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]


LONG = "convolution_of_the_first_block_with_a_long_name"
CROWDED = {
    "titles": lambda: visualization.plot_images(DIGITS[:4], ["7", "a text that is much longer than its picture"] * 2),
    "one title": lambda: visualization.plot_images(DIGITS[0], ["a text that is much longer than its picture"]),
    "mistakes": lambda: visualization.plot_wrong_predictions(
        DIGITS, np.zeros(12, int), np.ones(12, int), ["airplane", "Great White Pelican of Africa"]
    ),
    "gallery": lambda: visualization.plot_image_gallery(
        COLOURED, [0, 0], [1, 1], {0: "automobile", 1: "airplane"}, cols=2, scale=1.5
    ),
    "filters": lambda: visualization.plot_filters(built(layers.Conv2D(1, 3, name=LONG))[0]),
    "maps": lambda: visualization.plot_feature_maps(built(layers.Conv2D(2, 3, name=LONG))[1], DIGITS[0], LONG),
    "confusion": lambda: visualization.plot_confusion_matrix(
        [0, 11], [0, 0], [f"class with the number {k}" for k in range(12)]
    ),
    "curves": lambda: visualization.plot_history(
        {"loss": [2.0, 1.0], "val_loss": [2.0, 1.00001], "accuracy": [0.0, 0.999], "val_accuracy": [0.0, 0.9876]}
    ),
}


def built(layer):
    return layer, models.Sequential([layers.Input((8, 8, 1)), layer])


@pytest.mark.parametrize("name", CROWDED)
def test_no_text_is_cut_off_or_covers_another(name):
    figure = CROWDED[name]()
    found = texts_of(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for text, box in found:
        assert box.x0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y0 >= -1, text
        assert box.y1 <= height + 1, text
    for k, (text, box) in enumerate(found):
        for other, there in found[:k]:
            assert not box.overlaps(there), (text, other)


def test_the_number_at_the_best_epoch_is_within_the_axes_and_away_from_the_other_curve():
    for axes in CROWDED["curves"]().axes:
        (number,) = axes.texts
        axes.figure.canvas.draw()
        box, ends = number.get_window_extent(), axes.get_window_extent()
        assert ends.x0 < box.x0 < box.x1 < ends.x1
        assert ends.y0 < box.y0 < box.y1 < ends.y1
        training, *_ = axes.lines
        assert not box.contains(*axes.transData.transform((2, training.get_ydata()[1])))


def test_a_figure_of_many_classes_and_of_many_channels_has_a_size_to_look_at():
    classes = np.arange(100)
    figure = visualization.plot_confusion_matrix(classes, classes, [f"class {k}" for k in classes])
    assert max(figure.get_size_inches()) < 20
    assert len(figure.axes[0].get_xticklabels()) == 100
    signals = models.Sequential([layers.Input((9, 1)), layers.Conv1D(64, 2)])
    assert max(visualization.plot_feature_maps(signals, np.arange(9.0), 0).get_size_inches()) < 7


def test_a_white_picture_has_a_frame():
    figure = visualization.plot_images(np.ones((2, 8, 8)))
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    for axes in figure.axes:
        x, y = axes.transAxes.transform((0.0, 0.5)).astype(int)
        assert pixels[-y, x - 2 : x + 3].min() < 240


# -------------------------------------------------------------------------------------------------------- training


def test_curves_are_the_history():
    figure = visualization.plot_history(HISTORY)
    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    for axes, name in zip(figure.axes, ("loss", "accuracy")):
        training, validation, best = axes.lines
        assert training.get_xdata().tolist() == [1, 2, 3]
        assert list(training.get_ydata()) == HISTORY[name]
        assert list(validation.get_ydata()) == HISTORY[f"val_{name}"]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]
        assert best.get_xdata().tolist() == [2], "the least loss, the greatest accuracy"


def test_the_history_of_a_fit_with_a_learning_rate():
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = RANDOM.normal(size=(8, 2))
    schedule = cycnn.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(
        x, x[:, :1], epochs=4, validation_data=(x, x[:, :1]), validation_freq=2, callbacks=[schedule], verbose=0
    )
    figure = visualization.plot_history(history)
    assert [axes.get_title() for axes in figure.axes if axes.axison] == ["loss", "mae", "learning rate"]
    loss = figure.axes[0].lines
    assert list(loss[1].get_xdata()) == [2, 4]
    assert list(loss[1].get_ydata()) == history.history["val_loss"]
    (only,) = visualization.plot_history(history.history, "mae").axes
    assert only.get_title() == "mae"
    with pytest.raises(ValueError, match=r"Unknown name in the history. Did you mean 'mae'"):
        visualization.plot_history(history, ["mea"])
    with pytest.raises(ValueError, match=r"`history` must be what `fit` returned"):
        visualization.plot_history({})


# ---------------------------------------------------------------------------------------------------------- images


def test_pictures_are_shown_as_they_are():
    grays, bytes_ = DIGITS[:3], np.rint(DIGITS[:3] * 255).astype(np.uint8)
    for images in (grays, grays[..., 0], list(grays), bytes_, bytes_.astype(np.float32)):
        found = shown(visualization.plot_images(images))
        assert len(found) == 3
        for picture, expected in zip(found, grays[..., 0]):
            assert np.allclose(picture, expected, atol=0.002)
    (alone,) = shown(visualization.plot_images(grays[0]))
    assert np.array_equal(alone, grays[0, ..., 0])
    (colours,) = shown(visualization.plot_images(COLOURED[0]))
    assert np.allclose(colours, COLOURED[0] / 255)
    (standardized,) = shown(visualization.plot_images(grays[0] * 4 - 2))
    assert (standardized.min(), standardized.max()) == (0, 1)
    sizes = [picture.shape for picture in shown(visualization.plot_images([DIGITS[0], DIGITS[1, :5], COLOURED[0]]))]
    assert sizes == [(8, 8), (5, 8), (8, 8, 3)]


def test_titles_say_what_is_right():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.25, 0.75]])
    figure = visualization.plot_images(DIGITS[:3], [0, 1, 1], probabilities, ["cat", "dog"])
    assert [axes.get_title() for axes in figure.axes[:3]] == ["cat 90%", "cat 80%\nnot dog", "dog 75%"]
    colours = [axes.title.get_color() for axes in figure.axes[:3]]
    assert colours[0] == colours[2] != colours[1]
    titles = {
        ("cat", "dog", "cat"): {"labels": np.array(["cat", "dog", "cat"])},
        ("2", "0", "7"): {"labels": [2, 0, 7]},
        ("dog", "cat", "dog"): {"labels": np.eye(2)[[1, 0, 1]], "class_names": {0: "cat", 1: "dog"}},
        ("dog 90%", "cat 75%", "dog 50%"): {"predictions": [[0.9], [0.25], [0.5]], "class_names": ["cat", "dog"]},
    }
    for expected, arguments in titles.items():
        figure = visualization.plot_images(DIGITS[:3], **arguments)
        assert tuple(axes.get_title() for axes in figure.axes[:3]) == expected


def test_wrong_predictions_come_with_the_surest_first():
    truth = np.array([0, 1, 2, 0, 1])
    p = np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.05, 0.9, 0.05], [0.35, 0.3, 0.35]])
    assert visualization.wrong_predictions(truth, p).tolist() == [3, 1, 4]
    assert visualization.wrong_predictions(np.eye(3)[truth], p.argmax(axis=1)).tolist() == [1, 3, 4]
    assert visualization.wrong_predictions([0, 1, 1], [[0.7], [0.4], [0.9]]).tolist() == [0, 1]
    figure = visualization.plot_wrong_predictions(DIGITS[:5], truth, p, count=2)
    for found, expected in zip(shown(figure), DIGITS[[3, 1], ..., 0]):
        assert np.array_equal(found, expected)
    assert [axes.get_title() for axes in figure.axes] == ["1 90%\nnot 0", "0 60%\nnot 1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.zeros((2, 3, 4, 5))}, r"`images` must be pictures.*Received: shape \(2, 3, 4, 5\)"),
        ({"images": []}, r"`images` must be pictures"),
        (
            {"images": DIGITS, "labels": [1, 2]},
            r"`labels` must have one entry for each of the 12 pictures. Received: 2",
        ),
        ({"images": DIGITS[:2], "predictions": [[np.nan], [0]]}, r"`predictions` must be numbers of classes"),
        ({"images": DIGITS[:2], "predictions": [0.5, 3.2]}, r"`predictions` must be numbers of classes"),
        ({"images": DIGITS[:2], "labels": [-1, 0]}, r"`labels` must be numbers of classes from 0 on"),
        ({"images": DIGITS, "count": 0}, r"`count` must be a positive integer"),
    ],
)
def test_refused_pictures(arguments, message):
    with pytest.raises(ValueError, match=message):
        visualization.plot_images(**arguments)


# ------------------------------------------------------------------------------------------------------- confusion


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
@pytest.mark.parametrize("classes", [2, 5])
def test_the_matrix_is_that_of_scikit_learn(classes, normalize):
    truth, found = RANDOM.integers(0, classes, (2, 60))
    truth[truth == 1], found[found == 0] = 0, 1  # empty rows and columns, too
    p = np.eye(classes)[found] * 0.5 + RANDOM.uniform(0, 0.2, (60, classes))
    expected = metrics.confusion_matrix(truth, found, labels=range(classes), normalize=normalize)
    for y_true in (truth, truth[:, None], np.eye(classes)[truth]):
        for y_pred in (found, p):
            matrix = visualization.confusion_matrix(y_true, y_pred, classes, normalize)
            assert np.allclose(matrix, expected)
            assert matrix.dtype == (np.int64 if normalize is None else np.float64)
    if classes == 2:
        q = np.where(found == 1, 0.7, 0.2)
        assert np.allclose(visualization.confusion_matrix(truth, q[:, None], normalize=normalize), expected)


def test_the_matrix_is_drawn_with_its_numbers():
    figure = visualization.plot_confusion_matrix([0, 0, 1, 2], [0, 1, 1, 1], ["a", "b", "c"])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["1", "1", "0", "0", "1", "0", "0", "1", "0"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    with pytest.raises(
        ValueError, match=r"`num_classes` must be at least 3, as class 2 occurs. Received: num_classes=2"
    ):
        visualization.confusion_matrix([0, 2], [0, 0], num_classes=2)
    with pytest.raises(ValueError, match=r"the same length. Received: 2 and 3 samples"):
        visualization.confusion_matrix([0, 2], [0, 0, 1])
    with pytest.raises(ValueError, match=r"`normalize` must be 'true', 'pred' or 'all'"):
        visualization.confusion_matrix([0], [0], normalize="row")


# ------------------------------------------------------------------------------------------------ filters and maps


def test_filters_of_every_kind_of_convolution():
    cases = {
        layers.Conv2D(4, (2, 3)): ((6, 6, 3), lambda k: np.moveaxis(k, 3, 0)),
        layers.Conv1D(4, 3): ((6, 2), lambda k: np.moveaxis(k, 2, 0)[:, None]),
        layers.Conv2DTranspose(4, (2, 3)): ((6, 6, 3), lambda k: np.moveaxis(k, 2, 0)),
        layers.DepthwiseConv2D(3, depth_multiplier=2): ((6, 6, 2), lambda k: np.stack(
            [k[:, :, c, m, None] for c in range(2) for m in range(2)])),
    }  # fmt: skip
    for layer, (shape, expected) in cases.items():
        models.Sequential([layers.Input(shape), layer])
        found = visualization.filters(layer)
        assert np.array_equal(found, expected(layer.get_weights()[0])), layer
        visualization.plot_filters(layer)
    with pytest.raises(ValueError, match=r"`layer` must be a convolution .*Received: 'dense.*' \(Dense\)"):
        visualization.filters(layers.Dense(2))
    with pytest.raises(ValueError, match=r"built by a call"):
        visualization.filters(layers.Conv2D(2, 3))


def test_filters_are_drawn_as_pictures_or_channel_by_channel():
    first = network().layers[0]
    pictures = shown(visualization.plot_filters(first))
    assert [picture.tolist() for picture in pictures] == [
        [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
        [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
    ]
    layer = layers.Conv2D(3, 2)
    models.Sequential([layers.Input((4, 4, 5)), layer])
    figure = visualization.plot_filters(layer, count=2, channels=4)
    kernel = layer.get_weights()[0]
    assert np.array_equal(shown(figure), [kernel[..., c, f] for f in range(2) for c in range(4)])
    limits = figure.axes[0].images[0].get_clim()
    assert limits[0] == -limits[1] == -np.abs(kernel[..., :4, :2]).max()


def test_maps_are_drawn_one_by_one():
    model = network()
    maps = visualization.feature_maps(model, scene(), "detectors")[0]
    found = shown(visualization.plot_feature_maps(model, scene(), "detectors"))
    assert len(found) == 2
    for k, picture in enumerate(found):
        assert np.allclose(picture, maps[..., k] / maps[..., k].max(), atol=1e-6)
    assert len(shown(visualization.plot_feature_maps(model, scene(), 0, count=1))) == 1
    with pytest.raises(ValueError, match=r"maps \(h, w, c\) or \(length, c\). Received: samples of shape \(2,\)"):
        visualization.plot_feature_maps(model, scene(), "classes")
    signals = models.Sequential([layers.Input((9, 1)), layers.Conv1D(4, 2)])
    (rows,) = shown(visualization.plot_feature_maps(signals, np.arange(9.0), 0))
    assert rows.shape == (4, 8)


# -------------------------------------------------------------------------------------------------------- overlay


def test_the_picture_shows_through_where_nothing_is_hot():
    picture = RANDOM.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    heat = np.zeros((8, 8), np.float32)
    heat[2, 3], heat[5, 5], heat[7, 7] = 4.0, 2.0, -3.0
    found = visualization.overlay(picture, heat, alpha=0.5, cmap="viridis")
    assert found.dtype == np.uint8
    cold = heat <= 0
    assert np.array_equal(found[cold], picture[cold])
    hottest, half = (np.array(pyplot.get_cmap("viridis")(value)[:3]) * 255 for value in (1.0, 0.5))
    assert np.allclose(found[2, 3], 0.5 * picture[2, 3] + 0.5 * hottest, atol=1)
    assert np.allclose(found[5, 5], 0.75 * picture[5, 5] + 0.25 * half, atol=1)


def test_overlays_of_batches_grays_and_other_sizes():
    heat = RANDOM.uniform(0, 1, (12, 8, 8)).astype(np.float32)
    batch = visualization.overlay(DIGITS, heat)
    assert batch.shape == (12, 8, 8, 3)
    assert np.array_equal(visualization.overlay(DIGITS[3, ..., 0], heat[3]), batch[3])
    signed = np.stack([heat, -heat], axis=-1)
    assert np.array_equal(visualization.overlay(DIGITS, signed), batch)
    corner = np.zeros((2, 2), np.float32)
    corner[0, 0] = 1
    changed = np.abs(visualization.overlay(np.full((8, 8), 0.5), corner).astype(int) - 128).sum(axis=-1)
    assert changed[:3, :3].min() > 30 > changed[6:, 6:].max()
    with pytest.raises(
        ValueError, match=r"`heat` must have one map \(h, w\) for each picture. Received: heat of shape \(2, 8, 8\)"
    ):
        visualization.overlay(DIGITS, heat[:2])
    with pytest.raises(ValueError, match=r"Unknown map of colours. Did you mean 'viridis'"):
        visualization.overlay(DIGITS, heat, cmap="virids")


# ------------------------------------------------------------------------------- detection, segmentation, galleries

FORMATS = {  # one box: left 2, top 3, right 10, bottom 7, in a picture 20 high and 16 wide
    "xyxy": (2, 3, 10, 7),
    "yxyx": (3, 2, 7, 10),
    "xywh": (2, 3, 8, 4),
    "center_xywh": (6, 5, 8, 4),
    "center_yxhw": (5, 6, 4, 8),
    "rel_xyxy": (2 / 16, 3 / 20, 10 / 16, 7 / 20),
    "rel_yxyx": (3 / 20, 2 / 16, 7 / 20, 10 / 16),
    "rel_xywh": (2 / 16, 3 / 20, 8 / 16, 4 / 20),
    "rel_center_xywh": (6 / 16, 5 / 20, 8 / 16, 4 / 20),
}


@pytest.mark.parametrize("form", FORMATS)
def test_a_box_is_a_frame_around_its_place(form):
    images = np.full((1, 20, 16, 3), 0.4, np.float32)
    boxes = {"boxes": np.array([[FORMATS[form], np.array(FORMATS[form]) + 1]]), "labels": np.array([[3, -1]])}
    found = visualization.draw_bounding_boxes(images, boxes, form, color=(255, 0, 10), line_thickness=1)
    drawn = (found[0] == (255, 0, 10)).all(axis=-1)
    expected = np.zeros((20, 16), bool)
    expected[[3, 7], 2:11] = True
    expected[3:8, [2, 10]] = True
    assert np.array_equal(drawn, expected)
    assert (found[0][~drawn] == 102).all()
    first = visualization.draw_bounding_boxes(
        np.moveaxis(images, -1, 1), boxes, form, color=(255, 0, 10), line_thickness=1, data_format="channels_first"
    )
    assert np.array_equal(np.moveaxis(first, 1, -1), found)


def test_boxes_have_names_and_may_leave_the_picture():
    images = np.zeros((2, 40, 120, 3), np.uint8)
    boxes = {
        "boxes": [[[5, 20, 30, 35]], [[-10, -10, 20, 70], [90, 15, 110, 25]]],
        "labels": [[0], [1, 7]],
        "confidences": [[0.5], [0.25, 0.75]],
    }
    plain = visualization.draw_bounding_boxes(images, boxes, "xyxy", color=(200, 50, 0), line_thickness=3)
    named = visualization.draw_bounding_boxes(images, boxes, "xyxy", ["cat", "dog"], (200, 50, 0), 3)
    assert images.max() == 0, "the pictures stay as they are"
    changed = (plain != named).any(axis=-1)
    rows, columns = np.nonzero(changed[0])
    assert len(rows) > 40
    assert rows.max() < 20, "above its box"
    assert columns.min() >= 3
    assert changed[1][:20, :40].sum() > 40, "inside, where there is no room above"
    assert not changed[1][:, 85:].any(), "class 7 has no name"
    right = {"boxes": [[[70, 25, 115, 35]]], "labels": [[0]]}
    ink = [
        (visualization.draw_bounding_boxes(ground, right, "xyxy", ["a long name"], (255, 255, 0))[..., 0] < 90).sum()
        for ground in (np.full((1, 40, width, 3), 99, np.uint8) for width in (120, 300))
    ]
    assert ink[0] == ink[1] > 50, "the whole name, to the left of where there is no room"
    thick = (plain[0] == (200, 50, 0)).all(axis=-1)
    assert thick[19:22, 10].all()
    assert not thick[[18, 22], 10].any()


@pytest.mark.parametrize(
    ("images", "boxes", "form", "error", "message"),
    [
        (COLOURED, BOXES, "xxyy", ValueError, r"`bounding_box_format` must be .* Did you mean"),
        (COLOURED, [1], "xyxy", ValueError, r"`bounding_boxes` must be a dictionary with 'boxes' and 'labels'"),
        (COLOURED[0], BOXES, "xyxy", ValueError, r"`images` must be a batch of pictures"),
        (COLOURED[:1], BOXES, "xyxy", ValueError, r"for each of the 1 pictures. Received: 2 and 2"),
        (DIGITS[:2], BOXES, "xyxy", ValueError, r"`images` must have 3 channels"),
    ],
)
def test_refused_boxes(images, boxes, form, error, message):
    with pytest.raises(error, match=message):
        visualization.draw_bounding_boxes(images, boxes, form)


def test_masks_are_coloured_as_by_keras():
    """The numbers are those of keras.visualization.draw_segmentation_masks, Keras 3.15."""
    images = np.full((1, 2, 3, 3), 100, np.uint8)
    masks = np.array([[[0, 1, 2], [3, 1, -1]]])
    colours = {0: (0, 0, 0), 1: (255, 0, 0), 2: (0, 255, 0), 3: (0, 0, 255)}
    found = visualization.draw_segmentation_masks(images, masks[..., None], 4, colours, alpha=0.5)
    rows = [[[50, 50, 50], [177, 50, 50], [50, 177, 50]], [[50, 50, 177], [177, 50, 50], [100, 100, 100]]]
    assert found[0].tolist() == rows
    rows[0][0] = [100, 100, 100]
    found = visualization.draw_segmentation_masks(images, masks, 4, colours, alpha=0.5, ignore_index=0)
    assert found[0].tolist() == rows


def test_masks_with_colours_of_our_own():
    """The background stays, each class has a colour, the largest one too."""
    images = RANDOM.integers(0, 256, (1, 3, 4, 3)).astype(np.uint8)
    masks = np.array([[[0, 1, 2, 3], [3, 2, 1, 0], [0, 0, 25, 25]]])
    found = visualization.draw_segmentation_masks(images, masks, blend=False)
    assert np.array_equal(found[masks == 0], images[masks == 0])
    colours = {k: {tuple(c) for c in found[masks == k].tolist()} for k in (1, 2, 3, 25)}
    assert all(len(own) == 1 for own in colours.values())
    assert len(set.union(*colours.values())) == 4
    with pytest.raises(TypeError, match=r"`segmentation_masks` must hold integers. Received: dtype=float64"):
        visualization.draw_segmentation_masks(images, masks * 1.0)
    with pytest.raises(ValueError, match=r"one class for each pixel"):
        visualization.draw_segmentation_masks(images, masks[:, :2])


def test_a_gallery_of_masks_has_a_row_for_each_picture():
    masks = np.zeros((2, 8, 8), int)
    masks[:, 2:5, 2:5] = 1
    figure = visualization.plot_segmentation_mask_gallery(COLOURED, 2, y_true=masks, y_pred=masks[..., None] * 2)
    found = shown(figure)
    assert len(found) == 6
    for k in range(2):
        assert np.array_equal(found[3 * k], COLOURED[k])
        for cell in found[3 * k + 1 : 3 * k + 3]:
            assert np.array_equal((cell != COLOURED[k]).any(axis=-1), masks[k] == 1)


def test_a_gallery_of_boxes_has_two_colours_and_a_legend():
    figure = visualization.plot_bounding_box_gallery(
        COLOURED / 255.0, "xyxy", BOXES, {**BOXES, "boxes": BOXES["boxes"] + 1}, value_range=(0, 1), legend=True, cols=2
    )
    found = shown(figure)
    assert (found[0] == (0, 188, 212)).all(axis=-1).sum() > 5
    assert (found[0] == (255, 235, 59)).all(axis=-1).sum() > 5
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["Ground Truth", "Prediction"]
    with pytest.raises(ValueError, match=r"Only one of `legend` and `legend_handles`"):
        visualization.plot_bounding_box_gallery(COLOURED, "xyxy", BOXES, legend=True, legend_handles=[1])


def test_a_gallery_of_pictures_has_titles(tmp_path):
    names = {0: "cat", 1: "dog"}
    figure = visualization.plot_image_gallery(
        COLOURED, [0, 1], np.array([1, 1]), names, path=tmp_path / "gallery.png", cols=2
    )
    assert [axes.get_title() for axes in figure.axes] == ["Label: cat  Pred: dog", "Label: dog  Pred: dog"]
    half = visualization.plot_image_gallery(COLOURED / 127.5 - 1, value_range=(-1, 1), rows=1)
    assert len(half.axes) == 2
    assert np.abs(shown(half)[1].astype(int) - COLOURED[1]).max() <= 1
    with pytest.raises(ValueError, match=r"`label_map` must give the names"):
        visualization.plot_image_gallery(COLOURED, y_true=[0, 1])
    with pytest.raises(ValueError, match=r"`show` must be None or False"):
        visualization.plot_image_gallery(COLOURED, show=True)


SIGNATURES = {  # of keras.visualization, Keras 3.15
    "draw_bounding_boxes": "images bounding_boxes bounding_box_format class_mapping=None color=(128, 128, 128) "
    "line_thickness=2 text_thickness=1 font_scale=1.0 data_format=None",
    "draw_segmentation_masks": "images segmentation_masks num_classes=None color_mapping=None alpha=0.8 blend=True "
    "ignore_index=-1 data_format=None",
    "plot_bounding_box_gallery": "images bounding_box_format y_true=None y_pred=None value_range=(0, 255) "
    "true_color=(0, 188, 212) pred_color=(255, 235, 59) line_thickness=2 font_scale=1.0 text_thickness=None "
    "class_mapping=None ground_truth_mapping=None prediction_mapping=None legend=False legend_handles=None rows=None "
    "cols=None data_format=None **kwargs",
    "plot_image_gallery": "images y_true=None y_pred=None label_map=None rows=None cols=None value_range=(0, 255) scale=2 "
    "path=None show=None transparent=True dpi=60 legend_handles=None data_format=None",
    "plot_segmentation_mask_gallery": "images num_classes value_range=(0, 255) y_true=None y_pred=None color_mapping=None "
    "blend=True alpha=0.8 ignore_index=-1 data_format=None **kwargs",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_are_those_of_keras(name):
    import inspect

    found = str(inspect.signature(getattr(visualization, name)))
    assert re.sub(r"[(),]", "", found) == re.sub(r"[(),]", "", SIGNATURES[name])
