"""Every form that data may come in trains the same; what does not fit says where."""

import itertools
import math
import threading
import time

import numpy as np
import pytest

import cycnn
from cycnn import Input, Model, Sequential, layers, optimizers, utils
from cycnn.engine.plan import Plan

RNG = np.random.default_rng(5)
X = RNG.standard_normal((20, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 20)
REAL = RNG.standard_normal((20, 1)).astype(np.float32)
WEIGHT = RNG.uniform(0.5, 2, 20)


def network(loss="sparse_categorical_crossentropy", **compiled):
    utils.set_random_seed(0)
    model = Sequential([Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax")])
    model.compile(optimizers.SGD(0.1), loss, **compiled)
    return model


def two_headed():
    utils.set_random_seed(0)
    x = Input((6,), name="x")
    h = layers.Dense(5, activation="tanh")(x)
    model = Model(x, [layers.Dense(1, name="value")(h), layers.Dense(3, activation="softmax", name="kind")(h)])
    model.compile("sgd", {"value": "mse", "kind": "sparse_categorical_crossentropy"})
    return model


def two_inputs():
    utils.set_random_seed(0)
    a, b = Input((6,), name="a"), Input((1,), name="b")
    model = Model([a, b], layers.Dense(3, activation="softmax")(layers.Concatenate()([a, b])))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def trained(*data, model=None, **arguments):
    """Weights and losses after two epochs."""
    model = model or network()
    arguments = {"epochs": 2, "shuffle": False, "verbose": 0, **arguments}
    losses = model.fit(*data, **arguments).history["loss"]
    return [*model.get_weights(), np.array(losses)]


def same(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def batches(*arrays, size=8, samples=20):
    for k in range(0, samples, size):
        yield tuple(a[k : k + size] for a in arrays)


class Dataset(utils.PyDataset):
    def __init__(self, *arrays, size=8, **kwargs):
        super().__init__(**kwargs)
        self.arrays, self.size, self.calls = arrays, size, []

    def __len__(self):
        return math.ceil(20 / self.size)

    def __getitem__(self, k):
        self.calls.append(k)
        return tuple(a[k * self.size : (k + 1) * self.size] for a in self.arrays)


class Tensor:
    """Another framework's tensor, as far as we look at one."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    @property
    def shape(self):
        return self.array.shape

    def numpy(self):
        return self.array


class Grad(Tensor):
    """One that is being differentiated, like PyTorch's."""

    def numpy(self):
        raise RuntimeError("call detach() first")

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self.array)


class Table:
    """A DataFrame, as far as we look at one."""

    index = shape = ()

    def __init__(self, array):
        self.array = array

    def to_numpy(self, dtype=None):
        return self.array.astype(dtype or object)


EXPECTED = trained(X, Y, batch_size=8)


# Arrays --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda a: a.tolist(),
        list,
        lambda a: tuple(a.tolist()),
        lambda a: [a],
        Tensor,
        Grad,
        Table,
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=0)[::2],
    ],
    ids=[
        "list",
        "list of rows",
        "tuple",
        "list of one array",
        "tensor",
        "with gradient",
        "table",
        "Fortran",
        "strided",
    ],
)
def test_forms_of_arrays(form):
    assert same(trained(form(X), form(Y), batch_size=8), EXPECTED)
    assert np.array_equal(network().predict(form(X), verbose=0), network().predict(X, verbose=0))
    assert network().evaluate(form(X), form(Y), verbose=0) == network().evaluate(X, Y, verbose=0)


def test_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert same(trained(frame, pd.Series(Y, index=range(20, 40)), batch_size=8), EXPECTED)
    assert same(
        trained(frame.sample(frac=1, random_state=0).sort_index(), pd.DataFrame({"y": Y}), batch_size=8), EXPECTED
    )
    mixed = pd.DataFrame({"a": [1, 2], "b": [True, False], "c": [0.5, 1.5]})
    assert layers.Dense(1)(mixed).shape == (2, 1)
    with pytest.raises(ValueError, match="`x` must be an array of numbers"):
        network().fit(pd.DataFrame({"a": ["x", "y"]}), [0, 1])


