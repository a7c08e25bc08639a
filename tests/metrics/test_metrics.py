"""Metrics beside what the real Keras answered (recorded/metrics.json), beside scikit-learn, and beside their formulas."""

import doctest
import json
import pickle
import re

import numpy as np
import pytest

import cycnn
from cycnn import losses, metrics, ops
from cycnn.core import names, registry
from tests.recorded.answers import load

RECORDED = load("metrics")
FIRST, SECOND = ({name: np.array(x["values"], x["dtype"]) for name, x in data.items()} for data in RECORDED["data"])

# Keras adds up in float32, where a unit in the last place is 1.2e-7, and adds 1e-7 to divisors of IoU and F-scores.
CLOSE = {"rtol": 1e-6, "atol": 2e-7}

# Configs that say what Keras's leaves out, so that a saved metric comes back as it was.
MORE_THAN_KERAS = {"keras.metrics.CosineSimilarity(axis=1) of t_maps, p_maps": {"axis": 1}}


def update(metric, data, case):
    y, p, w = (None if name is None else data[name] for name in case["names"])
    metric.update_state(*([y] if p is None else [y, p]), sample_weight=w)
    return metric.result()


def results(metric, case):
    """After a batch, after another, and after a reset and the second batch alone."""
    found = [update(metric, FIRST, case), update(metric, SECOND, case)]
    metric.reset_state()
    return [*found, update(metric, SECOND, case)]


@pytest.fixture(autouse=True)
def _names_begin_anew():
    names.reset()


@pytest.mark.parametrize("key", RECORDED["cases"])
def test_results_are_keras_s(key):
    case = RECORDED["cases"][key]
    metric = eval(case["program"], {"keras": cycnn})
    for found, expected in zip(results(metric, case), case["results"], strict=True):
        assert isinstance(found, float if np.ndim(expected) == 0 else np.ndarray)
        np.testing.assert_allclose(found, expected, **CLOSE)
        np.testing.assert_allclose(found.numpy(), expected, **CLOSE)
    assert [[v.name, list(v.shape)] for v in metric.variables] == [v[:2] for v in case["variables"]]
    for variable, (_, _, expected) in zip(metric.variables, case["variables"], strict=True):
        if expected is not None:
            np.testing.assert_allclose(variable, expected, **CLOSE)
    assert getattr(metric, "_direction", None) == case["direction"]


@pytest.mark.parametrize("key", RECORDED["cases"])
def test_configs_are_keras_s_and_are_read(key):
    case = RECORDED["cases"][key]
    config = json.loads(json.dumps(registry.serialize_keras_object(eval(case["program"], {"keras": cycnn}))))
    expected = json.loads(json.dumps(case["config"]))
    expected["config"] |= MORE_THAN_KERAS.get(key, {})
    weights = [c["config"].get("label_weights") for c in (config, expected)]
    if weights[1] is not None:  # an array there, a tensor here
        assert weights[0]["config"] == weights[1]["config"]
        expected["config"]["label_weights"] = weights[0]
    assert config == expected
    for given in (config, case["config"]):
        again = metrics.deserialize(given)
        assert type(again).__name__ == case["config"]["class_name"]
        if given is config:
            np.testing.assert_allclose(results(again, case)[1], case["results"][1], **CLOSE)


@pytest.mark.parametrize("program", RECORDED["functions"])
def test_functions_are_keras_s(program):
    found = eval(program, {"keras": cycnn, **FIRST})
    expected = RECORDED["functions"][program]
    assert found.shape == np.shape(expected)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("word", RECORDED["words"], ids=lambda word: "-".join(word[:3]))
def test_words_mean_what_they_mean_in_keras(word):
    identifier, y, p, kind, name = word
    shapes = FIRST[y].shape, FIRST[p].shape
    if kind is None:
        with pytest.raises(ValueError, match="Did you mean"):
            metrics.resolve(identifier, *shapes)
    else:
        metric = metrics.resolve(identifier, *shapes)
        assert (type(metric).__name__, metric.name) == (kind, name)


@pytest.mark.parametrize("program", RECORDED["refused"])
def test_what_keras_refuses_is_refused(program):
    with pytest.raises(ValueError, match="Received"):
        eval(program, {"keras": cycnn, **FIRST})


# --- beside scikit-learn and formulas -----------------------------------------------------------------------------------


@pytest.fixture
def draw():
    return np.random.default_rng(5)


