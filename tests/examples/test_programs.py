"""The programs `python -m cycnn.examples.NAME`, short, with what their docstrings promise."""

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("PIL")
pytest.importorskip("sklearn")
from cycnn import examples
from cycnn.examples import (
    autoencoder,
    cifar10,
    from_scratch,
    gan_digits,
    handcrafted_filters,
    mlp_and_cnn,
    object_detection,
    questions,
    segmentation,
    style_transfer,
    super_resolution,
    transfer_learning,
    vae_digits,
    volumes,
)


def test_autoencoder_says_that_digits_are_not_mnist_and_takes_the_noise_off(run):
    left, out = run(autoencoder, "--epochs", "3")
    assert "Learning from scikit-learn's digits instead" in out
    assert "digits: 1500 images for training, 297 for testing" in out
    assert left < 1 / 6


def test_segmentation_finds_shapes(run):
    score, out = run(segmentation, "--epochs", "6", "--samples", "400")
    ious = dict(re.findall(r"(\w+): IoU ([\d.]+)", out))
    assert list(ious) == list(segmentation.CLASSES)
    assert score > 0.5  # a third for who finds them and takes all for one kind
    assert score == pytest.approx(np.mean([float(iou) for iou in ious.values()]), abs=1e-3)


def test_volumes(run):
    assert run(volumes, "--epochs", "6", "--samples", "250")[0] > 0.85  # 0.67 for who takes tubes for balls


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_handcrafted_filters_find_edges(run, seed):
    assert run(handcrafted_filters, "--seed", seed)[0] > 0.9


def test_from_scratch_gives_the_numbers_of_the_articles(run):
    error, out = run(from_scratch)
    assert "6 x 6 with [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]] gives 4 x 4\n[[429." in out
    assert "5 x 5 x 3, stride 1, valid: (28, 28, 10)" in out
    assert "3 x 3 x 3, stride 1, valid: (30, 30, 10)" in out
    assert error < 0.01


def test_from_scratch_notices_when_loops_and_layers_differ(run, monkeypatch):
    monkeypatch.setattr(from_scratch, "by_hand", lambda picture, weights, *how: np.ones_like(picture))
    with pytest.raises((ArithmeticError, ValueError)):
        run(from_scratch)


def test_mlp_and_cnn(run):
    (right, dense_moved, moved), out = run(mlp_and_cnn, "--epochs", "7")
    assert "10 filters of 5x5 and a unit 219,801 parameters" in out
    assert right > 0.85
    assert moved > dense_moved + 0.1
    assert mlp_and_cnn.build_mlp().count_params() > 10 * mlp_and_cnn.build_cnn().count_params()


def test_transfer_learning(run):
    (tuned, _), out = run(transfer_learning)
    assert "digits: 1500 images" in out
    assert tuned > 0.7


def test_frozen_features_stay():
    features = transfer_learning.build_features()
    before = features.get_weights()
    features.trainable = False
    x, y = np.random.default_rng(0).random((20, 28, 28, 1), np.float32), np.arange(20) % 5
    transfer_learning.train(transfer_learning.with_head(features), x, y, 2)
    for old, new in zip(before, features.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_super_resolution(run):
    assert run(super_resolution, "--epochs", "10", "--samples", "400")[0] > 1.5  # decibels; an untrained one has 0


@pytest.mark.parametrize("network", ["vgg", "resnet"])
def test_cifar10_says_that_drawings_are_no_photos(run, network):
    accuracy, out = run(cifar10, "--network", network, "--epochs", "4", "--samples", "500")
    assert "This is not CIFAR-10." in out
    assert f"(synthetic stand-in, {network}, seed 0)" in out
    assert accuracy > 0.5  # of ten kinds


def test_average_precision_by_hand():
    """Two true boxes of one kind: the surest box is right, the next one is beside, the third is right."""
    box = np.array([10.0, 10, 8, 8, 0])
    true = [np.array([box, box + [30, 0, 0, 0, 0]])]
    found = [np.array([box, box + [0, 30, 0, 0, 0], box + [31, 0, 0, 0, 0]])]
    kinds = object_detection.KINDS
    expected = (1 + 2 / 3) / 2
    others = [box + [0, 0, 0, 0, kind] for kind in range(1, len(kinds))]
    true, found = [np.concatenate([true[0], others])], [np.concatenate([found[0], others])]
    sure = [np.array([0.9, 0.8, 0.7, 0.9, 0.9])]
    assert object_detection.mean_average_precision(true, found, sure) == pytest.approx((expected + 2) / 3)


def test_boxes_are_those_that_were_encoded():
    _, scenes = object_detection.generate(20, np.random.default_rng(0))
    y = object_detection.encode(scenes)
    logits = np.where(y[..., :1] > 0, 10.0, -10.0)
    kinds = np.eye(3)[y[..., 5].astype(int)]
    found, _ = object_detection.decode(np.concatenate([logits, y[..., 1:5], kinds], axis=-1))
    for boxes, true in zip(found, scenes, strict=True):
        np.testing.assert_allclose(sorted(boxes.tolist()), sorted(true.tolist()), rtol=1e-5)


def test_object_detection(run):
    assert run(object_detection, "--epochs", "8", "--samples", "500")[0] > 0.35  # a third for who knows no kinds


def test_style_transfer(run):
    left, kept = run(style_transfer, "--epochs", "60", "--samples", "300")[0]
    assert left < 0.1
    assert kept > 0.5


def test_gan_draws_what_a_reader_knows(run):
    (sure, kinds), out = run(gan_digits, "--epochs", "7")
    assert f"is sure of {sure:.3f} of the drawings" in out
    assert sure > 0.1
    assert kinds >= 5  # not one digit for all numbers


def test_who_judges_drawings_knows_digits_from_noise():
    from cycnn.datasets import digits

    (x, y), (x_test, _) = digits.load_data()
    real, test = (images[:300, ..., None].astype("float32") / 255 for images in (x, x_test))
    sure, kinds = gan_digits.judge(test, (real, y[:300]))
    assert (sure > 0.5, kinds) == (True, 10)
    assert gan_digits.judge(np.repeat(test[:1], 20, axis=0), (real, y[:300]))[1] <= 1


def test_vae_restores_digits(run):
    share, out = run(vae_digits, "--epochs", "6")
    assert share < 0.7  # 1: it knows the mean image alone
    assert f"{share:.3f} of that of the mean image" in out


def test_questions_are_answered_by_what_was_measured(run):
    answers, out = run(questions, "--epochs", "4", "--samples", "1500")
    assert out.count("?\n") == 8
    for name in ("advantages", "batch_normalization", "padding", "language"):
        without, with_it = answers[name]
        assert with_it > without, name
    known, new, known_of_moved, new_of_moved = answers["overfitting"]
    assert new_of_moved > new
    assert known_of_moved - new_of_moved < known - new
    assert answers["dimensions"] == (28 * 28 * 8, 14 * 14 * 8)
    assert answers["padding"][0] == 1  # without padding, one way leads from the corner to the outputs


def test_every_program_is_in_the_table():
    folder = Path(examples.__file__).parent
    for path in folder.glob("[a-z]*.py"):
        assert re.search(rf"^    {path.stem} +\w", examples.__doc__, re.M), path.stem
