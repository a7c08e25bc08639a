"""Data sets: where a file is looked for, what it must hold, and the form of what comes."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from cycnn import datasets
from cycnn.datasets import digits, mnist

HOME = os.environ.get("CYCNN_HOME")
real = pytest.mark.skipif(
    not (HOME and (Path(HOME) / "mnist.npz").is_file()), reason="CYCNN_HOME names no folder with a mnist.npz"
)


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    """A file in the form of mnist.npz, black but for one pixel."""
    arrays = {name: np.zeros(shape, dtype) for name, (shape, dtype) in mnist.ARRAYS.items()}
    arrays["x_train"][3, 5, 7] = 255
    arrays["y_test"][-1] = 9
    path = tmp_path_factory.mktemp("fake") / "mnist.npz"
    np.savez_compressed(path, **arrays)
    return path


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Empty folders of cycnn and of Keras, and no way to download."""
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "cycnn"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(mnist, "ORIGIN", (tmp_path / "origin.npz").as_uri())
    (tmp_path / "cycnn").mkdir()
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    return tmp_path


def assert_is_fake(data):
    (x_train, y_train), (x_test, y_test) = data
    assert [a.shape for a in (x_train, y_train, x_test, y_test)] == [
        (60000, 28, 28),
        (60000,),
        (10000, 28, 28),
        (10000,),
    ]
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train[3, 5, 7] == 255
    assert y_test[-1] == 9


def test_mnist_in_the_data_folder(folders, fake):
    (folders / "cycnn" / "mnist.npz").symlink_to(fake)
    (folders / "keras" / "datasets" / "mnist.npz").write_bytes(b"not looked at")
    assert_is_fake(mnist.load_data())


def test_mnist_in_keras_s_folder(folders, fake, monkeypatch):
    (folders / "keras" / "datasets" / "mnist.npz").symlink_to(fake)
    assert_is_fake(datasets.mnist.load_data())
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(folders))
    (folders / "keras").rename(folders / ".keras")
    assert_is_fake(datasets.mnist.load_data())


def test_mnist_under_another_name_or_path(folders, fake):
    (folders / "cycnn" / "digits.npz").symlink_to(fake)
    assert_is_fake(mnist.load_data("digits.npz"))
    assert_is_fake(mnist.load_data(path=fake))
    with pytest.raises(FileNotFoundError, match=r"There must be a file /nowhere/mnist.npz"):
        mnist.load_data("/nowhere/mnist.npz")


def test_mnist_is_downloaded_to_the_data_folder(folders, fake, monkeypatch):
    import hashlib

    (folders / "origin.npz").write_bytes(fake.read_bytes())
    with pytest.raises(ValueError, match=f"must have the sha256 {mnist.SHA256}. Received: "):
        mnist.load_data()
    assert not list((folders / "cycnn").iterdir())
    monkeypatch.setattr(mnist, "SHA256", hashlib.sha256(fake.read_bytes()).hexdigest())
    assert_is_fake(mnist.load_data())
    assert [path.name for path in (folders / "cycnn").iterdir()] == ["mnist.npz"]
    (folders / "origin.npz").unlink()
    assert_is_fake(mnist.load_data())


def test_mnist_that_is_nowhere_says_where_to_put_it(folders):
    with pytest.raises(OSError, match=f"Cannot download .*put the file at {folders / 'cycnn' / 'mnist.npz'}"):
        mnist.load_data()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def save(path, **changed):
    arrays = {name: np.zeros((2, *shape[1:]), dtype) for name, (shape, dtype) in mnist.ARRAYS.items()} | changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("write", "match"),
    [
        (lambda path: path.write_bytes(b""), "No data left in file|EOF"),
        (lambda path: path.write_bytes(b"PK\x03\x04 and so on"), "not a zip file"),
        (lambda path: path.write_text("<html>404</html>"), "pickle"),
        (lambda path: path.write_bytes(npy(np.zeros(3))), "it lacks x_train"),
        (lambda path: save(path, x_test=None), "it lacks x_test"),
        (lambda path: save(path), r"x_train must be uint8 \(60000, 28, 28\), and is uint8 \(2, 28, 28\)"),
        (lambda path: save(path, x_train=np.array([object()])), "allow_pickle=False"),
    ],
)
def test_a_broken_file_is_named_and_left(folders, write, match):
    path = folders / "cycnn" / "mnist.npz"
    write(path)
    with pytest.raises(ValueError, match=f"{path} is damaged or another file: .*({match}).*Remove it"):
        mnist.load_data()
    assert path.exists()


def test_a_file_of_another_type_is_refused(folders, fake):
    with np.load(fake) as file:
        arrays = dict(file)
    np.savez_compressed(folders / "cycnn" / "mnist.npz", **{**arrays, "y_test": arrays["y_test"].astype("int64")})
    with pytest.raises(ValueError, match=r"y_test must be uint8 \(10000,\), and is int64 \(10000,\)"):
        mnist.load_data()


def test_a_file_that_is_cut_short_is_refused(folders, fake):
    content = fake.read_bytes()
    (folders / "cycnn" / "mnist.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="is damaged or another file"):
        mnist.load_data()


@real
def test_the_real_mnist():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert x_train.max() == x_test.max() == 255
    assert x_train.mean() / 255 == pytest.approx(0.1307, abs=1e-4)


# digits


def test_digits_have_the_form_of_mnist():
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    (x_train, y_train), (x_test, y_test) = datasets.digits.load_data()
    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == (
        (1500, 28, 28),
        (1500,),
        (297, 28, 28),
        (297,),
    )
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train.max() == 255
    assert x_train.min() == 0
    assert np.bincount(y_train).min() > 140
    assert np.bincount(y_test).min() > 25


def test_digits_are_the_pictures_of_scikit_learn_enlarged():
    sklearn = pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn")
    images, labels = sklearn.load_digits(return_X_y=True)
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), labels)
    # Averages over the area of each of the 8×8 pixels are close to the pixel.
    small = np.concatenate([x_train, x_test]).repeat(2, 1).repeat(2, 2).reshape(-1, 8, 7, 8, 7).mean((2, 4))
    assert np.corrcoef(small.ravel(), images.ravel())[0, 1] > 0.97


def test_enlarging_interpolates():
    rows = digits._enlarging(2, 4)
    np.testing.assert_allclose(rows, [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    np.testing.assert_allclose(digits._enlarging(8, 28).sum(1), np.ones(28))


def test_digits_without_scikit_learn_name_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits.load_data()