@pytest.mark.parametrize("weighted", [False, True])
def test_beside_scikit_learn(draw, weighted):
    judge = pytest.importorskip("sklearn.metrics")
    t, p = draw.integers(0, 2, 500), draw.random(500).astype("float32")
    w = draw.random(500) if weighted else None
    for metric, score in (
        (metrics.Precision(), judge.precision_score),
        (metrics.Recall(), judge.recall_score),
        (metrics.BinaryAccuracy(), judge.accuracy_score),
        (metrics.BinaryIoU([1]), judge.jaccard_score),
    ):
        for rows in np.split(np.arange(500), [100, 101, 350]):
            metric.update_state(t[rows], p[rows], None if w is None else w[rows])
        assert metric.result() == pytest.approx(score(t, p > 0.5, sample_weight=w), rel=1e-12)
    # With a threshold between any two of the predictions the area is exact.
    coarse = np.ceil(p * 32) / 32
    area = metrics.AUC(num_thresholds=33)(t, coarse, sample_weight=w)
    assert area == pytest.approx(judge.roc_auc_score(t, coarse, sample_weight=w), rel=1e-9)
    targets, outputs = draw.normal(size=(50, 3)), draw.normal(size=(50, 3))
    assert metrics.R2Score()(targets, outputs) == pytest.approx(judge.r2_score(targets, outputs), rel=1e-9)


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [1.0, 0.5, 3])
def test_f_scores_beside_scikit_learn(draw, average, beta):
    judge = pytest.importorskip("sklearn.metrics")
    labels, scores = draw.integers(0, 5, 200), draw.random((200, 5))
    metric = metrics.FBetaScore(average, beta=beta)
    found = metric(np.eye(5)[labels], scores)
    expected = judge.fbeta_score(labels, scores.argmax(1), beta=beta, average=average)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_counts_at_thresholds_by_their_definition(draw):
    """Also where thresholds come unsorted and twice, predictions lie on them, outside of [0, 1] or are no numbers."""
    thresholds = [0.5, 0.1, 0.9, 0.5, 0.3]
    t = draw.integers(0, 2, (40, 3))
    p = np.where(draw.random((40, 3)) < 0.5, draw.choice(thresholds, (40, 3)), draw.normal(size=(40, 3)))
    p = p.astype(np.float32)
    p[3, 1] = np.nan
    w = draw.random((40, 3))
    for metric, wanted, above in (
        (metrics.TruePositives, 1, True),
        (metrics.FalsePositives, 0, True),
        (metrics.TrueNegatives, 0, False),
        (metrics.FalseNegatives, 1, False),
    ):
        expected = [(w * (t == wanted) * ((p > np.float32(at)) == above)).sum() for at in thresholds]
        np.testing.assert_allclose(metric(thresholds)(t, p, w), expected, rtol=1e-6)


def test_the_area_by_labels_is_the_mean_of_the_areas(draw):
    t, p = draw.integers(0, 2, (60, 3)), draw.random((60, 3))
    apart = [metrics.AUC()(t[:, k], p[:, k]) for k in range(3)]
    assert metrics.AUC(multi_label=True)(t, p) == pytest.approx(np.mean(apart), rel=1e-12)
    weighted = metrics.AUC(multi_label=True, label_weights=[1, 2, 0])(t, p)
    assert weighted == pytest.approx((apart[0] + 2 * apart[1]) / 3, rel=1e-12)