def test_a_memory_map_is_read_where_it_lies(tmp_path):
    """Training and predicting touch a few rows at a time: no array of the map's size is made."""
    import tracemalloc

    samples, shape = 4000, (32, 32, 3)
    pictures = np.memmap(tmp_path / "pictures", np.uint8, "w+", shape=(samples, *shape))
    pictures[:] = np.arange(samples, dtype=np.uint8)[:, None, None, None]
    model = Sequential([Input(shape), layers.Rescaling(1 / 255), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    model.compile("sgd", "mse")
    targets = np.zeros((samples, 2), np.uint8)
    model.fit(pictures[:64], targets[:64], batch_size=32, verbose=0)
    tracemalloc.start()
    model.fit(pictures, targets, batch_size=32, validation_split=0.25, verbose=0)
    model.evaluate(pictures, targets, verbose=0)
    model.predict(pictures, verbose=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < pictures.nbytes / 4  # as float32 it would be four times its size
    plain = network_of(pictures, targets), network_of(np.array(pictures, np.float32), targets)
    assert same(*plain)


def network_of(pictures, targets):
    utils.set_random_seed(0)
    model = Sequential([Input(pictures.shape[1:]), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    model.compile(optimizers.SGD(1e-6), "mse")
    model.fit(pictures[:100], targets[:100], batch_size=32, verbose=0)
    return model.get_weights()


def test_several_inputs_and_outputs_in_any_form():
    expected = trained({"a": X, "b": REAL}, Y, model=two_inputs())
    assert same(trained([X, REAL], Y, model=two_inputs()), expected)
    assert same(trained((X.tolist(), REAL.tolist()), Y.tolist(), model=two_inputs()), expected)
    assert same(trained([[X], REAL], Y, model=two_inputs()), expected)
    expected = trained(X, {"value": REAL, "kind": Y}, model=two_headed())
    assert same(trained(X, [REAL, Y], model=two_headed()), expected)
    assert same(trained({"x": X}, (REAL[:, 0], Y[:, None]), model=two_headed()), expected)
    assert same(trained(X, [REAL.tolist(), Y.tolist()], model=two_headed()), expected)
    data = [({"x": x}, {"kind": k, "value": v}) for x, v, k in batches(X, REAL, Y)]
    assert same(trained(data, model=two_headed()), trained(X, [REAL, Y], batch_size=8, model=two_headed()))


def test_weights_by_output():
    half = {"kind": WEIGHT}
    found = trained(X, [REAL, Y], sample_weight=half, model=two_headed())
    assert same(trained(X, [REAL, Y], sample_weight=[None, WEIGHT], model=two_headed()), found)
    assert same(trained(X, [REAL, Y], sample_weight=[np.ones(20), WEIGHT], model=two_headed()), found)
    assert not same(trained(X, [REAL, Y], model=two_headed()), found)


def test_outputs_in_a_dictionary():
    x = Input((6,))
    model = Model(x, {"second": layers.Dense(1, name="a")(x), "first": layers.Dense(3, name="b")(x)})
    model.compile("sgd", {"first": "mse", "second": "mae"}, metrics={"second": ["mse"]})
    targets = {"second": REAL, "first": np.eye(3)[Y]}
    logs = model.fit(X, targets, verbose=0).history
    assert list(logs) == ["first_loss", "loss", "second_loss", "second_mse"]
    predicted = model.predict(X, verbose=0)
    assert list(predicted) == ["second", "first"]
    assert predicted["first"].shape == (20, 3)


def test_class_weights_and_sample_weights_are_multiplied():
    table = {0: 2.0, 2: 0.5}
    product = WEIGHT * np.array([2.0, 1.0, 0.5])[Y]
    found = trained(X, Y, class_weight=table, sample_weight=WEIGHT)
    for a, b in zip(found, trained(X, Y, sample_weight=product), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    data = trained(Dataset(X, Y, WEIGHT, size=32), class_weight=table)
    assert same(data, found)
    assert same(trained([(X, Y, WEIGHT)], class_weight=table), found)


# Batches that somebody else makes ------------------------------------------------------------------------------------


class Loader:
    """What a PyTorch DataLoader looks like: a length and an iterator, and lists as batches."""

    def __init__(self, *arrays):
        self.arrays = arrays

    def __len__(self):
        return 3

    def __iter__(self):
        return (list(batch) for batch in batches(*self.arrays))


class Repeated:
    """An iterable without a length, of tensors."""

    def __iter__(self):
        return ((Tensor(x), Tensor(y)) for x, y in batches(X, Y))


STREAMS = {
    "loader": lambda: Loader(X, Y),
    "tensors": Repeated,
    "list": lambda: list(batches(X, Y)),
    "dataset": lambda: Dataset(X, Y),
    "dataset with workers": lambda: Dataset(X, Y, workers=3),
    "dataset, multiprocessing": lambda: Dataset(X, Y, use_multiprocessing=True, max_queue_size=1),
    "generator": lambda: itertools.chain(batches(X, Y), batches(X, Y)),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams_train_like_their_arrays(name):
    steps = 3 if name == "generator" else None
    assert same(trained(STREAMS[name](), steps_per_epoch=steps), EXPECTED)
    model = network()
    assert model.evaluate(STREAMS[name](), steps=steps, verbose=0) == model.evaluate(X, Y, batch_size=8, verbose=0)
    assert np.array_equal(model.predict(STREAMS[name](), steps=steps, verbose=0), model.predict(X, verbose=0))
    found = trained(X, Y, batch_size=8, model=model, validation_data=STREAMS[name](), validation_steps=steps)
    assert same(found, EXPECTED)


def test_a_torch_data_loader():
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    x, y = torch.tensor(X, requires_grad=True), torch.tensor(Y)
    assert same(trained(DataLoader(TensorDataset(x, y), batch_size=8)), EXPECTED)
    assert same(trained(x, y, batch_size=8), EXPECTED)


def test_weights_in_a_stream():
    expected = trained(X, Y, batch_size=8, sample_weight=WEIGHT)
    assert same(trained(list(batches(X, Y, WEIGHT))), expected)
    assert same(trained(Dataset(X, Y, WEIGHT[:, None])), expected)


def test_batches_of_all_sizes_share_plans(monkeypatch):
    made = []
    init = Plan.__init__
    monkeypatch.setattr(Plan, "__init__", lambda self, *a, **k: (made.append(a[1]), init(self, *a, **k))[1])
    model = network()
    sizes = [8, 3, 8, 1, 7, 8]
    model.fit([(X[:n], Y[:n]) for n in sizes], epochs=3, verbose=0)
    assert made == [8]
    made.clear()
    model.predict([(X[:n],) for n in sizes], verbose=0)
    assert made == [8]
    made.clear()
    model.fit([(X[:n], Y[:n]) for n in (2, 5, 3, 9)], verbose=0)
    assert made == [2, 5, 9]
    made.clear()
    model.fit([(X[:4].astype(kind), Y[:4]) for kind in ("f4", "f8", "f4", "i1")], verbose=0)
    assert made == [4, 4, 4]


def test_a_model_is_built_by_the_first_batch():
    model = Sequential([layers.Dense(3)])
    model.compile("sgd", "mse")
    model.fit(batches(X, REAL.repeat(3, 1)), verbose=0)
    assert model.input_shape == (None, 6)
    assert Sequential([layers.Dense(3)]).predict(batches(X), verbose=0).shape == (20, 3)


def test_a_generator_that_ends_early_ends_the_training():
    model = network()
    with pytest.warns(UserWarning, match="ran out of data") as caught:
        history = model.fit(batches(X, Y), epochs=5, steps_per_epoch=2, verbose=0)
    assert len(caught) == 1
    assert history.epoch == [0, 1]  # the second epoch had one batch
    assert model.optimizer.iterations == 3
    with pytest.warns(UserWarning, match="ran out of data"):
        history = network().fit(batches(X, Y), epochs=5, verbose=0)
    assert history.epoch == [0]
    model.fit(batches(X, Y), verbose=0)  # one epoch: nothing is missing
    model.fit(batches(X, Y), epochs=1, steps_per_epoch=3, verbose=0)
    with pytest.warns(UserWarning, match="ran out of data"):
        history = network().fit(X, Y, epochs=3, validation_data=batches(X, Y), verbose=0)
    assert len(history.history["val_loss"]) == 1
    assert history.epoch == [0, 1, 2]


def test_a_generator_goes_on_in_a_second_fit():
    source = itertools.cycle(batches(X, Y))
    model, once = network(), network()
    for _ in range(2):
        model.fit(source, steps_per_epoch=3, verbose=0)
    once.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert same(model.get_weights(), once.get_weights())


def test_steps_go_on_where_the_last_epoch_stopped():
    seen = []
    source = list(batches(X, Y, size=5))
    watched = [(x, y) for x, y in source]

    class Watched:
        def __iter__(self):
            for k, batch in enumerate(watched):
                seen.append(k)
                yield batch

    network().fit(Watched(), epochs=4, steps_per_epoch=2, verbose=0)
    assert seen == [0, 1, 2, 3] * 2


# PyDataset -----------------------------------------------------------------------------------------------------------


def test_a_dataset_is_told_of_epochs():
    calls = []

    class Told(Dataset):
        def on_epoch_begin(self):
            calls.append("begin")

        def on_epoch_end(self):
            calls.append("end")

    network().fit(Told(X, Y), epochs=2, verbose=0)
    assert calls == ["begin", "end"] * 2
    calls.clear()
    network().evaluate(Told(X, Y), verbose=0)
    assert calls == ["begin", "end"]


def test_a_dataset_comes_in_a_random_order_that_follows_from_the_seed():
    def order(**arguments):
        data = Dataset(X, Y, size=1)
        network().fit(data, verbose=0, **arguments)
        return data.calls

    first = order()
    assert sorted(first) == list(range(20)) != first
    assert order() == first
    assert order(shuffle=False) == list(range(20))


def test_workers_make_batches_ahead_at_once_and_in_order():
    busy, most, threads = [], [], set()

    class Slow(Dataset):
        def __getitem__(self, k):
            busy.append(k)
            most.append(len(busy))
            threads.add(threading.current_thread())
            time.sleep(0.002 * (k % 3))
            busy.remove(k)
            return super().__getitem__(k)

    before = threading.active_count()
    expected = trained(Dataset(X, Y, size=2))
    assert same(trained(Slow(X, Y, size=2, workers=4)), expected)
    assert max(most) > 1
    assert threading.main_thread() not in threads
    assert threading.active_count() == before
    assert same(trained(Slow(X, Y, size=2), workers=4, max_queue_size=2, use_multiprocessing=True), expected)


def test_an_endless_dataset_with_workers_stops_with_the_training():
    class Endless(Dataset):
        num_batches = None

        def __getitem__(self, k):
            return super().__getitem__(k % 3)

    before = threading.active_count()
    expected = trained(Endless(X, Y), steps_per_epoch=3)
    assert same(expected, EXPECTED)
    assert same(trained(Endless(X, Y, workers=2), steps_per_epoch=3), EXPECTED)
    assert threading.active_count() == before


def test_an_error_of_a_dataset_arrives_and_leaves_no_thread():
    class Broken(Dataset):
        def __getitem__(self, k):
            if k == 2:
                raise OSError("no such file")
            return super().__getitem__(k)

    before = threading.active_count()
    for workers in (1, 2):
        model = network()
        with pytest.raises(OSError, match="no such file"):
            model.fit(Broken(X, Y, workers=workers), shuffle=False, verbose=0)
        assert model.optimizer.iterations == 2
    assert threading.active_count() == before


def test_the_base_of_datasets():
    data = Dataset(X, Y, workers=2, use_multiprocessing=True, max_queue_size=3)
    assert (data.workers, data.use_multiprocessing, data.max_queue_size) == (2, True, 3)
    assert (data.num_batches, utils.Sequence) == (3, utils.PyDataset)
    assert [len(x) for x, _ in data] == [8, 8, 4]
    with pytest.raises(NotImplementedError, match="__getitem__"):
        utils.PyDataset()[0]
    with pytest.raises(NotImplementedError, match="__len__"):
        network().fit(utils.PyDataset())
    for arguments in ({"workers": -1}, {"workers": "two"}, {"max_queue_size": 0}):
        with pytest.raises(ValueError, match=next(iter(arguments))):
            utils.PyDataset(**arguments)


# Older names ---------------------------------------------------------------------------------------------------------


def test_methods_of_keras_2():
    model = network()
    history = model.fit_generator(
        Dataset(X, Y), epochs=2, verbose=0, shuffle=False, workers=2, use_multiprocessing=True
    )
    assert same([*model.get_weights(), np.array(history.history["loss"])], EXPECTED)
    assert model.evaluate_generator(Dataset(X, Y)) == model.evaluate(X, Y, batch_size=8, verbose=0)
    assert np.array_equal(model.predict_generator(batches(X), steps=3), model.predict(X, verbose=0))
    assert same(trained(X, Y, batch_size=8, epochs=1, nb_epoch=2, workers=4, max_queue_size=1), EXPECTED)


def test_shuffling_within_batches():
    seen = []

    class Seen(cycnn.metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append(np.ravel(y_true).astype(int).tolist())

        def result(self):
            return 0.0

    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Seen("seen")])
    numbers = np.arange(20.0)[:, None]
    model.fit(numbers / 20, numbers, batch_size=8, shuffle="batch", verbose=0)
    assert [sorted(part) for part in seen] == [list(range(8)), list(range(8, 16)), list(range(16, 20))]
    assert seen != [sorted(part) for part in seen]


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([(X, Y), (X[:, :5], Y)], ("Batch 1 of `x`", "(n, 6)", "(20, 5)")),
        ([(X, Y), (X, Y[:5])], ("Batch 1", "x with 20", "y with 5")),
        ([(X, Y), (X, Y + 1)], ("Batch 1", "from 0 to 2")),
        ([(X, Y), (X, Y, WEIGHT[:3])], ("Batch 1", "sample_weight with 3")),
        (lambda: ((X, Y, WEIGHT, X) for _ in range(3)), ("Batch 0", "(x, y, sample_weight)")),
        (lambda: (X for _ in range(3)), ("Batch 0", "`y` must be given")),
        (lambda: iter([("a", Y)]), ("Batch 0", "`x` must be an array")),
        (lambda: (b for b in ()), ("`x` must give at least one batch",)),
    ],
)
def test_batches_that_do_not_fit_are_named(data, words):
    with pytest.raises(ValueError, match="Received: ") as caught:
        network().fit(data() if callable(data) else data, verbose=0)
    for word in words:
        assert word in str(caught.value)


def test_an_empty_dataset():
    class Empty(Dataset):
        def __len__(self):
            return 0

    for action in (network().fit, network().evaluate, network().predict):
        with pytest.raises(ValueError, match=r"`x` must give at least one batch.*Received: "):
            action(Empty(X, Y), verbose=0)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: two_inputs().fit({"a": X, "c": REAL}, Y), ("'c'", "['a', 'b']", "inputs")),
        (lambda: two_inputs().fit({"a": X}, Y), ("['a', 'b']", "keys ['a']")),
        (lambda: two_inputs().fit(X, Y), ("list of 2 arrays", "one ndarray")),
        (lambda: two_inputs().fit([X, REAL, X], Y), ("list of 2 arrays", "a list of 3")),
        (lambda: two_inputs().fit([REAL, X], Y), ("(n, 6)", "'a'", "(20, 1)")),
        (lambda: two_inputs().fit([X, REAL[:7]], Y), ("x with 20", "x with 7")),
        (lambda: two_headed().fit(X, {"valeu": REAL, "kind": Y}), ("'valeu'", "Did you mean 'value'")),
        (lambda: two_headed().fit(X, {"kind": Y}), ("'value'", "mse", "keys ['kind']")),
        (lambda: two_headed().fit(X, [REAL, None]), ("'kind'", "None in its place")),
        (lambda: two_headed().fit(X, [REAL, Y[:3]]), ("y['kind'] with 3",)),
        (lambda: two_headed().fit(X, [REAL, Y], sample_weight={"other": WEIGHT}), ("'other'", "sample_weight")),
        (lambda: two_headed().fit(X, [REAL, Y], sample_weight=np.ones((20, 2))), ("one number per sample", "(20, 2)")),
        (lambda: network().fit(X, Y, sample_weight=np.ones((20, 4))), ("one number per sample", "(20, 4)")),
        (lambda: network().fit(Dataset(X, Y), Y), ("`y` must not be given", "beside a Dataset")),
        (lambda: network().fit(batches(X, Y), sample_weight=Y), ("`sample_weight` must not be given", "generator")),
        (lambda: network().fit(Dataset(X, Y), validation_split=0.5), ("`validation_split` needs arrays", "Dataset")),
        (lambda: two_headed().fit(X, [REAL, Y], class_weight={0: 1.0}), ("`class_weight`", "['value', 'kind']")),
    ],
)
def test_data_that_do_not_fit(action, words):
    with pytest.raises(ValueError, match="Received: ") as caught:
        action()
    for word in words:
        assert word in str(caught.value), caught.value


def test_arguments_that_there_are_not():
    model = network()
    for action in (
        lambda: model.compile(optimiser="adam", loss="mse"),
        lambda: model.fit(X, Y, epoch=3),
        lambda: model.predict(X, batchsize=3),
        lambda: model.fit_generator(Dataset(X, Y), epoch=3),
    ):
        with pytest.raises(TypeError, match=r"unexpected keyword argument.*Did you mean.*Received: "):
            action()
    with pytest.raises(ValueError, match=r"unexpected keyword argument 'batchsize'.*'batch_size'"):
        model.evaluate(X, Y, batchsize=3)


def test_a_split_of_sorted_data_warns_of_classes_never_seen():
    order = np.argsort(Y, kind="stable")
    x, y, share = X[order], Y[order], (Y == 2).mean()
    with pytest.warns(UserWarning, match=r"classes that none of the others has: \[2\].*shuffle them first") as caught:
        network().fit(x, y, validation_split=share, epochs=3, verbose=0)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=r"\[2\]"):
        network("categorical_crossentropy").fit(x, np.eye(3)[y], validation_split=share, verbose=0)
    model = Sequential([Input((6,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match=r"\[1\]"):
        model.fit(X, np.arange(20) >= 15, validation_split=0.25, verbose=0)
    network().fit(X, Y, validation_split=0.2, verbose=0)
    model.fit(X, np.linspace(0.1, 0.9, 20), validation_split=0.2, verbose=0)  # no classes
    model.compile("sgd", "mse")
    model.fit(X, np.arange(20), validation_split=0.2, verbose=0)
