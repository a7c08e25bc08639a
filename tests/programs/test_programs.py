"""Programs for Keras, from the five articles and from 2016 to 2020, run with their import lines edited and nothing else.

The text is our own reconstruction. Data that are not at hand are generated, as easy to learn; training is cut short.
"""

import csv
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import cycnn
from cycnn import config, datasets
from cycnn.datasets import mnist

from . import harness

HERE = Path(__file__).parent
PROGRAMS = {path.stem for path in HERE.glob("*.py") if not path.stem.startswith(("harness", "test_"))}


def drawn(samples, side, channels, seed):
    """Pictures of ten classes, uint8: a bright square whose place and size say which one, on noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, samples).astype("uint8")
    pictures = random.integers(0, 60, (samples, side, side, channels), dtype="uint8")
    for label in range(10):
        top, left = divmod(label, 5)
        rows = slice(2 + top * side // 2, 2 + top * side // 2 + side // 3 + top)
        columns = slice(label % 5 * side // 6 + 1, left * side // 6 + side // 4 + 1)
        pictures[
            np.flatnonzero(labels == label)[:, None, None], np.arange(side)[rows, None], np.arange(side)[columns]
        ] += 180
    return pictures, labels


@pytest.fixture(scope="session")
def digits():
    """MNIST where it is at hand without a download, else pictures in its form."""
    if os.path.isfile(os.path.join(config.data_home(), "mnist.npz")):
        return mnist.load_data()
    (x, y), (x_test, y_test) = drawn(60_000, 28, 1, 0), drawn(10_000, 28, 1, 1)
    return (x[..., 0], y), (x_test[..., 0], y_test)


@pytest.fixture
def run(digits, tmp_path, monkeypatch):
    """A function that runs a program in an empty folder, with seeds, short training and data at hand."""
    monkeypatch.chdir(tmp_path)
    cycnn.utils.set_random_seed(0)
    cycnn.utils.clear_session()
    state = config.image_data_format()

    def run(name, epochs=2, steps=40, samples=6000):
        (x, y), (x_test, y_test) = digits
        data = (x[:samples], y[:samples]), (x_test[: samples // 6], y_test[: samples // 6])
        monkeypatch.setattr(mnist, "load_data", lambda path="mnist.npz": data)
        harness.shorten(monkeypatch, epochs, steps)
        return harness.run(HERE / f"{name}.py")

    yield run
    config.set_image_data_format(state)


@pytest.fixture
def screen(monkeypatch):
    """matplotlib without a screen; the figures that were shown."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gcf()))
    yield shown
    pyplot.close("all")


# ------------------------------------------------------------------------------------------- the articles' programs


def test_max_pooling(run, capsys):
    assert run("max_pooling")["output"].tolist() == [[13, 12], [15, 25]]
    assert "[[13. 12.]\n [15. 25.]]" in capsys.readouterr().out


def test_average_pooling(run):
    assert run("average_pooling")["output"].tolist() == [[9.25, 6.75], [12.25, 4.75]]


def test_global_pooling(run):
    names = run("global_pooling")
    assert names["gmax_output"] == 18
    assert names["gavg_output"] == 133 / 16


def test_layers_of_a_cnn(run, capsys):
    names = run("layers_of_a_cnn", steps=8)
    assert names["model"].count_params() == 1_199_882
    assert 0 <= names["score"][1] <= 1
    assert "Total params: 1,199,882 (4.58 MB)" in capsys.readouterr().out


def test_weights_that_see_a_four(run):
    names = run("weights_that_see_a_four")
    four = names["four"]
    np.testing.assert_allclose(names["case_1"][..., 0], four * 0.5)
    assert names["case_2"].shape == (5, 3, 1)  # three columns of four
    np.testing.assert_allclose(names["case_2"][..., 0], four[:, :-1] + 0.3 * four[:, 1:], rtol=1e-6)
    assert names["case_3"].shape == (5, 5, 1)
    assert names["case_4"].shape == (5, 3, 2)
    np.testing.assert_allclose(names["case_4"][..., 1], 0.1 * four[:, :-1] + 5 * four[:, 1:], rtol=1e-6)
    assert names["case_5"].shape == (4, 3, 1)  # one less in both directions
    assert names["shapes"] == [(4, 4), (2, 2), (6, 6)]


