"""The program `python -m cycnn.examples.mnist`, on the data set that needs no network."""

import os

import numpy as np
import pytest

from cycnn import config
from cycnn.datasets import mnist
from cycnn.examples import mnist as example


@pytest.fixture
def offline(monkeypatch):
    def load_data(path="mnist.npz"):
        raise OSError("no network")

    monkeypatch.setattr(mnist, "load_data", load_data)


@pytest.fixture
def same_threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


def test_the_network_has_the_articles_number_of_parameters():
    assert example.build().count_params() == 93_322


def test_without_mnist_it_says_so_and_learns_the_digits(offline, same_threads, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    accuracy = example.main(["--epochs", "4", "--threads", "2", "--seed", "1", "--output", str(folder)])
    out = capsys.readouterr().out
    assert "MNIST was not found and could not be downloaded: no network" in out
    assert "This is not MNIST." in out
    assert "digits: 1200 images for training, 300 for validation, 297 for testing" in out
    assert f"test accuracy: {accuracy:.4f} (digits, 297 images, seed 1)" in out
    assert accuracy > 0.8
    assert sorted(os.listdir(folder)) == ["digits-labels.png", "digits-predictions.png", "digits-weights.npz"]
    assert all(
        (folder / f"digits-{name}.png").read_bytes().startswith(b"\x89PNG") for name in ("labels", "predictions")
    )
    with np.load(folder / "digits-weights.npz", allow_pickle=False) as weights:
        assert sum(weights[name].size for name in weights) == 93_322


def test_data_that_was_named_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mnist\.npz"):
        example.main(["--data", str(tmp_path), "--output", str(tmp_path)])


def test_weights_are_whole_or_absent(monkeypatch, tmp_path):
    def full_disk(file, *arrays):
        file.write(b"PK")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space"):
        example.save(example.build(), tmp_path / "weights.npz")
    assert os.listdir(tmp_path) == []
