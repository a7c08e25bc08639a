"""Data sets beside MNIST: from files in their publishers' formats, made here, and much smaller than the real ones."""

import gzip
import hashlib
import io
import json
import os
import pickle
import shutil
import struct
import tarfile

import numpy as np
import pytest

from cycnn import config, datasets
from cycnn.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    housing,
    imdb,
    npz_file,
    plain_pickle,
    reuters,
)

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Empty folders of cycnn and of Keras, and no way to download."""
    monkeypatch.setenv("CYCNN_HOME", str(tmp_path / "cycnn"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for module in (fashion_mnist, cifar10, cifar100, boston_housing, california_housing, imdb, reuters):
        monkeypatch.setattr(module, "ORIGIN", (tmp_path / "origin").as_uri() + "/")
    (tmp_path / "cycnn").mkdir()
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    return tmp_path


def where(folders, kind):
    return folders / "cycnn" if kind == "ours" else folders / "keras" / "datasets"


def test_everything_is_found_by_name():
    names = "boston_housing california_housing cifar10 cifar100 digits fashion_mnist imdb mnist reuters"
    assert datasets.__all__ == names.split()
    assert all(callable(getattr(datasets, name).load_data) for name in datasets.__all__)


# Fashion-MNIST -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    """A folder with the four files."""
    folder = tmp_path_factory.mktemp("fashion")
    for name, (header, shape) in fashion_mnist.FILES.items():
        numbers = np.resize(np.arange(251, dtype=np.uint8), shape)
        (folder / name).write_bytes(gzip.compress(bytes(header) + numbers.tobytes(), 1))
    return folder


@pytest.mark.parametrize("kind", ["ours", "Keras's"])
def test_fashion_mnist(folders, fashion, kind):
    shutil.copytree(fashion, where(folders, kind) / "fashion-mnist")
    (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
    assert [a.shape for a in (x_train, y_train, x_test, y_test)] == [
        (60000, 28, 28),
        (60000,),
        (10000, 28, 28),
        (10000,),
    ]
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train[0, 1, 0] == 28
    assert y_test[:3].tolist() == [0, 1, 2], "the numbers begin behind the header"


def test_a_broken_file_of_fashion_mnist_is_named(folders, fashion):
    shutil.copytree(fashion, folders / "cycnn" / "fashion-mnist")
    path = folders / "cycnn" / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=f"{path} is damaged or another file: .*Remove it"):
        fashion_mnist.load_data()


def test_fashion_mnist_is_downloaded(folders, fashion):
    shutil.copytree(fashion, folders / "origin")
    fashion_mnist.load_data()
    assert sorted(path.name for path in (folders / "cycnn" / "fashion-mnist").iterdir()) == sorted(fashion_mnist.FILES)


# CIFAR ---------------------------------------------------------------------------------------------------------------


class Python2(pickle._Pickler):
    """Writes as Python 2 did, in which the files of CIFAR were made: texts are bytes."""

    def save_bytes(self, value):
        content = value.encode() if isinstance(value, str) else value
        short = len(content) < 256
        self.write(
            pickle.SHORT_BINSTRING + bytes([len(content)])
            if short
            else pickle.BINSTRING + struct.pack("<i", len(content))
        )
        self.write(content)
        self.memoize(value)

    dispatch = {**pickle._Pickler.dispatch, bytes: save_bytes, str: save_bytes}


def old_pickle(value):
    file = io.BytesIO()
    Python2(file, protocol=2).dump(value)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def cifar_file(samples, first=0, **labels):
    data = np.zeros((samples, 3072), np.uint8)
    data[:, 0], data[:, 1024], data[:, 2048 + 33] = first, 7, 9  # red of the first pixel, green there, blue of row 1
    return old_pickle({"data": data, **labels})


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(cifar10, "SAMPLES", 4)
    monkeypatch.setattr(cifar100, "SAMPLES", {"train": 6, "test": 3})


def write_cifar10(folder):
    folder.mkdir(parents=True)
    for k in range(1, 6):
        (folder / f"data_batch_{k}").write_bytes(cifar_file(4, k, labels=[k, 2, 3, 9]))
    (folder / "test_batch").write_bytes(cifar_file(4, 9, labels=[5, 6, 7, 8]))


def write_cifar100(folder):
    folder.mkdir(parents=True)
    for name, samples in (("train", 6), ("test", 3)):
        fine, coarse = list(range(94, 94 + samples)), list(range(samples))
        (folder / name).write_bytes(cifar_file(samples, fine_labels=fine, coarse_labels=coarse))


def assert_is_cifar10(data):
    (x_train, y_train), (x_test, y_test) = data
    assert (x_train.shape, y_train.shape, x_test.shape, y_test.shape) == (
        (20, 32, 32, 3),
        (20, 1),
        (4, 32, 32, 3),
        (4, 1),
    )
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert x_train[::4, 0, 0].tolist() == [[k, 7, 0] for k in range(1, 6)]
    assert x_test[0, 1, 1].tolist() == [0, 0, 9]
    assert y_train[::4, 0].tolist() == [1, 2, 3, 4, 5]
    assert y_test[:, 0].tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("kind", ["ours", "Keras's"])
@pytest.mark.parametrize("place", ["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])
def test_cifar10(folders, small, kind, place):
    write_cifar10(where(folders, kind) / place)
    assert_is_cifar10(datasets.cifar10.load_data())


def test_cifar10_is_downloaded_and_unpacked(folders, small, monkeypatch):
    write_cifar10(folders / "made" / "cifar-10-batches-py")
    archive = folders / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folders / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(cifar10, "ORIGIN", archive.as_uri())
    with pytest.raises(ValueError, match="must have the sha256"):
        cifar10.load_data()
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    assert_is_cifar10(cifar10.load_data())
    archive.unlink()
    assert_is_cifar10(cifar10.load_data())


def test_cifar100(folders, small):
    write_cifar100(folders / "cycnn" / "cifar-100-python")
    (x_train, y_train), (x_test, y_test) = datasets.cifar100.load_data()
    assert (x_train.shape, x_test.shape) == ((6, 32, 32, 3), (3, 32, 32, 3))
    assert y_train[:, 0].tolist() == [94, 95, 96, 97, 98, 99]
    assert y_test.dtype == np.uint8
    assert datasets.cifar100.load_data("coarse")[1][1][:, 0].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="`label_mode` must be 'fine' or 'coarse'"):
        cifar100.load_data("both")
    config.set_image_data_format("channels_first")
    try:
        assert cifar100.load_data()[0][0][0, :, 0, 0].tolist() == [0, 7, 0]
    finally:
        config.set_image_data_format("channels_last")


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "EOF|Ran out"),
        (cifar_file(3, labels=[1, 2, 3]), r"it must hold 4 pictures, and has uint8 \(3, 3072\)"),
        (cifar_file(4, labels=[1, 2, 3]), r"labels \(3,\)"),
        (old_pickle({"labels": [1] * 4}), "data"),
        (pickle.dumps({b"data": Evil()}), "it asks for (posix|nt).system, which is no part of an array"),
        (pickle.dumps({b"data": np.random.RandomState}), "which is no part of an array"),
    ],
)
def test_a_file_of_cifar_that_is_something_else_is_named(folders, small, content, match, monkeypatch):
    monkeypatch.chdir(folders)
    write_cifar10(folders / "cycnn" / "cifar-10-batches-py")
    path = folders / "cycnn" / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path} is damaged or another file: .*({match})"):
        cifar10.load_data()
    assert not (folders / "evil").exists()


# Houses --------------------------------------------------------------------------------------------------------------


def expected_order(samples):
    order = np.arange(samples)
    np.random.RandomState(113).shuffle(order)
    return order


def test_houses(folders):
    x, y = RANDOM.normal(size=(506, 13)), np.arange(506.0)
    np.savez(folders / "cycnn" / "boston_housing.npz", x=x, y=y)
    (x_train, y_train), (x_test, y_test) = datasets.boston_housing.load_data()
    order = expected_order(506)
    assert (len(x_train), len(x_test)) == (404, 102)
    np.testing.assert_array_equal(y_train, order[:404])
    np.testing.assert_array_equal(x_test, x[order[404:]])
    assert len(boston_housing.load_data(test_split=0)[1][1]) == 0
    with pytest.raises(ValueError, match="test_split"):
        boston_housing.load_data(test_split=1)

    np.savez(
        folders / "keras" / "datasets" / "california_housing.npz", x=np.zeros((20640, 8), "float32"), y=np.arange(20640)
    )
    assert len(datasets.california_housing.load_data()[0][1]) == 16512
    (_, y_train), (_, y_test) = california_housing.load_data("small")
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), expected_order(600))
    with pytest.raises(ValueError, match="`version` must be 'small' or 'large'"):
        california_housing.load_data("medium")
    np.savez(folders / "cycnn" / "boston_housing.npz", x=x, y=y.astype(str))
    with pytest.raises(ValueError, match="is damaged or another file"):
        housing.load("boston_housing.npz", "", None, (506, 13), 0.2, 0)


# Texts ---------------------------------------------------------------------------------------------------------------


def lists(*rows):
    found = np.empty(len(rows), object)
    found[:] = [list(row) for row in rows]
    return found


TEXTS = lists([1, 2, 3], [4, 5], [6, 7, 8, 9], [10, 1])
LABELS = np.array([0, 1, 1, 0])


def test_reviews(folders):
    np.savez(folders / "cycnn" / "imdb.npz", x_train=TEXTS, y_train=LABELS, x_test=TEXTS[:3], y_test=LABELS[:3])
    random = np.random.RandomState(113)
    order, order_test = np.arange(4), np.arange(3)
    random.shuffle(order)
    random.shuffle(order_test)

    (x_train, y_train), (x_test, y_test) = datasets.imdb.load_data()
    assert [list(text) for text in x_train] == [
        [1, *[2 if word == 10 else word + 3 for word in TEXTS[k]]] for k in order
    ]
    assert y_train.tolist() == LABELS[order].tolist()
    assert y_test.tolist() == LABELS[:3][order_test].tolist()
    assert x_test.shape == (3,)
    (x_train, _), _ = imdb.load_data(num_words=8, skip_top=5, start_char=None, index_from=0, oov_char=None)
    assert sorted(map(tuple, x_train)) == [(), (), (5,), (6, 7)]
    (x_train, y_train), (x_test, _) = imdb.load_data(maxlen=4)
    assert [len(x_train), len(y_train), len(x_test)] == [2, 2, 1]
    with pytest.raises(ValueError, match="`maxlen` must be above"):
        imdb.load_data(maxlen=2)


def test_news(folders):
    np.savez(folders / "cycnn" / "reuters.npz", x=TEXTS, y=LABELS)
    (x_train, y_train), (x_test, y_test) = datasets.reuters.load_data(test_split=0.25, start_char=None, index_from=0)
    order = expected_order(4)
    assert [list(text) for text in [*x_train, *x_test]] == [
        [2 if word == 10 else word for word in TEXTS[k]] for k in order
    ]
    assert [*y_train, *y_test] == LABELS[order].tolist()
    assert len(x_test) == 1
    assert len(reuters.get_label_names()) == 46
    assert reuters.get_label_names()[3] == "earn"


def test_numbers_of_words(folders, monkeypatch):
    (folders / "cycnn" / "imdb_word_index.json").write_text(json.dumps({"the": 1}))
    assert imdb.get_word_index() == {"the": 1}
    (folders / "origin").mkdir()
    (folders / "origin" / "reuters_word_index.json").write_text(json.dumps({"of": 2}))
    with pytest.raises(ValueError, match="must have the md5"):
        reuters.get_word_index()
    content = (folders / "origin" / "reuters_word_index.json").read_bytes()
    monkeypatch.setattr(reuters, "INDEX_MD5", hashlib.md5(content).hexdigest())
    assert reuters.get_word_index() == {"of": 2}


def test_a_file_of_texts_runs_no_code(folders, monkeypatch):
    monkeypatch.chdir(folders)
    path = folders / "cycnn" / "reuters.npz"
    evil = np.empty(1, object)
    evil[0] = Evil()
    np.savez(path, x=evil, y=LABELS)
    with pytest.raises(ValueError, match=r"reuters\.npz is damaged or another file: it asks for (posix|nt)\.system"):
        reuters.load_data()
    assert not (folders / "evil").exists()
    np.savez(path, y=LABELS)
    with pytest.raises(ValueError, match="it lacks x"):
        reuters.load_data()


def test_plain_pickles_hold_arrays_of_any_kind():
    values = {"a": np.arange(6, dtype="int16").reshape(2, 3)[:, ::-1], "b": [1.5, None, "text"], "c": lists([1], [])}
    for protocol in (3, 4, 5):
        found = plain_pickle.load(io.BytesIO(pickle.dumps(values, protocol=protocol)))
        np.testing.assert_array_equal(found["a"], values["a"])
        assert found["b"] == values["b"]
        assert found["c"].tolist() == [[1], []]


def test_a_folder_within_is_looked_at(folders):
    (folders / "keras" / "datasets" / "sub").mkdir()
    (folders / "keras" / "datasets" / "sub" / "a").write_text("x")
    assert npz_file.locate("a", "", None, "sub") == str(folders / "keras" / "datasets" / "sub" / "a")
