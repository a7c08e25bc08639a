"""A training plan from outside: threads, short batches, memory, what it says of itself."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest

import cycnn
from cycnn import config, layers
from cycnn.engine.planner import lower_bound
from cycnn.training.step import Steps


def network(seed=0, **more):
    cycnn.utils.set_random_seed(seed)
    model = cycnn.Sequential(
        [
            layers.Input((13, 11, 2)),
            layers.Conv2D(20, 3, activation="relu", padding="same"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Conv2D(33, 3, strides=2, activation="tanh", kernel_regularizer="l2"),
            layers.AveragePooling2D((2, 1)),
            layers.Flatten(),
            layers.Dense(30, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **more)
    return model


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    return rng.standard_normal((75, 13, 11, 2)).astype("float32"), rng.integers(0, 5, 75)


@pytest.fixture
def threads():
    before = config.get_num_threads()
    yield config.set_num_threads
    config.set_num_threads(None)
    assert config.get_num_threads() <= max(before, 256)


@pytest.fixture
def greedy(monkeypatch):
    """Any work is worth all threads, so that small networks meet many of them."""
    from cycnn.engine import plan

    monkeypatch.setattr(plan, "WORK_OF_A_THREAD", 1.0)


def trained(data, epochs=2, batch_size=32):
    model = network()
    history = model.fit(*data, batch_size=batch_size, epochs=epochs, verbose=0)
    return model, [*model.get_weights(), np.array(history.history["loss"])]


def test_weights_are_bitwise_the_same_for_any_number_of_threads(data, threads, greedy):
    threads(1)
    _, expected = trained(data)
    for count in (2, 3, 8, 16):
        threads(count)
        model, found = trained(data)
        assert team_of(model, data) == count
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b)


def team_of(model, data):
    """The threads that a training step really had."""
    with Steps(model, True, 32) as steps:
        steps.run(model._samples(*data), np.arange(32))
        return steps.step.team


def test_two_runs_with_one_seed_are_the_same_and_with_another_are_not(data):
    first, second = trained(data)[1], trained(data)[1]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    cycnn.utils.set_random_seed(1)
    other = network(seed=1)
    assert any((a != b).any() for a, b in zip(first, other.get_weights(), strict=False))


def test_predictions_do_not_know_batches_or_threads(data, threads, greedy):
    model = network()
    model.fit(*data, verbose=0)
    threads(1)
    whole = model.predict(data[0], batch_size=75, verbose=0)
    for count in (1, 2, 3, 16):
        threads(count)
        for batch_size in (1, 2, 7, 32, 64):
            np.testing.assert_array_equal(model.predict(data[0], batch_size=batch_size, verbose=0), whole)


def test_a_short_batch_runs_in_the_plan_of_the_full_one(data):
    """Step by step, with the last batch short, as two models see it: one in a plan of 32, one in a plan of its own."""
    x, y = data
    rows = np.arange(75)

    def trained(ends):
        model = network()
        samples = model._samples(x, y)
        with Steps(model, True, 32) as steps:
            for first in ends:
                steps.run(samples, rows[first : first + 32])
        return model

    a, b = trained((0, 32, 64)), trained((0, 32))
    b.train_on_batch(x[64:], y[64:])
    for u, v in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(u, v, rtol=2e-4, atol=2e-6)  # other groups: other order of the sums


def test_a_step_allocates_little_and_leaves_nothing(data):
    model = network()
    samples, rows = model._samples(*data), np.arange(32)
    with Steps(model, True, 32) as steps:
        gc.collect()
        gc.disable()
        for _ in range(150):  # until the interpreter's free lists, which gc.collect empties, are full again
            steps.run(samples, rows)
        try:
            tracemalloc.start()
            before = tracemalloc.take_snapshot()
            steps.run(samples, rows)
            peak = tracemalloc.get_traced_memory()[1]
            after = tracemalloc.take_snapshot()
            tracemalloc.stop()
            blocks = sys.getallocatedblocks()
            for _ in range(100):
                steps.run(samples, rows)
            assert sys.getallocatedblocks() - blocks < 50  # counters outgrow the small integers; a leak would be 100
        finally:
            gc.enable()
    made = sum(max(s.count_diff, 0) for s in after.compare_to(before, "lineno"))
    assert made <= 200
    assert peak < 200_000


def test_memory_does_not_grow_over_a_hundred_steps(data):
    import resource

    model = network()
    samples, rows = model._samples(*data), np.arange(32)
    with Steps(model, True, 32) as steps:
        for _ in range(50):
            steps.run(samples, rows)
        gc.collect()
        tracemalloc.start()
        base = tracemalloc.get_traced_memory()[0]
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(100):
            steps.run(samples, rows)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - base
        tracemalloc.stop()
    assert grown < 2000  # the interpreter's own bookkeeping; one leaked array or plan is far more
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident < 1024


def test_the_plan_shows_itself(data):
    model = network()
    with Steps(model, True, 32) as steps:
        steps.run(model._samples(*data), np.arange(32))
        plan = steps.step.plan
        text = plan.summary()
        for word in ("conv.forward", "norm.moments", "update.step", "lower bound", "arena", "conv2d"):
            assert word in text
        assert plan.arena_bytes <= 1.3 * lower_bound(plan.shared)
        assert plan.local_bytes <= 1.3 * lower_bound(plan.local)


def test_activation_is_fused_and_views_cost_nothing():
    model = cycnn.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.5)]
    )
    text = model.plan_summary()
    assert "elementwise.activate" not in text
    assert "dropout" not in text.split("segment 0")[1]


def test_packed_weights_follow_assignments():
    model = cycnn.Sequential([layers.Input((3,)), layers.Dense(2, use_bias=False)])
    x = np.eye(3, dtype="float32")
    for k in range(3):
        w = np.full((3, 2), float(k), "float32")
        model.set_weights([w])
        np.testing.assert_array_equal(model.predict(x, verbose=0), w)
        model.layers[0].kernel.assign(w + 1)
        np.testing.assert_array_equal(model(x), w + 1)


def test_predict_inside_a_callback_of_fit_is_right(data):
    class Watch(cycnn.callbacks.Callback):
        seen = ()

        def on_train_batch_end(self, batch, logs=None):
            self.seen = (*self.seen, self.model.predict(data[0][:5], verbose=0))

    quiet = network()
    quiet.fit(*data, verbose=0)
    watched, watch = network(), Watch()
    watched.fit(*data, verbose=0, callbacks=[watch])
    for a, b in zip(quiet.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(watch.seen) == 3
    assert not np.array_equal(watch.seen[0], watch.seen[1])
    np.testing.assert_array_equal(watch.seen[-1], watched.predict(data[0][:5], verbose=0))


def test_two_python_threads_predict_at_once(data):
    from concurrent.futures import ThreadPoolExecutor

    model = network()
    expected = model.predict(data[0], verbose=0)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.predict(data[0], verbose=0), range(24)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("samples", [1, 2, 3, 5])
def test_batch_statistics_of_a_few_samples(samples):
    x = np.random.default_rng(0).standard_normal((samples, 6, 5, 3)).astype("float32")
    layer = layers.BatchNormalization(epsilon=0.0)
    y = layer(x, training=True)
    expected = (x - x.mean((0, 1, 2))) / x.std((0, 1, 2))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_a_frozen_batch_normalization_is_another_plan():
    x = np.random.default_rng(0).standard_normal((8, 4)).astype("float32")
    model = cycnn.Sequential([layers.Input((4,)), layers.BatchNormalization()])
    assert not np.allclose(model(x, training=True), model(x))
    model.layers[0].trainable = False
    np.testing.assert_array_equal(model(x, training=True), model(x))


def test_packed_weights_of_few_layers_are_held_at_a_time(monkeypatch):
    from cycnn.engine import plan

    def trained():
        cycnn.utils.set_random_seed(1)
        model = cycnn.Sequential([layers.Input((4, 4, 64))])
        for _ in range(6):
            model.add(layers.Conv2D(64, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.ReLU())
        model.add(layers.GlobalAveragePooling2D())
        model.compile("sgd", "mse")
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((8, 4, 4, 64), "float32"), rng.standard_normal((8, 64), "float32")
        with Steps(model, True, len(x)) as steps:
            for _ in range(2):
                steps.run(model._samples(x, y), np.arange(len(x)))
            return steps.step.plan.arena_bytes, model.get_weights()

    size, weights = trained()
    monkeypatch.setattr(plan, "put_off", lambda preparing, segments: preparing)
    at_once, expected = trained()
    kernel = 4 * 3 * 3 * 64 * 64
    assert at_once - size > 5 * kernel  # the copies for the inputs' gradients, before the gradients take as much
    for a, b in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(a, b)
