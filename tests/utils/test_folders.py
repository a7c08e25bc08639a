"""Folders of pictures, texts and sounds: broken files, threads, refusals, a network that learns from files. What Keras answers
is in test_loading_beside_keras.py."""

import os
import threading
import time
import warnings
import wave

import numpy as np
import pytest

import cycnn
from cycnn import layers, models
from cycnn.utils import audio_dataset_from_directory, image_dataset_from_directory, text_dataset_from_directory
from cycnn.utils.image_dataset import decode

Image = pytest.importorskip("PIL.Image", reason="pictures are read by Pillow")


@pytest.fixture
def folder(tmp_path):
    """Twenty pictures of two classes, dark and light ones, of different sizes."""
    random = np.random.default_rng(0)
    for k in range(20):
        path = tmp_path / ("dark", "light")[k % 2] / f"{k:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(k % 2 * 128, k % 2 * 128 + 128, (8 + k, 12, 3), np.uint8)).save(path)
    return tmp_path


def load(folder, **arguments):
    return image_dataset_from_directory(
        folder, **{"image_size": (6, 5), "batch_size": 4, "verbose": False, **arguments}
    )


def whole(dataset):
    return [[np.asarray(part) for part in batch] for batch in dataset]


def same(one, other):
    assert len(one) == len(other)
    return all(np.array_equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


# Order ---------------------------------------------------------------------------------------------------------------


def test_batches_do_not_depend_on_threads(folder):
    runs = [load(folder, seed=1, workers=workers) for workers in (1, 2, 5)]
    passes = [[whole(dataset), whole(dataset)] for dataset in runs]
    assert same(passes[0][0], passes[1][0])
    assert same(passes[0][0], passes[2][0])
    assert same(passes[0][1], passes[2][1])
    assert not same(passes[0][0], passes[0][1]), "each pass has an order of its own"


def test_each_picture_comes_once_a_pass_with_its_label(folder):
    dataset = load(folder, seed=0)
    for _ in range(2):
        batches = whole(dataset)
        assert [len(x) for x, _ in batches] == [4] * 5
        x, y = (np.concatenate(part) for part in zip(*batches, strict=True))
        np.testing.assert_array_equal(x.mean((1, 2, 3)) > 128, y)
        assert len(np.unique(x.reshape(20, -1), axis=0)) == 20
    assert len(dataset) == 5


def test_the_global_seed_decides_where_none_is_given(folder):
    orders = []
    for _ in range(2):
        cycnn.utils.set_random_seed(3)
        orders.append([whole(load(folder)), load(folder).file_paths])
    assert same(orders[0][0], orders[1][0])
    assert orders[0][1] == orders[1][1]


def test_parts_have_nothing_in_common(folder, capsys):
    training, validation = load(folder, validation_split=0.25, subset="both", seed=2, verbose=True)
    assert capsys.readouterr().out == (
        "Found 20 files belonging to 2 classes.\nUsing 15 files for training.\nUsing 5 files for validation.\n"
    )
    assert not set(training.file_paths) & set(validation.file_paths)
    assert sorted(training.file_paths + validation.file_paths) == sorted(map(str, folder.rglob("*.png")))
    assert same(whole(validation), whole(validation)), "the part for validation keeps its order"
    assert len(training) == 4


def test_links_are_followed_where_that_is_wished(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    Image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(other / "x.png")
    try:
        os.symlink(other, folder / "dark" / "more", target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    assert len(load(folder, shuffle=False).file_paths) == 20
    assert len(load(folder, shuffle=False, follow_links=True).file_paths) == 21


# Broken files --------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(folder):
    """The same with a picture that ends too early, and a text that calls itself one."""
    (folder / "dark" / "00.png").write_bytes((folder / "dark" / "00.png").read_bytes()[:60])
    (folder / "light" / "01.png").write_text("no picture")
    return folder


@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_file_is_named(broken, workers):
    with pytest.raises(ValueError, match=r"dark.00\.png must be a picture that Pillow can read"):
        whole(load(broken, shuffle=False, workers=workers))
    with pytest.raises(ValueError, match=r"0[01]\.png must be a picture"):
        models.Sequential([layers.Input((6, 5, 3)), layers.Flatten(), layers.Dense(2)]).predict(load(broken), verbose=0)


def test_a_broken_file_is_left_out_where_that_is_wished(broken):
    dataset = load(broken, shuffle=False, on_error="warn")
    assert len(dataset) == 5
    with pytest.warns(UserWarning, match="A file is left out") as caught:
        batches = whole(dataset)
    assert sorted(str(warning.message).count("00.png") for warning in caught) == [0, 1]
    assert [len(x) for x, _ in batches] == [4, 4, 4, 4, 2], "batches are full all the same"
    assert np.concatenate([y for _, y in batches]).tolist() == [0] * 9 + [1] * 9
    assert len(dataset) == 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(whole(dataset), batches), "each file is named once"
    assert len(load(broken, on_error="warn", batch_size=2)) == 10


def test_the_length_follows_when_files_are_left_out(broken):
    dataset = load(broken, on_error="warn", batch_size=1)
    with pytest.warns(UserWarning, match="left out"):
        assert len(whole(dataset)) == 18
    assert len(dataset) == 18


def test_other_errors_are_no_broken_files(folder, monkeypatch):
    def fail(path, mode):
        raise MemoryError

    monkeypatch.setattr("cycnn.utils.image_dataset.decode", fail)
    with pytest.raises(MemoryError):
        whole(load(folder, on_error="warn"))


# Pictures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_mode_become_bytes(tmp_path, mode):
    random = np.random.default_rng(1)
    if mode == "I;16":
        image = Image.fromarray(random.integers(0, 65536, (5, 6), np.uint16))
        expected = np.repeat((np.asarray(image) >> 8)[..., None], 3, 2)
    else:
        image = Image.fromarray(random.integers(0, 256, (5, 6, 3), np.uint8)).convert(mode)
        expected = np.asarray(image.convert("RGB"))
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    image.save(path)
    found = decode(path, "rgb")
    assert found.dtype == np.uint8
    if mode == "CMYK":  # JPEG
        assert found.shape == expected.shape
    else:
        np.testing.assert_array_equal(found, expected)
    assert decode(path, "grayscale").shape == (5, 6, 1)
    assert decode(path, "rgba").shape == (5, 6, 4)


def test_of_an_animation_comes_the_first_picture(tmp_path):
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert decode(tmp_path / "a.gif", "grayscale").max() == 10


# Threads -------------------------------------------------------------------------------------------------------------


def test_memory_holds_a_few_batches(folder, monkeypatch):
    """Pictures are decoded ahead, but not many."""
    decoded = []
    monkeypatch.setattr(
        "cycnn.utils.image_dataset.decode", lambda path, mode: decoded.append(path) or np.zeros((4, 4, 3), np.uint8)
    )
    batches = iter(load(folder, workers=2, batch_size=2).repeat())
    next(batches)
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(decoded) <= 2 * (1 + 2 + 1) + 2 * 2 + 1
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cycnn-data")]


def test_decoding_goes_on_while_a_batch_is_used(folder, monkeypatch):
    """In the time of the slower of the two, and not of both."""
    monkeypatch.setattr(
        "cycnn.utils.image_dataset.decode", lambda path, mode: time.sleep(0.01) or np.zeros((4, 4, 3), np.uint8)
    )
    start = time.monotonic()
    for _ in load(folder, workers=1, batch_size=4).repeat(2):
        time.sleep(0.04)
    assert time.monotonic() - start < 0.04 * 10 + 0.6 * 0.01 * 40


# Texts and sounds ----------------------------------------------------------------------------------------------------


def test_texts_of_any_length(tmp_path):
    for k, text in enumerate(("Käse", "x" * 1000)):
        (tmp_path / str(k)).mkdir()
        (tmp_path / str(k) / "a.txt").write_text(text, encoding="utf-8")
    ((texts, labels),) = text_dataset_from_directory(tmp_path, shuffle=False, verbose=False)
    assert texts.tolist() == ["Käse", "x" * 1000]
    assert labels.tolist() == [0, 1]
    (tmp_path / "1" / "a.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match=r"1.a\.txt must be a text in UTF-8"):
        whole(text_dataset_from_directory(tmp_path, verbose=False))
    with pytest.warns(UserWarning, match=r"left out.*1.a\.txt"):
        assert len(list(text_dataset_from_directory(tmp_path, verbose=False, on_error="warn").unbatch())) == 1


def test_sounds_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.wav").write_bytes(b"RIFF")
    with wave.open(str(tmp_path / "a" / "y.wav"), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 10)
    for shuffle, match in ((False, r"x\.wav must be a WAV file"), (True, "must be a WAV file")):
        with pytest.raises(ValueError, match=match):
            whole(audio_dataset_from_directory(tmp_path, verbose=False, shuffle=shuffle))
    os.remove(tmp_path / "a" / "x.wav")
    with pytest.raises(ValueError, match=r"y\.wav must be .* 16 bits a sample. Received: 8 bits"):
        whole(audio_dataset_from_directory(tmp_path, verbose=False))


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"labels": "none"}, "`labels` must be 'inferred', None, or a list"),
        ({"labels": [0, 1]}, "an integer for each of the 20 files .* Received: 2"),
        ({"labels": None, "class_names": ["dark"]}, "`class_names` can only be given"),
        ({"label_mode": "onehot"}, "label_mode"),
        ({"class_names": ["dark", "lihgt"]}, "`class_names` must be names of folders"),
        ({"class_names": ["dark"], "label_mode": "binary"}, "needs two classes. Received: .'dark'"),
        ({"color_mode": "bgr"}, "`color_mode` must be 'grayscale', 'rgb' or 'rgba'"),
        ({"image_size": (3,)}, "image_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"interpolation": "linear"}, "interpolation"),
        ({"validation_split": 0.2}, "`validation_split` and `subset` must be given both"),
        ({"subset": "training"}, "`validation_split` and `subset` must be given both"),
        ({"validation_split": 1.5, "subset": "training", "seed": 0}, "validation_split"),
        ({"validation_split": 0.2, "subset": "test", "seed": 0}, "subset"),
        ({"validation_split": 0.2, "subset": "both"}, "`seed` must be given"),
        ({"validation_split": 0.01, "subset": "both", "seed": 1}, "for validation. Received: none among 20"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of"),
        ({"data_format": "channels"}, "data_format"),
        ({"on_error": "ignore"}, "`on_error` must be 'raise' or 'warn'"),
        ({"workers": 0}, "`workers` must be a positive integer"),
        ({"format": "torch"}, "format"),
    ],
)
def test_refusals(folder, arguments, match):
    with pytest.raises(ValueError, match=match):
        load(folder, **arguments)


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(ValueError, match=r"There must be pictures \(.bmp, .*\) in .*. Received: none among 0 files"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")


# Learning ------------------------------------------------------------------------------------------------------------


def test_a_network_learns_from_files(folder):
    cycnn.utils.set_random_seed(0)
    training, validation = load(folder, label_mode="binary", validation_split=0.3, subset="both", seed=5)
    model = models.Sequential(
        [
            layers.Input((6, 5, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(cycnn.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(training, epochs=15, validation_data=validation, verbose=0).history
    assert history["val_accuracy"][-1] == 1
    assert model.evaluate(validation, verbose=0)[1] == 1
    assert model.predict(validation, verbose=0).shape == (6, 1)