def test_float_weights_count_in_an_intersection_over_union():
    """Keras counts in integers there and drops the fractions, with a warning; its documentation does not."""
    metric = metrics.MeanIoU(num_classes=2)
    found = metric([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[0.3, 0.3, 0.3, 0.1])
    assert found == pytest.approx((0.3 / 0.9 + 0.1 / 0.7) / 2)


def test_nothing_counted_is_zero():
    for metric in (
        *(kind() for kind in (metrics.Mean, metrics.Sum, metrics.Precision, metrics.AUC, metrics.F1Score)),
        *(kind() for kind in (metrics.R2Score, metrics.BinaryIoU, metrics.RootMeanSquaredError, metrics.Accuracy)),
        metrics.AUC(multi_label=True),
        metrics.RecallAtPrecision(0.5),
    ):
        assert metric.result() == 0.0
    assert metrics.Accuracy()([1, 2], [1, 2], sample_weight=[0, 0]) == 0.0


def test_sums_do_not_stand_still():
    metric = metrics.Sum()
    metric.update_state(2.0**24)
    for _ in range(4):
        metric.update_state(1.0)
    assert metric.result() == 2.0**24 + 4


def test_classes_that_are_none_are_not_among_the_best():
    scores = np.array([[0.1, 0.9, 0.8]] * 3)
    assert metrics.sparse_top_k_categorical_accuracy([1, -1, 3], scores, k=3).tolist() == [1, 0, 0]
    scores[0, 1] = np.nan
    assert metrics.sparse_top_k_categorical_accuracy([1, 1, 2], scores, k=2).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("make", "y", "p", "weight"),
    [
        (metrics.Accuracy, np.zeros(3), np.zeros(4), None),
        (metrics.Accuracy, np.zeros(3), np.zeros(3), np.zeros(2)),
        (metrics.Precision, np.zeros((3, 2)), np.zeros((3, 4)), None),
        (metrics.Precision, np.zeros(3), np.zeros(3), np.zeros((3, 2))),
        (metrics.SparseCategoricalAccuracy, np.zeros((3, 2)), np.zeros((3, 4)), None),
        (metrics.CategoricalAccuracy, np.zeros(3), np.zeros((3, 4)), None),
        (metrics.RootMeanSquaredError, np.zeros((3, 2)), np.zeros((3, 4)), None),
        (lambda: metrics.MeanIoU(2), np.zeros((3, 2)), np.zeros(5), None),
        (metrics.F1Score, np.zeros((3, 2)), np.zeros((3, 2)), np.zeros(2)),
        (metrics.AUC, np.array(["a"]), np.zeros(1), None),
    ],
)
def test_arrays_that_do_not_fit_are_refused(make, y, p, weight):
    with pytest.raises(ValueError, match=r"Received: .*(shape|dtype)"):
        make().update_state(y, p, sample_weight=weight)


@pytest.mark.parametrize("name", sorted(name for name in metrics.__all__ if ">>>" in getattr(metrics, name).__doc__))
def test_examples_print_what_they_say(name):
    text = re.sub(r"^ *```(python)?$", "", getattr(metrics, name).__doc__, flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, {"cycnn": cycnn}, name, None, None)
    assert doctest.DocTestRunner().run(test).failed == 0


# --- names --------------------------------------------------------------------------------------------------------------


def test_names_are_keras_s():
    found = {name: kind.__name__ for name, kind in metrics._FAMILY.objects.items()}
    bases = "Metric", "MeanMetricWrapper"
    expected = {name: kind for name, kind in RECORDED["names"].items() if kind not in bases}
    assert expected.items() <= found.items()
    assert set(RECORDED["public"]) <= set(metrics.__all__)
    assert all(getattr(metrics, name) is not None for name in metrics.__all__)


def test_get_takes_what_compile_takes():
    assert metrics.get(None) is None
    assert isinstance(metrics.get(metrics.Recall), metrics.Recall)
    held = metrics.CategoricalAccuracy("mine")
    assert metrics.get(held) is held
    config = {"class_name": "Precision", "config": {"thresholds": 0.25}}
    assert metrics.get(config).thresholds == [0.25]
    t, p = FIRST["t"], FIRST["p"]
    loss = metrics.get(losses.MeanSquaredError(name="squares"))
    assert (type(loss), loss.name) == (metrics.MeanMetricWrapper, "squares")
    assert loss(t, p) == pytest.approx(((t - p) ** 2).mean(), rel=1e-6)


def test_a_function_is_a_metric_by_its_name():
    def largestError(y_true, y_pred):
        return np.abs(y_true - y_pred).max(-1)

    metric = metrics.resolve(largestError, (9, 3), (9, 3))
    assert (type(metric), metric.name) == (metrics.MeanMetricWrapper, "largest_error")
    t, p, w = FIRST["t"], FIRST["p"], FIRST["w"]
    values = np.abs(t - p).max(-1)
    assert metric(t, p) == pytest.approx(values.mean())
    metric.reset_state()
    assert metric(t.tolist(), p.tolist(), w) == pytest.approx((values * w).sum() / w.sum())
    assert metrics.get(lambda t, p: p).name == "lambda"


@pytest.mark.parametrize(
    ("word", "y", "p", "kind"),
    [
        ("crossentropy", (8,), (8, 3), metrics.SparseCategoricalCrossentropy),
        ("ce", (8, 3), (8, 3), metrics.CategoricalCrossentropy),
        ("ce", (8,), (8, 1), metrics.BinaryCrossentropy),
    ],
)
def test_crossentropy_is_the_one_that_fits(word, y, p, kind):
    metric = metrics.resolve(word, y, p)
    assert (type(metric), metric.name) == (kind, word)


def test_misspelt_attributes_get_a_hint():
    with pytest.raises(AttributeError, match="Precision"):
        metrics.Precison  # noqa: B018


