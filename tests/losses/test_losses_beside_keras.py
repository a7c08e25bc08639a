"""Losses beside what the real Keras answered (recorded/record_losses.py)."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import kernels, losses, ops
from cycnn.core.shapes import rows_of
from cycnn.engine.buffers import Buffer
from tests.recorded.answers import FOLDER, load

RECORDED = load("losses")
VECTOR = np.load(FOLDER / "losses.npz")["values"]

NAMESPACE = {"np": np, "keras": cycnn}


def get(entry):
    return VECTOR[entry["at"] : entry["at"] + int(np.prod(entry["shape"]))].reshape(entry["shape"])


ARRAYS = {name: get(entry) for name, entry in RECORDED["arrays"].items()}


def named(*keys):
    return lambda case: " ".join(" ".join(str(case[key]).split()) for key in keys)


def near(found, expected, of=None):
    """Within a few roundings of float32, of the largest number of the answer or of what it was added up from."""
    assert np.shape(found) == np.shape(expected)
    size = max(np.abs(expected).max(), 0 if of is None else of, 1e-3)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=3e-6 * size)


class PythonDoors:
    """What a plan's emitter is, for kernels that run at once."""

    def __call__(self, kernel, *arguments):
        kernel(*(np.empty(a.shape, np.float32) if isinstance(a, Buffer) else a for a in arguments), 1)

    whole = __call__


def by_kernel(loss, y_true, y_pred, weight):
    """Value and gradient as training makes them."""
    n, sample = len(y_pred), y_pred.shape[1:]
    rows, columns = rows_of(sample)
    matched = loss.match(y_true, sample)
    loss.check_values(matched, sample)
    target = np.array(matched, loss.targets).reshape(n, rows, *([columns] * (loss.targets == "float32")))
    count, each = n * rows, None
    if weight is not None:
        weight = weight.reshape(weight.shape[:-1]) if weight.ndim == y_pred.ndim else weight  # (n, 1), (n, h, w, 1)
        each = weight.reshape(*weight.shape, *(1,) * (y_pred.ndim - 1 - weight.ndim))
        each = np.ascontiguousarray(np.broadcast_to(each, y_pred.shape[:-1]).reshape(n, rows), np.float32)
    divisor = loss.divisor(count, weight, matched)
    scale = np.array([1 / divisor if divisor else 0], np.float32)
    value, dx = np.full((n, rows), np.nan, np.float32), np.full((n, rows, columns), np.nan, np.float32)
    x = np.ascontiguousarray(y_pred).reshape(n, rows, columns)
    loss.emit(PythonDoors(), None, x, target, each, scale, value, dx)
    total = np.sum(value * (1 if each is None else each), dtype=np.float64)
    return total / divisor if divisor else 0.0, dx.reshape(y_pred.shape)


@pytest.mark.parametrize("case", RECORDED["values"], ids=named("loss", "y_true", "y_pred", "weight"))
def test_values_and_gradients(case):
    loss = eval(case["loss"], NAMESPACE)
    y_true, y_pred = ARRAYS[case["y_true"]], ARRAYS[case["y_pred"]]
    weight = None if case["weight"] is None else ARRAYS[case["weight"]]
    expected, slope = get(case["value"]), get(case["gradient"])
    found = loss(y_true, y_pred, weight)
    near(found, expected)
    assert found.dtype == np.float32
    if loss.reduction in (None, "none"):
        with pytest.raises(ValueError, match="reduction"):
            loss.value_and_gradient(y_true, y_pred, weight)
        with pytest.raises(ValueError, match="reduction"):
            loss.divisor(5)
        return
    value, gradient = loss.value_and_gradient(y_true, y_pred, weight)
    assert isinstance(value, float)
    assert gradient.dtype == np.float32
    near(value, expected)
    near(gradient, slope)
    if loss.has_kernel:
        value, gradient = by_kernel(loss, y_true, y_pred, weight)
        near(value, expected)
        near(gradient, slope)


