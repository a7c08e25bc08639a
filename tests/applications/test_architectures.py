"""Architectures beside the real Keras's (recorded/architectures.py): layers, parameters, predictions with the same weights;
their arguments, their files, and a step of training."""

import inspect
import json
import re
from itertools import pairwise

import numpy as np
import pytest

import cycnn
from cycnn import applications, config, initializers, layers
from cycnn.applications import imagenet_utils, mobilenet, weight_files
from cycnn.utils import data_utils
from tests.recorded.answers import load
from tests.recorded.architectures import (
    BUILT,
    CHANNELS_FIRST,
    MODULES,
    NAMES,
    PREDICTED,
    REFUSALS,
    digest,
    images,
    pixels,
    weights,
)
from tests.recorded.architectures import layers as lines_of

ANSWERS = load("applications")


@pytest.fixture(autouse=True)
def on_one_thread():
    config.set_num_threads(1)
    yield
    config.set_num_threads(None)


@pytest.fixture
def undrawn(monkeypatch):
    """Kernels begin as zeros: drawing a hundred million numbers takes longer than all that these tests look at."""
    monkeypatch.setattr(
        initializers.VarianceScaling, "__call__", lambda self, shape, dtype=None: np.zeros(shape, np.float32)
    )


def run(program):
    cycnn.utils.clear_session()
    return eval(f"keras.applications.{program}", {"keras": cycnn, "np": np})


# -------------------------------------------------------------------------------------------------- beside Keras


@pytest.mark.parametrize("program", BUILT)
def test_layers_and_parameters(undrawn, program):
    model, expected = run(program), ANSWERS["built"][program]
    assert model.count_params() == expected["parameters"]
    assert digest(lines_of(model)) == expected["layers"]


@pytest.mark.parametrize("program", PREDICTED)
def test_predictions(undrawn, program):
    check_predictions(program, ANSWERS["predicted"][program])


@pytest.mark.parametrize("program", CHANNELS_FIRST)
def test_predictions_with_channels_first(undrawn, program):
    config.set_image_data_format("channels_first")
    try:
        check_predictions(program, ANSWERS["channels_first"][program])
    finally:
        config.set_image_data_format("channels_last")