def test_cats_and_dogs(run, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    for number in range(6):
        for kind, level in (("cat", 60), ("dog", 160)):
            folder = tmp_path / "train" / kind
            folder.mkdir(parents=True, exist_ok=True)
            photo = random.integers(level, level + 60, (40 + number, 50, 3)).astype("uint8")
            Image.fromarray(photo).save(folder / f"{kind}.{number}.png")
    names = run("cats_and_dogs")
    assert names["images"].shape == (12, 300, 300, 3)
    assert names["images"].dtype == np.uint8
    assert names["label"].tolist() == [[1, 0]] * 6 + [[0, 1]] * 6
    assert names["model"].count_params() == 438_842
    assert len(names["model"].history.history["val_accuracy"]) == 2


def test_handwritten_digits(run, screen, capsys):
    names = run("handwritten_digits", steps=100, samples=60_000)
    assert names["model"].count_params() == 93_322
    assert list(names["history"].history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert names["test_acc"] > 0.85
    assert "(48000, 28, 28) (12000, 28, 28) (10000, 28, 28)" in capsys.readouterr().out
    assert [len(figure.axes) for figure in screen] == [6, 6]


# ---------------------------------------------------------------------------------------------- 2016, 2017, ... 2020


def test_mnist_cnn(run, capsys):
    names = run("mnist_cnn", steps=8)
    assert names["model"].count_params() == 1_199_882
    assert "x_train shape: (6000, 28, 28, 1)\n6000 train samples\n" in capsys.readouterr().out


def test_mnist_mlp(run):
    names = run("mnist_mlp", steps=70, samples=60_000)
    assert names["model"].count_params() == 669_706
    assert names["score"][1] > 0.85


def test_digits_of_2016(run):
    names = run("digits_of_2016", steps=60)
    assert names["hist"].epoch == [0, 1]
    assert names["scores"][1] > 0.8
    assert float(names["sgd"].iterations) == 120


def test_cifar10_cnn(run, monkeypatch):
    data = ModuleType("cycnn.datasets.cifar10")  # cycnn has no such data set: pictures in its form stand in
    (x, y), (x_test, y_test) = drawn(2000, 32, 3, 0), drawn(300, 32, 3, 1)
    data.load_data = lambda: ((x, y[:, None]), (x_test, y_test[:, None]))
    monkeypatch.setattr(datasets, "cifar10", data, raising=False)
    names = run("cifar10_cnn", steps=10)
    assert names["model"].count_params() == 1_250_858
    np.testing.assert_array_equal(names["again"].predict(names["x_test"]), names["model"].predict(names["x_test"]))


def test_pima_diabetes(run, tmp_path):
    random = np.random.default_rng(0)
    table = random.normal(size=(400, 9))
    table[:, 8] = table[:, :3].sum(axis=1) > 0
    np.savetxt(tmp_path / "pima-indians-diabetes.csv", table, delimiter=",")
    names = run("pima_diabetes", epochs=40)
    assert names["model"].metrics_names[1] == "accuracy"
    assert names["scores"][1] > 0.8
    assert names["score"] == names["scores"]
    assert set(names["rounded"]) == {0, 1}


def test_callbacks_at_work(run, tmp_path):
    names = run("callbacks_at_work", epochs=6)
    epochs = len(names["history"].epoch)
    assert len(names["losses"].losses) == epochs * 30
    assert names["seen"] == [(k, ["acc", "learning_rate", "loss", "val_acc", "val_loss"]) for k in range(epochs)]
    with open(tmp_path / "training.csv", newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == [str(k) for k in range(epochs)]
    assert sorted(path.name for path in tmp_path.glob("model-*")) == [
        f"model-{k:02d}.h5" for k in range(2, epochs + 1, 2)
    ]
    assert names["rates"] == [0.5, 0.5, 0.25, 0.25]
    best = max(names["history"].history["val_acc"])
    assert names["best"].evaluate(names["x"][480:], names["y"][480:], verbose=0)[1] == pytest.approx(best)


def test_residual_network(run):
    names = run("residual_network", epochs=3, steps=150)
    assert names["model"].history.history["accuracy"][-1] > 0.75  # moving averages are far behind after so few steps
    assert 0 < names["scores"][1] <= 1
    assert names["features"].shape == (100, 16)


def test_own_objects(run):
    names = run("own_objects", epochs=30)
    assert names["history"].history["accuracy"][-1] > 0.75
    assert names["history"].history["loss"][-1] < 0.7 * names["history"].history["loss"][0]
    np.testing.assert_array_equal(names["again"].predict(names["x"]), names["model"].predict(names["x"]))


def test_batches_from_a_sequence(run):
    names = run("batches_from_a_sequence", epochs=25)
    assert names["scores"][1] > 0.9
    assert names["training"].epochs == 25
    assert names["predicted"].shape == (100, 2)


def test_two_inputs_two_outputs(run):
    names = run("two_inputs_two_outputs", epochs=20)
    assert names["kinds"].shape == (400, 2)
    assert names["found"].shape == (400, 1)
    assert set(names["results"]) == {"loss", "kind_accuracy", "kind_loss", "price_mae", "price_loss"}
    history = names["history"].history
    assert history["val_price_mae"][-1] < 0.5 * history["val_price_mae"][0]


def test_feature_maps(run, capsys):
    names = run("feature_maps", steps=100, samples=60_000)
    assert "first (1, 26, 26, 8)\nmax_pooling2d (1, 13, 13, 8)\nconv2d (1, 11, 11, 16)" in capsys.readouterr().out
    assert names["filters"].shape == (3, 3, 1, 8)
    assert len(names["head"].trainable_weights) == 4
    for before, after in zip(names["before"], names["after"], strict=True):
        np.testing.assert_array_equal(before, after)


def test_tf_keras_quickstart(run):
    names = run("tf_keras_quickstart", steps=200)
    logits = names["predictions"][0].astype(float)
    expected = np.log(np.exp(logits).sum()) - logits[names["y_train"][0]]
    assert names["first_loss"] == pytest.approx(expected, rel=1e-5)
    assert names["test_acc"] > 0.85
    np.testing.assert_allclose(names["probabilities"].sum(axis=1), 1, rtol=1e-5)


# ---------------------------------------------------------------------- loops over gradients: GAN, VAE, what networks see


def digits_8x8():
    """scikit-learn's digits from 0 to 1: what the generative programs learn from."""
    return pytest.importorskip("sklearn.datasets").load_digits().images / 16


def looks_like_digits(drawn):
    """Whether drawn pictures have the digits' brightness, contrast and shape, and differ as much from one another.

    What knows no more than the mean image, or gives one digit for all numbers, fails.
    """
    real, drawn = digits_8x8(), np.asarray(drawn).reshape(-1, 8, 8)
    spread = real.std(axis=0)
    return (
        abs(drawn.mean() - real.mean()) < 0.08
        and abs(drawn.std() - real.std()) < 0.08
        and np.abs(drawn.mean(axis=0) - real.mean(axis=0)).mean() < 0.6 * spread.mean()
        and drawn.std(axis=0).mean() > 0.6 * spread.mean()
    )


def error_of_the_mean_image():
    """The squared error of who always says the mean image."""
    real = digits_8x8()
    return np.mean((real - real.mean(axis=0)) ** 2)


def test_gan_with_its_train_step(run, tmp_path):
    pytest.importorskip("PIL")
    digits_8x8()
    names = run("gan_with_its_train_step", epochs=22)
    assert set(names["history"].history) == {"d_loss", "g_loss"}
    assert looks_like_digits(names["drawn"])
    assert len(list(tmp_path.glob("generated_img_*.png"))) == 66
    assert len(names["gan"].d_optimizer.variables) > 2 * len(names["discriminator"].trainable_weights)


def test_gan_in_a_loop(run, screen, tmp_path, capsys):
    digits_8x8()
    names = run("gan_in_a_loop")
    assert looks_like_digits((names["drawn"] + 1) / 2)
    assert all(0.1 < loss < 3 for pair in names["losses"] for loss in pair)  # neither of the two has won
    assert (tmp_path / "image_at_epoch_0020.png").exists()
    assert "epoch 20 losses " in capsys.readouterr().out


def test_what_is_no_digit_is_noticed():
    real = digits_8x8()
    assert looks_like_digits(real)
    mean = np.broadcast_to(real.mean(axis=0), real.shape)
    assert not looks_like_digits(mean)
    assert not looks_like_digits(np.broadcast_to(real[0], real.shape))
    assert not looks_like_digits(np.random.default_rng(0).permuted(real.reshape(-1, 64), axis=1))


def test_vae_with_its_train_step(run):
    real = digits_8x8()
    names = run("vae_with_its_train_step", epochs=15)
    history = names["history"].history
    assert list(history) == ["kl_loss", "loss", "reconstruction_loss"]
    np.testing.assert_allclose(history["loss"], np.add(history["reconstruction_loss"], history["kl_loss"]), rtol=1e-4)
    assert history["kl_loss"][-1] > 1  # the codes say something
    assert np.mean((names["restored"][..., 0] - real) ** 2) < 0.7 * error_of_the_mean_image()
    assert abs(names["drawn"].mean() - real.mean()) < 0.05


def test_vae_with_add_loss(run):
    real = digits_8x8().reshape(-1, 64)
    names = run("vae_with_add_loss", epochs=15)
    assert names["progress"][-1] < 0.4 * names["progress"][0]
    assert names["history"].history["loss"][-1] == pytest.approx(names["progress"][-1], rel=0.1)  # either way
    for restored in names["restored"].values():
        assert np.mean((restored - real) ** 2) < 0.45 * error_of_the_mean_image()


def test_grad_cam(run, screen, tmp_path):
    pytest.importorskip("PIL")
    names = run("grad_cam", epochs=8)
    assert names["history"].history["accuracy"][-1] > 0.95
    # The heat is on the figure, whose arms are 4 pixels long, for one of the two kinds: the other is told by what lacks
    # there. By chance it were for one picture in twelve; TensorFlow 2.21 with Keras 3.15 has 0.55, too.
    assert np.mean(names["distances"] <= 4) > 0.5
    assert (tmp_path / "cam.jpg").exists()


def test_deep_dream(run):
    """The numbers of TensorFlow 2.21 with Keras 3.15, which the program printed there."""
    pytest.importorskip("PIL")
    names = run("deep_dream")
    assert names["starts"] == [0, 10, 20]
    found = [names["losses"][k] for k in (0, 1, 9, 10, 19, 20, 29)]
    expected = [1.1757171, 2.0422292, 23.4435272, 10.3367786, 42.8818474, 4.3943958, 28.4780866]
    np.testing.assert_allclose(found, expected, rtol=2e-5)
    assert names["dream"].shape == (48, 64, 3)


def test_regression_by_folds(run):
    names = run("regression_by_folds", epochs=40)
    assert len(names["average"]) == 40
    assert np.mean(names["all_scores"]) < 0.8


def test_every_program_is_run():
    assert {name.removeprefix("test_") for name in globals() if name.startswith("test_")} >= PROGRAMS


def test_an_edit_changes_import_lines_alone():
    text = "import keras\nfrom keras.layers import Dense\nimport tensorflow as tf\nkeras.layers.core\n# import keras"
    assert harness.edited(text) == (
        "import cycnn as keras\nfrom cycnn.layers import Dense\nimport cycnn as tf\nkeras.layers.core\n# import keras"
    )