def test_every_loss_is_tried():
    tried = {type(eval(case["loss"], NAMESPACE)) for case in RECORDED["values"]}
    kinds = {kind for kind in vars(losses).values() if isinstance(kind, type) and issubclass(kind, losses.Loss)}
    assert kinds - tried == {losses.CTC, losses.Loss, losses.LossFunctionWrapper}  # CTC has a file of its own
    kernel = {eval(case["loss"], NAMESPACE) for case in RECORDED["values"]}
    tables = {loss.kind for loss in kernel if hasattr(loss, "kind")}
    assert tables == {*kernels.loss.POINTWISE, *kernels.loss.ROWWISE}


@pytest.mark.parametrize("case", RECORDED["functions"], ids=named("function", "y_true", "y_pred"))
def test_functions_of_arrays_and_tensors(case):
    function = eval(case["function"], NAMESPACE)
    y_true, y_pred = ARRAYS[case["y_true"]], ARRAYS[case["y_pred"]]
    found = function(y_true, y_pred)
    assert isinstance(found, np.ndarray)
    near(found, get(case["value"]))
    value, (gradient,), _ = ops.value_and_gradient(lambda y: ops.sum(function(y_true, y)), [y_pred])
    near(value, get(case["value"]).sum(), of=np.abs(get(case["value"])).sum())
    near(gradient, get(case["gradient"]))


def as_json(config):
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("program", RECORDED["configs"])
def test_configs(program):
    config, loss = RECORDED["configs"][program], eval(program, NAMESPACE)
    assert as_json(losses.serialize(loss)) == config
    again = losses.deserialize(config)
    assert type(again) is type(loss)
    assert as_json(losses.serialize(again)) == config


@pytest.mark.parametrize(
    "loss",
    [
        losses.Huber(0.25),
        losses.CosineSimilarity(axis=1),
        losses.SparseCategoricalCrossentropy(axis=1),
    ],
    ids=repr,
)
def test_configs_keep_what_keras_s_forget(loss):
    config = loss.get_config()
    again = type(loss).from_config(config)
    assert again.get_config() == config
    assert (again.delta if isinstance(loss, losses.Huber) else again.axis) in (0.25, 1)


@pytest.mark.parametrize("name", RECORDED["names"])
def test_names(name):
    meant = RECORDED["names"][name]
    kind = getattr(losses, meant)
    found = losses.get(name)
    assert type(found) is (kind if isinstance(kind, type) else type(losses.get(kind)))
    assert found.fn is getattr(losses, meant) or isinstance(kind, type)
    assert found.get_config() == type(found)().get_config()


@pytest.mark.parametrize("case", RECORDED["fits"], ids=named("program", "activation", "targets", "weight"))
def test_fits(case):
    names = dict(NAMESPACE)
    exec(case["program"], names)
    x, y = ARRAYS["fit map x" if case["targets"].startswith("map") else "fit x"], ARRAYS[f"fit {case['targets']}"]
    model = cycnn.Sequential([cycnn.Input(x.shape[1:]), cycnn.layers.Dense(4, activation=case["activation"])])
    model.set_weights([ARRAYS["fit kernel"], ARRAYS["fit bias"]])
    model.compile(cycnn.optimizers.SGD(0.05), loss=names["loss"])
    weights = None if case["weight"] is None else ARRAYS[f"fit {case['weight']}"]
    history = model.fit(x, y, batch_size=3, epochs=2, sample_weight=weights, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(history, case["history"], rtol=1e-5, atol=1e-6)
    evaluated = model.evaluate(x, y, batch_size=4, sample_weight=weights, verbose=0)
    np.testing.assert_allclose(evaluated, case["evaluate"], rtol=1e-5, atol=1e-6)
    for found, expected in zip(model.get_weights(), case["weights"], strict=True):
        np.testing.assert_allclose(found, get(expected), rtol=1e-5, atol=2e-6)