def check_predictions(program, expected):
    """Rounding may be 4e-6 of the largest number, as in other deep networks, and more where what is alike in the two images
    is much less than what makes them differ; but a ten-thousandth of that difference at most."""
    model = run(program)
    assert model.count_params() == expected["parameters"]
    assert digest(lines_of(model)) == expected["layers"]
    model.set_weights(weights(program, model.weights))
    x = images(program, model.input_shape)
    y = model.predict(x, verbose=0).reshape(len(x), -1)
    assert y.shape[1] == expected["size"]
    y = y[:, :: max(1, y.shape[1] // len(expected["y"][0]))][:, : len(expected["y"][0])]
    allowed = 1e-4 * expected["apart"] + 4e-6 * expected["largest"]
    np.testing.assert_allclose(y, expected["y"], rtol=0, atol=allowed)


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name):
    parameters = inspect.signature(getattr(applications, name)).parameters.values()
    assert [[parameter.name, parameter.default] for parameter in parameters] == ANSWERS["signatures"][name]


@pytest.mark.parametrize("program", REFUSALS)
def test_refusals(program):
    assert ANSWERS["refusals"][program] == "ValueError"
    with pytest.raises(ValueError, match=r"must be .*Received: "):
        run(program)


@pytest.mark.parametrize("module", MODULES)
def test_preprocess_input(module):
    function, x = getattr(applications, module).preprocess_input, pixels()
    expected = np.reshape(ANSWERS["preprocess"][module], x.shape)
    kept = x.copy()
    np.testing.assert_allclose(function(x), expected, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_allclose(function(x.astype("float64")), expected, rtol=1e-12, atol=1e-12)
    inputs = cycnn.Input(x.shape)
    model = cycnn.Model(inputs, layers.Identity()(function(inputs)))
    np.testing.assert_allclose(model.predict(x[None], verbose=0)[0], expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_preprocess_input_channels_first(mode):
    x = pixels().transpose(2, 0, 1)
    expected = np.reshape(ANSWERS["preprocess"][f"channels_first {mode}"], x.shape)
    for batch in (x, np.stack([x, x])):
        found = imagenet_utils.preprocess_input(batch, "channels_first", mode)
        np.testing.assert_allclose(found, np.broadcast_to(expected, batch.shape), rtol=1e-6, atol=1e-5)
    assert found.dtype == "float32"


def test_modules_hold_what_keras_s_hold():
    for module in MODULES:
        assert {"preprocess_input", "decode_predictions"} <= set(dir(getattr(applications, module)))
    assert applications.resnet50.ResNet50 is applications.resnet.ResNet50 is applications.ResNet50
    assert cycnn.applications is applications


# ------------------------------------------------------------------------------------------------ ours, by the papers


def test_lenet5():
    model = applications.LeNet5()
    assert model.count_params() == 61706  # the paper's layers with all connections from S2 to C3
    assert [layer.output.shape[1:] for layer in model.layers[1:6]] == [
        (28, 28, 6),
        (14, 14, 6),
        (10, 10, 16),
        (5, 5, 16),
        (1, 1, 120),
    ]
    assert applications.LeNet5(include_top=False, pooling="max").output_shape == (None, 120)


def test_alexnet(undrawn):
    model = applications.AlexNet()
    assert model.count_params() == 60965224  # Caffe's, which has the paper's groups
    assert model.get_layer("pool5").output.shape == (None, 6, 6, 256)
    assert [each.rate for each in model.layers if isinstance(each, layers.Dropout)] == [0.5, 0.5]


def test_unet_of_the_paper(undrawn):
    """Figure 1: from 572 to 388 pixels, 28 at the bottom; its convolutions have these many weights."""
    model = applications.UNet((572, 572, 1), 2)
    widths = [64, 128, 256, 512, 1024]
    convolutions = [(9, 1, 64), (9, 64, 64)]
    for narrow, wide in pairwise(widths):
        convolutions += [(9, narrow, wide), (9, wide, wide)]  # down
        convolutions += [(4, wide, narrow), (9, wide, narrow), (9, narrow, narrow)]  # up
    convolutions += [(1, 64, 2)]
    assert model.count_params() == sum(size * c * f + f for size, c, f in convolutions)
    assert model.output_shape == (None, 388, 388, 2)
    assert model.get_layer("bottom_conv2").output.shape == (None, 28, 28, 1024)
    assert model.get_layer("up1_crop").output.shape == (None, 392, 392, 64)


def test_unet_without_padding_is_the_middle_of_one_with():
    """Where no zeros are seen, both see the same."""
    arguments = {"filters": 3, "depth": 1, "classifier_activation": None}
    valid = applications.UNet((24, 28, 2), 1, **arguments)
    same = applications.UNet((24, 28, 2), 1, padding="same", **arguments)
    same.set_weights(valid.get_weights())
    x = images("UNet", same.input_shape)
    found, whole = valid.predict(x, verbose=0), same.predict(x, verbose=0)
    assert whole.shape == (2, 24, 28, 1)
    assert found.shape == (2, 8, 12, 1)
    assert np.ptp(found) > 0.1
    np.testing.assert_allclose(found, whole[:, 8:-8, 8:-8], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (30, 32, 1), "padding": "same"}, "multiples of 16"),
        ({"input_shape": (574, 572, 1)}, "multiples of 16, 2^depth, less 4, and above 184"),
        ({"input_shape": (172, 572, 1)}, "above 184"),
        ({"input_shape": (64, 64)}, "three integers"),
        ({"input_shape": (None, None, 3), "padding": "same"}, "three integers"),
        ({"classes": 1}, "'sigmoid' or None"),
        ({"classes": 0}, "`classes`"),
        ({"depth": 0}, "`depth`"),
        ({"weights": "nowhere.h5"}, "`weights` must be None"),
        ({"padding": "some"}, "Did you mean 'same'"),
    ],
)
def test_unet_refuses(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        applications.UNet(**{"input_shape": (572, 572, 1), "classes": 2, **arguments})


# ------------------------------------------------------------------------------------------------ arguments


def test_an_input_tensor_brings_what_it_is_computed_from():
    images_, mask = cycnn.Input((32, 32, 3), name="images"), cycnn.Input((32, 32, 3), name="mask")
    scaled = layers.Rescaling(1 / 127.5, -1, name="scaled")(images_)
    masked = layers.multiply([scaled, mask])
    model = applications.MobileNet(alpha=0.25, include_top=False, weights=None, input_tensor=masked, pooling="avg")
    assert [tensor.name for tensor in model.inputs] == ["images", "mask"]
    assert model.get_layer("scaled") is scaled.layer
    assert model.name == "mobilenet_0.25_32"
    one = applications.MobileNet(alpha=0.25, include_top=False, weights=None, input_tensor=scaled + 0.0)
    assert one.input_shape == (None, 32, 32, 3)
    with pytest.raises(ValueError, match="must be a symbolic tensor"):
        applications.MobileNet(weights=None, input_tensor=np.zeros((1, 32, 32, 3)))


def test_without_a_shape_images_have_the_default_size_or_any():
    """Beside Keras: models/test_unknown_sizes.py."""
    small = {"alpha": 0.25, "weights": None}
    assert applications.MobileNet(**small).input_shape == (None, 224, 224, 3)
    assert applications.MobileNet(**small, include_top=False).input_shape == (None, None, None, 3)
    for shape, include_top in (((None, None, 3), True), ((None, 32, None), False), ((None, None), False)):
        with pytest.raises(ValueError, match="a tuple of three integers"):
            applications.MobileNet(**small, include_top=include_top, input_shape=shape)
    with pytest.raises(ValueError, match="32x32"):
        applications.MobileNet(**small, include_top=False, input_shape=(None, 20, 3))


def test_unusual_channels_are_warned_about():
    with pytest.warns(UserWarning, match="1 or 3 channels") as caught:
        applications.MobileNet((32, 32, 2), alpha=0.25, include_top=False, weights=None)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "average"}, "`pooling` must be"),
        ({"classes": 2.5}, "`classes` must be"),
        ({"classifier_activation": "softmx"}, "softmax"),
        ({"weights": 3.5}, "`weights` must be"),
        ({"weights": "imagenet"}, "`weights` must be None"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        applications.LeNet5(**arguments)


def test_docstrings_tell_the_arguments():
    for name in [*NAMES, "LeNet5", "AlexNet"]:
        function = getattr(applications, name)
        for parameter in inspect.signature(function).parameters:
            assert re.search(rf"`?{parameter}`?\b", function.__doc__), (name, parameter)
    assert "(32, 32, 1) by default" in applications.LeNet5.__doc__
    assert "Sides must be at least 75." in applications.InceptionV3.__doc__


# ---------------------------------------------------------------------------------------------------- files


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """Empty folders of cycnn and of Keras, and an origin that is a folder."""
    for name in ("cycnn", "keras"):
        (tmp_path / name / "models").mkdir(parents=True)
        monkeypatch.setenv(f"{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.setattr(mobilenet, "STORAGE", (tmp_path / "origin").as_uri())
    return tmp_path


SMALL = {"input_shape": (128, 128, 3), "alpha": 0.25, "include_top": False}
FILE = "mobilenet_2_5_128_tf_no_top.h5"


def written(path):
    """A file of weights, and the weights."""
    model = applications.MobileNet(weights=None, **SMALL)
    model.set_weights(weights("MobileNet", model.weights))
    temporary = path.with_name("some.weights.h5")
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save_weights(temporary)
    temporary.rename(path)
    return model.get_weights()


def same(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


@pytest.mark.parametrize("place", ["cycnn/models", "keras/models", "origin/mobilenet"])
def test_imagenet_weights_are_found_or_downloaded(homes, place, capsys):
    expected = written(homes / place / FILE)
    assert same(applications.MobileNet(weights="imagenet", **SMALL).get_weights(), expected)
    assert ("Downloading" in capsys.readouterr().out) == (place == "origin/mobilenet")
    assert (homes / "cycnn" / "models" / FILE).exists() == (place != "keras/models")


def test_weights_that_cannot_be_downloaded(homes):
    with pytest.raises(OSError, match=rf"no network, put the file at .*models.{FILE}"):
        applications.MobileNet(weights="imagenet", **SMALL)


def test_weights_of_another_size_are_taken_with_a_warning(homes):
    expected = written(homes / "keras" / "models" / FILE.replace("128", "224"))
    with pytest.warns(UserWarning, match="those for 224 are taken") as caught:
        model = applications.MobileNet(weights="imagenet", **{**SMALL, "input_shape": (32, 40, 3)})
    assert same(model.get_weights(), expected)
    assert caught[0].filename == __file__


def test_a_download_must_have_the_published_checksum(homes):
    (homes / "origin").mkdir()
    (homes / "origin" / "net.h5").write_bytes(b"something")
    (homes / "origin" / "net_notop.h5").write_bytes(b"something else")
    digests = data_utils._digest(homes / "origin" / "net.h5", "md5"), "0" * 32
    files = weight_files.Published((homes / "origin" / "net").as_uri(), digests)
    assert files.locate(True) == str(homes / "cycnn" / "models" / "net.h5")
    with pytest.raises(ValueError, match="md5"):
        files.locate(False)


def test_a_file_of_weights(tmp_path):
    path = tmp_path / "x" / "lenet.weights.h5"
    path.parent.mkdir()
    model = applications.LeNet5()
    model.save_weights(path)
    assert same(applications.LeNet5(weights=path).get_weights(), model.get_weights())
    assert same(applications.LeNet5(weights=str(path)).get_weights(), model.get_weights())
    with pytest.raises(ValueError, match="lenet"):
        applications.LeNet5(weights=path, classes=11)
    with pytest.raises(ValueError, match="lenet"):
        applications.MobileNet(weights=path)


# ------------------------------------------------------------------------------------------------- classes by name


@pytest.fixture
def index(homes):
    path = homes / "keras" / "models" / "imagenet_class_index.json"
    path.write_text(json.dumps({str(k): [f"n{k:08}", f"class_{k}"] for k in range(1000)}), "utf-8")
    return path


def test_decode_predictions(index):
    preds = np.random.default_rng(3).permutation(3000).reshape(3, 1000).astype("float32")
    found = applications.vgg16.decode_predictions(preds)
    assert [len(row) for row in found] == [5, 5, 5]
    for row, scores in zip(found, preds):
        order = sorted(range(1000), key=lambda k, scores=scores: -scores[k])[:5]
        assert row == [(f"n{k:08}", f"class_{k}", scores[k]) for k in order]
    assert [len(row) for row in imagenet_utils.decode_predictions(preds, top=2)] == [2, 2, 2]
    for wrong in (preds[0], preds[:, :999], preds[None]):
        with pytest.raises(ValueError, match=r"\(samples, 1000\)"):
            imagenet_utils.decode_predictions(wrong)


@pytest.mark.parametrize("content", ["{}", "[]", '{"0": 3}', "no json"])
def test_decode_predictions_by_another_file(index, content):
    index.write_text(content, "utf-8")
    with pytest.raises(ValueError, match="imagenet_class_index"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))


# ------------------------------------------------------------------------------------------------------- training

SIDES = {"InceptionV3": 75, "Xception": 71, "AlexNet": 67}
TRAINED = {
    "LeNet5": {"input_shape": (32, 32, 3)},
    "AlexNet": {"include_top": False, "pooling": "avg"},
    "VGG16": {"include_top": False, "pooling": "avg"},
    "ResNet50": {},
    "ResNet50V2": {},
    "InceptionV3": {},
    "Xception": {},
    "MobileNet": {"alpha": 0.25},
    "MobileNetV2": {"alpha": 0.35},
    "DenseNet121": {},
    "EfficientNetB0": {},
    "UNet": {"filters": 4, "depth": 2, "padding": "same"},
}


@pytest.mark.parametrize("name", TRAINED)
def test_a_step_of_training(name):
    """The loss is a number, and a gradient reaches every kernel."""
    side = SIDES.get(name, 32)
    arguments = {"input_shape": (side, side, 3), "classes": 3, **TRAINED[name]}
    if name != "UNet":
        arguments["weights"] = None
    cycnn.utils.set_random_seed(1)
    model = getattr(applications, name)(**arguments)
    model.compile(cycnn.optimizers.SGD(1e-3), "mse")
    x = images(name, model.input_shape, 4)
    y = np.random.default_rng(1).uniform(0, 1, (4, *model.output_shape[1:])).astype("float32")
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    first = model.train_on_batch(x, y)
    moved = [not np.array_equal(weight.numpy(), old) for weight, old in zip(model.trainable_weights, before)]
    kernels = [was for weight, was in zip(model.trainable_weights, moved) if weight.path.endswith("kernel")]
    assert np.isfinite(first)
    assert all(kernels)
    assert len(kernels) > 4