def test_a_function_of_one_s_own_comes_back_from_a_config():
    def error(y_true, y_pred, power=1):
        return abs(y_true - y_pred) ** power

    config = metrics.serialize(metrics.MeanMetricWrapper(error, power=3))
    again = metrics.deserialize(config, custom_objects={"error": error})
    assert again([0.0, 2.0], [2.0, 2.0]) == 4.0


# --- metrics of one's own -------------------------------------------------------------------------------------------------


class Hits(metrics.Metric):
    def __init__(self, name="hits", **kwargs):
        super().__init__(name=name, **kwargs)
        self.hits = self.add_variable(shape=(), initializer="zeros", name="hits")
        self.lowest = self.add_weight(name="lowest", shape=(2,), initializer="ones")
        self.rate = metrics.Mean(name="rate")

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = np.asarray(y_true == y_pred, self.dtype)
        if sample_weight is not None:
            values = values * sample_weight
        self.hits.assign_add(values.sum())
        self.lowest.assign(np.minimum(self.lowest, values.min()))
        self.rate.update_state(values)

    def result(self):
        return {"hits": self.hits / 1, "rate": self.rate.result(), "lowest": self.lowest[0]}


def test_a_subclass():
    metric = Hits()
    assert (metric.name, metric.dtype, repr(metric)) == ("hits", "float32", "<Hits name=hits>")
    assert [v.path for v in metric.variables] == ["hits/hits", "hits/lowest", "rate/total", "rate/count"]
    assert all(not v.trainable for v in metric.variables)
    assert metric(np.array([1, 2, 3]), np.array([1, 0, 3])) == {"hits": 2, "rate": pytest.approx(2 / 3), "lowest": 0}
    metric.reset_states()
    assert [v.numpy().tolist() for v in metric.variables] == [0.0, [1.0, 1.0], 0.0, 0.0]
    again = Hits.from_config(Hits(name="other").get_config())
    assert again.name == "other"


class BinaryTruePositives(cycnn.metrics.Metric):
    """As tutorials write it."""

    def __init__(self, name="binary_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(name="tp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "bool")
        y_pred = ops.cast(ops.greater(y_pred, 0.5), "bool")
        values = ops.logical_and(ops.equal(y_true, True), ops.equal(y_pred, True))
        values = ops.cast(values, self.dtype)
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, self.dtype)
            sample_weight = ops.broadcast_to(sample_weight, ops.shape(values))
            values = ops.multiply(values, sample_weight)
        self.true_positives.assign(self.true_positives + ops.sum(values))

    def result(self):
        return self.true_positives

    def reset_state(self):
        self.true_positives.assign(0)


def test_a_subclass_written_with_ops():
    metric, same = BinaryTruePositives(), metrics.TruePositives()
    for data in (FIRST, SECOND):
        for weight in (None, data["w"]):
            found = metric(data["binary"], data["chance"], sample_weight=weight)
            assert float(found) == same(data["binary"], data["chance"], weight)
    assert ops.sqrt(metric.true_positives) == pytest.approx(float(found) ** 0.5)
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_variables_compute():
    metric = metrics.Metric(name="m")
    a, b = (metric.add_variable((), "zeros", name=name) for name in "ab")
    v = metric.add_variable((3,), lambda shape, dtype: np.arange(3, dtype=dtype), name="v")
    a.assign(6)
    b.assign_add(4.0)
    b.assign_sub(1.0)
    assert (float(a), int(b), a / b, b + 1, 1 - b, -a, a**2, a > b, a == 6, bool(a)) == (
        6,
        3,
        2,
        4,
        -2,
        -6,
        36,
        1,
        1,
        1,
    )
    assert a.numpy() == 6
    assert (v * a).tolist() == [0, 6, 12]
    assert (np.ones(3) + v).tolist() == [1, 2, 3]
    assert np.sqrt(v).dtype == np.float32
    assert v[1:].tolist() == [1, 2]
    with pytest.raises(ValueError, match="Received"):
        v.assign(np.zeros(2))


def test_a_subclass_that_forgets_its_base():
    class Bad(metrics.Metric):
        def __init__(self):
            self.total = self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match="super"):
        Bad()


def test_results_are_plain_enough():
    value = metrics.Mean()([1.0, 2.0])
    assert json.dumps({"mean": value}) == '{"mean": 1.5}'
    assert f"{value:.3f} {value.numpy()}" == "1.500 1.5"
    assert pickle.loads(pickle.dumps(value)) == 1.5
    scores = metrics.F1Score()(FIRST["hot"], FIRST["scores"])
    assert type(scores.numpy()) is np.ndarray
