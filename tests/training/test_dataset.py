"""Dataset: its steps beside what lists do, the threads behind it, and what `fit`, `evaluate` and `predict` make of it."""

import gc
import itertools
import math
import os
import random
import sys
import threading
import time

import numpy as np
import pytest

import cycnn
from cycnn import layers, models
from cycnn.utils import Dataset

NUMBERS = Dataset.from_tensor_slices(np.arange(10))
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(20, 6)).astype("float32"), RANDOM.integers(0, 3, 20)


def values(dataset):
    return [np.asarray(element).tolist() for element in dataset]


def ours():
    """Threads that datasets have started and not ended."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("cycnn-data")]


# Steps ---------------------------------------------------------------------------------------------------------------

STEPS = {
    "map": (lambda d: d.map(lambda x: x * 2), [2 * x for x in range(10)]),
    "map on threads": (lambda d: d.map(lambda x: x * 2, 3), [2 * x for x in range(10)]),
    "map on any threads": (lambda d: d.map(lambda x: x + 1, num_parallel_calls=-1), list(range(1, 11))),
    "filter": (lambda d: d.filter(lambda x: x % 3 == 0), [0, 3, 6, 9]),
    "take": (lambda d: d.take(3), [0, 1, 2]),
    "take too many": (lambda d: d.take(30), list(range(10))),
    "take all": (lambda d: d.take(-1), list(range(10))),
    "skip": (lambda d: d.skip(7), [7, 8, 9]),
    "skip too many": (lambda d: d.skip(70), []),
    "skip all": (lambda d: d.skip(-1), []),
    "repeat": (lambda d: d.take(2).repeat(3), [0, 1] * 3),
    "repeat 0 times": (lambda d: d.repeat(0), []),
    "repeat without end": (lambda d: d.take(2).repeat().take(5), [0, 1, 0, 1, 0]),
    "concatenate": (lambda d: d.take(2).concatenate(d.skip(8)), [0, 1, 8, 9]),
    "batch": (lambda d: d.batch(4), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
    "batch, whole ones": (lambda d: d.batch(4, drop_remainder=True), [[0, 1, 2, 3], [4, 5, 6, 7]]),
    "unbatch": (lambda d: d.batch(4).unbatch(), list(range(10))),
    "cache": (lambda d: d.cache(), list(range(10))),
    "prefetch": (lambda d: d.prefetch(3), list(range(10))),
    "prefetch nothing": (lambda d: d.prefetch(0), list(range(10))),
    "zip": (lambda d: Dataset.zip(d, d.skip(8)).map(lambda a, b: a * 100 + b), [8, 109]),
    "from_generator": (lambda d: Dataset.from_generator(lambda: iter(range(3))), [0, 1, 2]),
}


@pytest.mark.parametrize("step", STEPS)
def test_step(step):
    make, expected = STEPS[step]
    dataset = make(NUMBERS)
    assert values(dataset) == expected
    assert values(dataset) == expected, "a second time"
    assert dataset.cardinality() in (len(expected), -2)
    assert not ours()


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("filter", "unbatch", "from_generator")])
def test_a_length_is_known_before_it_is_counted(step):
    make, expected = STEPS[step]
    assert len(make(NUMBERS)) == len(expected)


def test_lengths_that_are_not_known():
    assert NUMBERS.repeat().cardinality() == -1
    assert NUMBERS.repeat().batch(3).map(lambda x: x, 2).skip(5).cardinality() == -1
    assert NUMBERS.filter(bool).cardinality() == -2
    with pytest.raises(TypeError, match="no end"):
        len(NUMBERS.repeat())
    assert list(NUMBERS.take(0).repeat()) == [], "nothing without end is nothing"


def test_structures():
    data = {"x": np.arange(6).reshape(3, 2), "y": (np.arange(3.0), ["a", "bc", "d"])}
    first, second = Dataset.from_tensor_slices(data).batch(2)
    assert first["x"].tolist() == [[0, 1], [2, 3]]
    assert first["y"][0].tolist() == [0, 1]
    assert first["y"][1].tolist() == ["a", "bc"]
    assert first["y"][1].dtype == object
    assert second["y"][1].tolist() == ["d"]
    assert values(Dataset.from_tensor_slices((data["x"], [5, 6, 7])).map(lambda x, y: x.sum() + y)) == [6, 11, 16]


def test_elements_are_arrays_with_numpy():
    """`plt.imshow(images[0].numpy().astype("uint8"))`, as programs for TensorFlow have it."""
    ((images, labels),) = Dataset.from_tensor_slices((np.ones((4, 2, 2, 3)), np.arange(4))).batch(4).take(1)
    assert type(images[0].numpy().astype("uint8")) is np.ndarray
    assert ["a", "b", "c", "d"][labels[2]] == "c"
    assert type(next(NUMBERS.batch(2).as_numpy_iterator())) is np.ndarray


def test_shuffle():
    dataset = NUMBERS.shuffle(10, seed=3)
    first, second = values(dataset), values(dataset)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert [first, second] == [values(d) for d in [NUMBERS.shuffle(10, seed=3)] * 2], "follows from the seed"
    same = NUMBERS.shuffle(10, seed=3, reshuffle_each_iteration=False)
    assert values(same) == values(same)
    for _ in range(5):  # element k is drawn from the first k + 3
        assert all(value <= k + 2 for k, value in enumerate(values(NUMBERS.shuffle(3))))
    cycnn.utils.set_random_seed(1)
    one = values(NUMBERS.shuffle(10))
    cycnn.utils.set_random_seed(1)
    assert one == values(NUMBERS.shuffle(10))


def test_shuffle_draws_every_order_alike():
    dataset = Dataset.from_tensor_slices(np.arange(3)).shuffle(3, seed=0)
    counts = {}
    for _ in range(1200):
        order = tuple(values(dataset))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(abs(count - 200) < 5 * math.sqrt(200) for count in counts.values())


def test_programs_that_say_tf_find_it():
    tf = cycnn
    data = (
        tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(20).batch(8).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
    )
    assert tf.data.Dataset is tf.utils.Dataset
    assert [len(x) for x, _ in data.map(lambda x, y: (x, y), num_parallel_calls=tf.data.AUTOTUNE)] == [8, 8, 4]


def test_a_cache_is_made_once_and_whole():
    made = []
    dataset = NUMBERS.map(lambda x: made.append(int(x)) or x).cache()
    next(iter(dataset))
    values(dataset)
    assert values(dataset) == list(range(10))
    assert made == [0, *range(10)]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: NUMBERS.batch(0), "`batch_size` must be a positive integer. Received: batch_size=0"),
        (lambda: NUMBERS.shuffle(0), "buffer_size"),
        (lambda: NUMBERS.take(-2), "count"),
        (lambda: NUMBERS.map(str, num_parallel_calls=0), "num_parallel_calls"),
        (lambda: Dataset.from_tensor_slices(([1, 2], [1])), r"same length. Received: lengths \[1, 2\]"),
        (lambda: Dataset.from_generator([1]), "generator"),
    ],
)
def test_refusals(make, match):
    with pytest.raises(ValueError, match=match):
        make()


# Threads -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_order_does_not_depend_on_threads(workers):
    def slow(x):
        time.sleep(random.Random(int(x)).random() / 500)
        return x

    dataset = NUMBERS.repeat(5).shuffle(50, seed=1).map(slow, workers).batch(4).prefetch(2)
    assert values(dataset) == values(NUMBERS.repeat(5).shuffle(50, seed=1).batch(4))


def test_map_works_on_several_threads_at_once():
    together = threading.Barrier(3, timeout=10)
    assert values(NUMBERS.take(9).map(lambda x: (together.wait() and x) or x, 3)) == list(range(9))


def test_only_a_few_elements_are_made_ahead():
    made = []

    def make():
        for k in itertools.count():
            made.append(k)
            yield np.zeros(1)

    elements = iter(Dataset(make, math.inf).map(lambda x: x, 2).batch(5).prefetch(2))
    for _ in range(4):
        next(elements)
    time.sleep(0.2)  # for what runs ahead
    assert len(made) <= 5 * (4 + 2 + 1) + 2 * 2 + 1
    elements.close()
    assert not ours()


@pytest.mark.parametrize("end", ["close", "drop"])
def test_threads_end_with_an_iteration_that_stops(end):
    elements = iter(NUMBERS.repeat().map(lambda x: x, 3).batch(2).prefetch(2))
    next(elements)
    assert ours()
    if end == "close":
        elements.close()
    else:
        del elements
        gc.collect()
    assert not ours()


def test_an_iteration_can_stop_while_an_element_is_being_made():
    elements = iter(NUMBERS.map(lambda x: time.sleep(0.05) or x).prefetch(2))
    next(elements)
    elements.close()
    assert not ours()


def test_what_a_thread_raises_reaches_the_caller():
    def fail(x):
        if x == 5:
            raise KeyError("five")
        return x

    for dataset in (NUMBERS.map(fail, 2), NUMBERS.map(fail, 2).batch(2).prefetch(2), NUMBERS.map(fail).prefetch(1)):
        got = []
        with pytest.raises(KeyError, match="five"):
            got.extend(values_until_error(dataset))
        assert not ours()
    assert values(NUMBERS.map(fail, 2).take(5).prefetch(1)) == [0, 1, 2, 3, 4]


def values_until_error(dataset):
    yield from dataset


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python warns of every fork beside threads")
def test_a_forked_process_begins_anew():
    dataset = NUMBERS.map(lambda x: x, 2).prefetch(2)
    elements = iter(dataset)
    next(elements)
    child = os.fork()
    if not child:
        code = 1
        try:
            next(elements)
        except RuntimeError as error:
            code = 0 if "forked" in str(error) and values(dataset) == list(range(10)) else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(elements)) == 9, "the parent goes on"


# Training ------------------------------------------------------------------------------------------------------------


def network():
    cycnn.utils.set_random_seed(0)
    model = models.Sequential(
        [layers.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_fit_evaluate_and_predict_are_those_of_arrays():
    data = Dataset.from_tensor_slices((X, Y)).map(lambda x, y: (x, y), 2).batch(8).prefetch(2)
    one, other = network(), network()
    history = one.fit(data, epochs=3, validation_data=data, verbose=0).history
    expected = other.fit(X, Y, batch_size=8, epochs=3, shuffle=False, validation_data=(X, Y), verbose=0).history
    for key, found in expected.items():
        np.testing.assert_allclose(history[key], found, rtol=1e-5)
    np.testing.assert_allclose(one.evaluate(data, verbose=0), other.evaluate(X, Y, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(one.predict(data, verbose=0), other.predict(X, verbose=0), rtol=1e-5)
    np.testing.assert_array_equal(one.predict(data.map(lambda x, y: x), verbose=0), one.predict(data, verbose=0))
    assert not ours()


def test_training_that_stops_early_leaves_no_threads():
    class Stop(cycnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True

    data = Dataset.from_tensor_slices((X, Y)).repeat().batch(2).map(lambda x, y: (x, y), 2).prefetch(2)
    network().fit(data, epochs=3, steps_per_epoch=4, callbacks=[Stop()], verbose=0)
    gc.collect()
    assert not ours()


def test_data_without_end_need_steps():
    data = Dataset.from_tensor_slices((X, Y)).batch(8).repeat()
    with pytest.raises(ValueError, match=r"`x` must have an end, or a number of steps .*steps_per_epoch"):
        network().fit(data)
    with pytest.raises(ValueError, match="`validation_data` must have an end"):
        network().fit(X, Y, validation_data=data, verbose=0)
    assert len(network().fit(data, steps_per_epoch=2, epochs=4, verbose=0).history["loss"]) == 4


def test_normalization_adapts_to_a_dataset():
    layer = layers.Normalization()
    layer.adapt(Dataset.from_tensor_slices((X, Y)).batch(7).map(lambda x, y: x))
    np.testing.assert_allclose(layer.mean, X.mean(0), rtol=1e-5, atol=1e-6)
