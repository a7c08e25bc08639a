"""CTC beside all ways to say the labels, one by one, and beside Keras's answers (recorded/more_ops.json.gz)."""

import itertools

import numpy as np
import pytest

import cycnn
from cycnn import backend, layers, losses, models, ops
from tests.recorded.answers import load

RECORDED = load("more_ops")
ARRAYS = {name: np.array(case["values"], case["dtype"]) for name, case in RECORDED["arrays"].items()}
RNG = np.random.default_rng(3)


def said(path, blank):
    """The labels that a class for each step says."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


def one_by_one(labels, logits, blank):
    """-log of the sum of the probabilities of all paths that say the labels."""
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    paths = itertools.product(range(p.shape[1]), repeat=len(p))
    total = sum(np.prod(p[range(len(p)), path]) for path in paths if said(path, blank) == list(labels))
    return -np.log(total) if total else np.inf


@pytest.mark.parametrize("blank", [0, 1, 2])
@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_all_ways_to_say_labels_are_counted(blank, steps, count):
    """Repeated labels too; infinite where there is no way."""
    others = [k for k in range(3) if k != blank]
    for labels in itertools.product(others, repeat=count):
        logits = RNG.normal(size=(1, 6, 3)).astype(np.float32)
        target = np.array([[*labels, 7, 7]])  # what lies behind the labels does not count
        found = ops.ctc_loss(target, logits, [count], [steps], blank)
        expected = one_by_one(labels, logits[0, :steps].astype(float), blank)
        np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_the_gradient_is_that_of_central_differences():
    logits = RNG.normal(size=(3, 7, 4))
    target, count, steps = [[1, 1, 2], [3, 0, 0], [2, 3, 1]], [3, 0, 2], [7, 4, 5]
    weights = np.array([1.0, -0.5, 2.0])

    def total(x):
        return ops.sum(ops.ctc_loss(target, x, count, steps) * weights)

    _, (found,), _ = ops.value_and_gradient(total, [logits])
    for place in np.ndindex(logits.shape):
        step = np.zeros(logits.shape)
        step[place] = 1e-5
        np.testing.assert_allclose(found[place], (total(logits + step) - total(logits - step)) / 2e-5, atol=1e-6)


def test_too_few_steps_are_infinite_and_move_nothing():
    logits = RNG.normal(size=(2, 3, 3)).astype(np.float32)
    target = [[1, 1], [1, 2]]  # a blank must stand between the two ones
    value, (dx,), _ = ops.value_and_gradient(lambda x: ops.ctc_loss(target, x, [2, 2], [2, 2])[0], [logits])
    assert np.isinf(value)
    assert not dx.any()
    assert np.isfinite(ops.ctc_loss(target, logits, [2, 2], [3, 2])).all()


def test_unlikely_sequences_do_not_underflow():
    logits = np.zeros((1, 400, 50), np.float32)
    logits[..., 0] = 60.0
    found = ops.ctc_loss(np.arange(1, 31)[None], logits, [30], [400])
    assert 30 * 60 - 30 * np.log(400) < found[0] < 30 * 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1]], np.zeros((2, 3, 4)), [1], [3]), r"takes target \(n, labels\)"),
        (([[5]], np.zeros((1, 3, 4)), [1], [3]), "labels must be from 0 to 3. Received: from 5 to 5"),
        (([[1]], np.zeros((1, 3, 4)), [2], [3]), "`target_length` must be from 0 to 1"),
        (([[1]], np.zeros((1, 3, 4)), [1], [4]), "`output_length` must be from 0 to 3"),
        (([[1]], np.zeros((1, 3, 4)), [1], [3], 4), "`mask_index` must be one of 4 classes"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        ops.ctc_loss(*arguments)


def test_shapes_of_the_loss():
    with pytest.raises(ValueError, match=r"`y_true` of shape \(n, labels\)"):
        losses.ctc([1, 2], np.zeros((2, 3, 4)))


@pytest.mark.parametrize("program", RECORDED["K"])
def test_old_programs(program):
    expected, log = RECORDED["K"][program], ARRAYS["log"]
    shares = np.exp(log) / np.exp(log).sum(-1, keepdims=True)
    found = np.asarray(eval(program, {"K": backend, "shares": shares, **ARRAYS}))
    assert found.shape == tuple(expected["shape"])
    np.testing.assert_allclose(found.ravel(), expected["values"], rtol=1e-4, atol=1e-4)


def test_models_train_with_the_loss_as_with_keras():
    names = {"keras": cycnn, "np": np, **ARRAYS}
    exec(RECORDED["ctc"]["program"], names)
    np.testing.assert_allclose(names["answer"], RECORDED["ctc"]["answer"], rtol=1e-5)


class Endpoint(layers.Layer):
    """As programs of text recognition have it."""

    def call(self, y_true, y_pred):
        ones = ops.ones_like(y_true[:, :1])
        self.add_loss(ops.mean(backend.ctc_batch_cost(y_true, y_pred, ones * 9, ones * 2)))
        return y_pred


def test_a_layer_adds_the_loss():
    labels, x = layers.Input((2,), name="labels"), layers.Input((9, 4), name="x")
    model = models.Model([x, labels], Endpoint()(labels, layers.Dense(4, "softmax")(x)))
    model.compile("adam")
    data = [RNG.normal(size=(20, 9, 4)), RNG.integers(0, 3, (20, 2))]
    lengths = np.full((20, 1), 9), np.full((20, 1), 2)
    expected = np.mean(backend.ctc_batch_cost(data[1], model.predict(data, verbose=0), *lengths))
    np.testing.assert_allclose(model.evaluate(data, batch_size=20, verbose=0), expected, rtol=1e-5)
    losses_ = model.fit(data, batch_size=20, epochs=10, verbose=0).history["loss"]
    assert (np.diff(losses_) < 0).all()


def test_a_config_makes_the_same_loss():
    loss = losses.CTC(reduction="sum", name="mine")
    again = losses.get(losses.serialize(loss))
    assert isinstance(again, losses.CTC)
    assert again.get_config() == {"name": "mine", "reduction": "sum"}
    assert isinstance(losses.get("ctc"), losses.CTC)


def likeliest(logits, blank):
    """Labels with the log probabilities of all ways to say them."""
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found = {}
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        labels = tuple(said(path, blank))
        found[labels] = found.get(labels, 0) + np.prod(p[range(len(p)), path])
    return sorted(found.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("blank", [0, 2])
def test_a_wide_beam_finds_the_likeliest_labels(blank):
    logits = RNG.normal(0, 1.5, (4, 6, 3)).astype(np.float32)
    labels, scores = ops.ctc_decode(logits, [6, 5, 6, 3], "beam_search", 200, 4, mask_index=blank)
    for k, steps in enumerate([6, 5, 6, 3]):
        for place, (expected, p) in enumerate(likeliest(logits[k, :steps].astype(float), blank)[:4]):
            np.testing.assert_allclose(scores[k, place], np.log(p), rtol=1e-5)
            assert labels[place, k].tolist() == [*expected, *[-1] * (6 - len(expected))]


def test_paths_that_are_missing_are_empty():
    labels, scores = ops.ctc_decode(np.zeros((1, 1, 2), np.float32), [1], "beam_search", 10, 3)
    assert labels[:, 0, 0].tolist() == [-1, 1, -1] or labels[:, 0, 0].tolist() == [1, -1, -1]
    assert np.isfinite(scores[0, :2]).all()
    assert scores[0, 2] == -np.inf
