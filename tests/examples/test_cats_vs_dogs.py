"""The program `python -m cycnn.examples.cats_vs_dogs`, short, on drawings and on generated photos."""

import re

import numpy as np
import pytest

from cycnn import config, models

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("h5py")
pytest.importorskip("matplotlib")
from cycnn.examples import cats_vs_dogs as example  # noqa: E402


@pytest.fixture(autouse=True)
def same_threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def photos(folder, number, shape=(40, 56), names=("cat", "dog")):
    """Photos with rough fur in the one folder and smooth fur in the other, in all colours."""
    random = np.random.default_rng(number)
    for name, coarse in zip(names, (1, 8), strict=True):
        (folder / name).mkdir(parents=True)
        for k in range(number):
            photo = random.integers(0, 256, (shape[0] // coarse, shape[1] // coarse, 3)).astype(np.uint8)
            photo = photo.repeat(coarse, 0).repeat(coarse, 1)
            Image.fromarray(photo).save(folder / name / f"{name}.{k}.{('jpg', 'png')[k % 2]}")


def test_the_article_s_network_has_its_number_of_parameters():
    assert example.build_article().count_params() == 219_801


def test_the_modern_network_takes_photos_of_any_size():
    assert example.build_modern().count_params() == example.build_modern(48).count_params() == 723_905


def test_without_photos_it_says_so_and_learns_drawings(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "nothing"))
    monkeypatch.setattr(example, "DRAWINGS", 60)
    output = tmp_path / "new" / "folder"
    options = ["--network", "article", "--epochs", "15", "--image-size", "32", "--threads", "2", "--seed", "1"]
    accuracy = example.main([*options, "--output", str(output)])
    out = capsys.readouterr().out
    assert f"There are no photos in {tmp_path / 'nothing' / 'cats_vs_dogs'}, and --data names none." in out
    assert "synthetic stand-in instead" in out
    assert "These are no photos." in out
    assert "cat (0) or dog (1); 108 photos for training, 12 for validation, 30 for testing" in out
    assert "Epoch 15/15" in out
    assert f"test accuracy: {accuracy:.4f} (synthetic stand-in, article network, seed 1)" in out
    assert accuracy > 0.7
    for end in ("curves", "predictions"):
        assert (output / f"synthetic-stand-in-{end}.png").read_bytes().startswith(b"\x89PNG")
    assert models.load_model(output / "synthetic-stand-in.keras").count_params() == 14 * 14 * 10 + 1 + 760
    assert len(list((output / "synthetic-stand-in").rglob("drawn-*.jpg"))) == 2 * 60 + 2 * 15


def test_the_modern_network_learns_photos_from_folders(monkeypatch, tmp_path, capsys):
    """In the data folder; the same weights on any number of threads."""
    photos(tmp_path / "cats_vs_dogs" / "train", 40)
    photos(tmp_path / "cats_vs_dogs" / "test", 10)
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path))
    weights = []
    for threads in ("1", "2"):
        options = ["--epochs", "20", "--image-size", "32", "--batch-size", "16", "--threads", threads]
        assert example.main([*options, "--output", str(tmp_path)]) > 0.9
        weights.append(models.load_model(tmp_path / "cats-and-dogs.keras").get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)
    assert "cats and dogs: cat (0) or dog (1); 72 photos for training, 8 for validation, 20 for testing" in (
        capsys.readouterr().out
    )


def test_folders_of_classes_alone_are_split(tmp_path, capsys):
    photos(tmp_path / "own", 25, names=("apple", "pear"))
    options = ["--network", "article", "--epochs", "1", "--image-size", "16", "--output", str(tmp_path)]
    example.main(["--data", str(tmp_path / "own"), *options])
    assert "apple (0) or pear (1); 40 photos for training, 5 for validation, 5 for testing" in capsys.readouterr().out


def test_photos_in_memory_are_bytes_that_are_decoded_once(tmp_path):
    photos(tmp_path, 6)
    kept = example.in_memory(example.read(tmp_path, 16, 0))
    first = list(kept.as_numpy_iterator())
    for path in tmp_path.rglob("*.*"):
        path.unlink()
    for (photo, label), (again, _) in zip(first, kept.as_numpy_iterator(), strict=True):
        assert (photo.shape, photo.dtype, label.shape) == ((16, 16, 3), np.uint8, (1,))
        assert again is photo
    assert len(first) == len(kept) == 12


def test_a_damaged_photo_is_named_and_left_out(tmp_path):
    photos(tmp_path, 3)
    (tmp_path / "cat" / "cat.0.jpg").write_bytes(b"no photo")
    with pytest.warns(UserWarning, match=r"cat\.0\.jpg"):
        assert len(list(example.read(tmp_path, 16, 0))) == 5


def test_folders_that_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        example.main(["--data", str(tmp_path / "nowhere"), "--output", str(tmp_path / "output")])
    photos(tmp_path / "one", 5, names=("cat", "dog"))
    (tmp_path / "one" / "fish").mkdir()
    with pytest.raises(ValueError, match=re.escape("two classes. Received: ['cat', 'dog', 'fish'].")):
        example.main(["--data", str(tmp_path / "one"), "--output", str(tmp_path / "output")])
    photos(tmp_path / "two" / "train", 5)
    photos(tmp_path / "two" / "test", 5, names=("cat", "hound"))
    with pytest.raises(ValueError, match="the same classes"):
        example.main(["--data", str(tmp_path / "two"), "--output", str(tmp_path / "output")])
