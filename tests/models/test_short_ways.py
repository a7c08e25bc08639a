"""What stands between a call and the kernels: few steps of Python, and the same answers as by the long way."""

import copy
import pickle
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import cycnn
from cycnn import Sequential, config, layers, metrics
from cycnn.engine.function import KEPT, Function


def network():
    model = Sequential(
        [
            layers.Input((8, 9, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((5, 8, 9, 2)).astype("float32")


# ---------------------------------------------------------------------------------------------------- how short


def steps_of(call):
    """Calls of functions, of Python and of C, that happen in a call."""
    count = 0

    def note(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    for _ in range(3):
        call()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("work", "most"),  # they take 71, 86, 68, 544 and 522; a step is about a fifth of a microsecond
    [("call", 75), ("predict", 95), ("predict_on_batch", 75), ("train_on_batch", 560), ("test_on_batch", 540)],
)
def test_a_single_image_takes_few_steps_of_python(x, work, most):
    model, one, y = network(), x[:1], np.eye(3, dtype="float32")[:1]
    works = {
        "call": lambda: model(one),
        "predict": lambda: model.predict(one, verbose=0),
        "predict_on_batch": lambda: model.predict_on_batch(one),
        "train_on_batch": lambda: model.train_on_batch(one, y),
        "test_on_batch": lambda: model.test_on_batch(one, y),
    }
    assert steps_of(works[work]) <= most


def test_a_step_of_fit_takes_few_steps_of_python(x):
    model = network()
    x, y = np.tile(x, (20, 1, 1, 1)), np.eye(3, dtype="float32")[np.arange(100) % 3]
    long = steps_of(lambda: model.fit(x, y, batch_size=1, verbose=0))
    short = steps_of(lambda: model.fit(x[:50], y[:50], batch_size=1, verbose=0))
    assert (long - short) / 50 <= 120  # it takes 91: the metric is NumPy


def test_more_weights_are_no_more_steps():
    """Only the kernels' time grows with the depth; the comparison of versions is a loop without calls."""

    def deep(count):
        model = Sequential([layers.Input((4,)), *(layers.Dense(4) for _ in range(count))])
        x = np.zeros((1, 4), np.float32)
        return steps_of(lambda: model(x))

    assert deep(30) == deep(3)


# ------------------------------------------------------------------------------------------------- the same answers


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint8", "int64", "bool"])
@pytest.mark.parametrize("kind", ["C", "strided", "reversed", "transposed", "subclass", "list"])
def test_any_array_gives_the_same_answer(x, dtype, kind):
    model = network()
    values = (x * 3).astype(dtype)
    forms = {
        "C": values,
        "strided": np.repeat(values, 2, axis=0)[::2],
        "reversed": values[::-1].copy()[::-1],
        "transposed": np.asfortranarray(values),
        "subclass": values.view(type("Mine", (np.ndarray,), {})),
        "list": values.tolist(),
    }
    expected = model(values.astype("float32"))
    for call in (model, model.predict_on_batch, lambda x: model.predict(x, verbose=0)):
        np.testing.assert_array_equal(call(forms[kind]), expected)
    np.testing.assert_array_equal(model.predict(forms[kind], verbose=0, batch_size=2), expected)
    np.testing.assert_array_equal(model.predict(forms[kind], verbose=0, steps=5, batch_size=1), expected)


@pytest.mark.parametrize(
    "wrong",
    [np.float32(1), np.zeros(()), np.zeros((8, 9, 2)), np.zeros((2, 8, 9)), np.zeros((2, 8, 9, 2), object),
     np.zeros((2, 8, 9, 2), "complex64"), np.full((2, 8, 9, 2), "a"), None],
)  # fmt: skip
def test_what_is_no_input_is_refused(wrong):
    model = network()
    for call in (model, model.predict_on_batch, lambda x: model.predict(x, verbose=0)):
        with pytest.raises(ValueError, match="Received"):
            call(wrong)


def test_a_scalar_per_sample():
    model = Sequential([layers.Input(()), layers.Reshape((1,)), layers.Dense(2, use_bias=False)])
    x = np.arange(3, dtype="float32")
    np.testing.assert_allclose(model(x), x[:, None] * model.weights[0].numpy(), rtol=1e-6)
    with pytest.raises(ValueError, match="Received"):
        model(np.array(1.0, np.float32))


def test_predict_with_watchers_is_predict_without(x):
    model, seen = network(), []

    class Watcher(cycnn.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(batch)

    expected = model.predict(x, batch_size=2, verbose=0)
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=0, callbacks=[Watcher()]), expected)
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=2), expected)
    assert seen == [0, 1, 2]


# --------------------------------------------------------------------------------------------- what is remembered


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.parts, self.named, self.nested = [], {}, ([],)

    def call(self, x):
        return x


def dense(units=2):
    layer = layers.Dense(units)
    layer.build((None, 3))
    return layer


def changes():
    """name -> (before, change): functions of a layer that holds others."""

    def nothing(block, old):
        pass

    def put(block, old):
        block.parts.append(old)
        block.named["a"] = old
        block.nested[0].append(old)
        block.own = old

    return {
        "attribute": (nothing, lambda block, new: setattr(block, "more", new)),
        "append": (nothing, lambda block, new: block.parts.append(new)),
        "list within a tuple": (nothing, lambda block, new: block.nested[0].append(new)),
        "key": (nothing, lambda block, new: block.named.__setitem__("b", new)),
        "replaced attribute": (put, lambda block, new: setattr(block, "own", new)),
        "replaced in a list": (put, lambda block, new: block.parts.__setitem__(0, new)),
        "replaced in a dictionary": (put, lambda block, new: block.named.__setitem__("a", new)),
        "deleted": (put, lambda block, new: delattr(block, "own")),
        "list emptied": (put, lambda block, new: block.parts.clear()),
        "a layer within": (put, lambda block, new: setattr(block.own, "inner", new)),
        "weight": (put, lambda block, new: block.own.add_weight(shape=(3,), name="late")),
        "unbuilt": (put, lambda block, new: block.own._unbuild()),
    }


def weights_by_walking(layer):
    """The slow, obvious way."""
    found, seen = [], set()

    def walk(layer):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.extend(v for v in (*layer._weights, *layer._statistics) if id(v) not in {id(w) for w in found})
        for inner in layer._sublayers():
            walk(inner)

    walk(layer)
    return found


@pytest.mark.parametrize("name", changes())
def test_weights_follow_every_change(name):
    prepare, change = changes()[name]
    block, old, new = Block(), dense(), dense()
    prepare(block, old)
    outer = Block()
    outer.held = [block]
    assert [id(v) for v in outer.weights] == [id(v) for v in weights_by_walking(outer)]
    assert outer.weights == outer.weights, "the same list twice"
    change(block, new)
    assert [id(v) for v in outer.weights] == [id(v) for v in weights_by_walking(outer)]


def test_metrics_follow_what_a_model_holds(x):
    model = network()
    before = len(model.metrics)
    model.more = metrics.Mean(name="more")
    assert len(model.metrics) == before + 1
    model.several = []
    assert len(model.metrics) == before + 1
    model.several.append(metrics.Mean(name="late"))
    assert len(model.metrics) == before + 2
    del model.more
    assert len(model.metrics) == before + 1


def test_a_list_of_weights_may_be_changed_by_its_owner():
    layer = dense()
    layer.weights.clear()
    assert len(layer.weights) == 2


def test_copies_have_weights_of_their_own():
    block = Block()
    block.parts.append(dense())
    assert len(block.weights) == 2
    for twin in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        assert [v.path for v in twin.weights] == [v.path for v in block.weights]
        assert not {id(v) for v in twin.weights} & {id(v) for v in block.weights}
        twin.parts.append(dense())
        assert len(twin.weights) == 4
        assert len(block.weights) == 2
    shallow = copy.copy(block)
    shallow.other = dense()
    assert len(shallow.weights) == 4
    assert len(block.weights) == 2


# ------------------------------------------------------------------------------------------------------ lent plans


def lender():
    """A function, and what makes it a plan's stand-in."""
    function = Function(cycnn.Sequential([layers.Input((2,)), layers.Dense(2)])._the_graph())
    return function, lambda: SimpleNamespace(fast=config.fast_convolutions())


def test_the_oldest_plans_are_forgotten_while_others_are_lent():
    function, make = lender()
    with function.lend("held", make) as held:
        for key in range(3 * KEPT):
            with function.lend(key, make):
                pass
    with function.lend("held", make) as again:
        assert again is held
    made = []
    for key in range(3 * KEPT):
        with function.lend(key, lambda: made.append(1) or make()):
            pass
    assert len(made) >= 2 * KEPT


def test_a_plan_belongs_to_one_caller():
    function, make = lender()
    with function.lend("key", make) as first, function.lend("key", make) as second:
        assert first is not second


def test_threads_that_predict_at_once(x):
    model = network()
    expected, answers = model(x), []

    def work():
        answers.extend(model(x) for _ in range(200))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(answers) == 800
    assert all(np.array_equal(answer, expected) for answer in answers)
