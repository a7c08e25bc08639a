"""The program `python -m cycnn.examples.cats_vs_dogs`, short, on drawings and on generated photos."""

import re

import numpy as np
import pytest

from cycnn import config, models

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("h5py")
from cycnn.examples import cats_vs_dogs as example  # noqa: E402


@pytest.fixture(autouse=True)
def same_threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def photos(folder, number, shape=(40, 56), names=("cat", "dog")):
    """Photos that are dark in the one folder and bright in the other."""
    random = np.random.default_rng(number)
    for name, level in zip(names, (20, 140), strict=True):
        (folder / name).mkdir(parents=True)
        for k in range(number):
            photo = random.integers(level, level + 100, (*shape, 3)).astype("uint8")
            Image.fromarray(photo).save(folder / name / f"{name}.{k}.{('jpg', 'png')[k % 2]}")


def test_the_network_has_the_articles_number_of_parameters():
    assert example.build().count_params() == 219_801


def test_without_photos_it_says_so_and_learns_drawings(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "nothing"))
    output = tmp_path / "new" / "folder"
    options = ["--epochs", "15", "--image-size", "32", "--limit", "60", "--threads", "2", "--seed", "1"]
    accuracy = example.main([*options, "--output", str(output)])
    out = capsys.readouterr().out
    assert f"There are no photos in {tmp_path / 'nothing' / 'cats_vs_dogs'}, and --data names none." in out
    assert "synthetic stand-in instead" in out
    assert "These are no photos." in out
    assert "cat (0) or dog (1); 96 photos for training, 24 for validation, 30 for testing" in out
    assert "Epoch 15/15" in out
    assert f"test accuracy: {accuracy:.4f} (synthetic stand-in, 30 photos, seed 1)" in out
    assert accuracy > 0.7
    assert (output / "synthetic-stand-in-predictions.png").read_bytes().startswith(b"\x89PNG")
    assert models.load_model(output / "synthetic-stand-in.keras").count_params() == 14 * 14 * 10 + 1 + 760
    assert len(list((output / "synthetic-stand-in").rglob("drawn-*.jpg"))) == 2 * 60 + 2 * 15


def test_folders_of_training_and_test(monkeypatch, tmp_path, capsys):
    """In the data folder; the same weights on any number of threads."""
    photos(tmp_path / "cats_vs_dogs" / "train", 20)
    photos(tmp_path / "cats_vs_dogs" / "test", 5)
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path))
    weights = []
    for threads in ("1", "2"):
        options = ["--epochs", "30", "--image-size", "24", "--batch-size", "8", "--threads", threads]
        assert example.main([*options, "--output", str(tmp_path)]) > 0.8
        weights.append(models.load_model(tmp_path / "cats-and-dogs.keras").get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)
    assert "cats and dogs: cat (0) or dog (1); 32 photos for training, 8 for validation, 10 for testing" in (
        capsys.readouterr().out
    )


def test_folders_of_classes_alone_are_split(tmp_path, capsys):
    photos(tmp_path / "own", 25, names=("apple", "pear"))
    example.main(["--data", str(tmp_path / "own"), "--epochs", "1", "--image-size", "16", "--output", str(tmp_path)])
    assert "apple (0) or pear (1); 32 photos for training, 8 for validation, 10 for testing" in capsys.readouterr().out


def test_photos_come_in_batches_of_bytes_in_a_new_order(tmp_path):
    photos(tmp_path, 5)
    classes, files = example.files_of(tmp_path, 4)
    assert classes == ["cat", "dog"]
    assert files.labels.tolist() == [0] * 4 + [1] * 4
    data = example.Photos(files, 16, 3, np.random.default_rng(0))
    assert [len(y) for _, y in data] == [3, 3, 2]
    x, y = data[0]
    assert (x.shape, x.dtype) == ((3, 16, 16, 3), np.uint8)
    assert (x.mean(axis=(1, 2, 3)) > 130).tolist() == y.astype(bool).tolist()
    before = data.order.copy()
    data.on_epoch_end()
    assert sorted(data.order) == sorted(before)
    assert data.order.tolist() != before.tolist()


def test_any_photo_becomes_three_channels(tmp_path):
    for mode in ("L", "RGBA", "P", "CMYK"):
        path = tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (30, 20), 100 if mode in "LP" else (100,) * 4).save(path)
        assert example.read(path, 12).shape == (12, 12, 3)


@pytest.mark.parametrize("content", [b"", b"no photo", "half"])
def test_a_damaged_photo_is_named(tmp_path, content):
    photos(tmp_path, 1)
    path = tmp_path / "cat" / "cat.0.jpg"
    path.write_bytes(path.read_bytes()[:400] if content == "half" else content)
    with pytest.raises(ValueError, match=r"cat\.0\.jpg must be a photo"):
        example.read(path, 16)


def test_folders_that_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        example.main(["--data", str(tmp_path / "nowhere"), "--output", str(tmp_path / "output")])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(
        ValueError, match=re.escape("must hold two folders with photos, one of each class. Received: none.")
    ):
        example.main(["--data", str(empty), "--output", str(tmp_path / "output")])
    photos(empty, 2)
    (empty / "fish").mkdir()
    with pytest.raises(ValueError, match=re.escape("Received: cat (2 photos), dog (2 photos), fish (0 photos).")):
        example.main(["--data", str(empty), "--output", str(tmp_path / "output")])
    photos(tmp_path / "two" / "train", 2)
    photos(tmp_path / "two" / "test", 2, names=("cat", "hound"))
    with pytest.raises(ValueError, match="the same classes"):
        example.main(["--data", str(tmp_path / "two"), "--output", str(tmp_path / "output")])
