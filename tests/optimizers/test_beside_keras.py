"""Optimizers and schedules beside what the real Keras answered (recorded/record_optimizers.py)."""

import inspect
import json

import numpy as np
import pytest

import cycnn
from cycnn import layers, losses, optimizers
from cycnn.core import registry
from cycnn.core.variable import Variable
from tests.recorded.answers import FOLDER, load

RECORDED = load("optimizers")
ARRAYS = np.load(FOLDER / "optimizers.npz")
GRADIENTS, WEIGHTS = ARRAYS["gradients"], ARRAYS["weights"]
CASES = RECORDED["cases"]
STEPS = GRADIENTS.shape[1]
NAMES = {"keras": cycnn, "np": np}  # the programs are recorded with Keras's name in them
IDS = [case["program"].removeprefix("keras.optimizers.").replace("learning_rate", "rate") for case in CASES]
every_case = pytest.mark.parametrize("k", range(len(CASES)), ids=IDS)


def as_json(config):
    return json.loads(json.dumps(config))


def parts(vector):
    """The weights of the network in one vector, one by one."""
    first = 0
    for *_, shape in RECORDED["weights"]:
        size = int(np.prod(shape))
        yield vector[first : first + size].reshape(shape)
        first += size


def flat(arrays):
    return np.concatenate([np.zeros(0), *(np.ravel(a) for a in arrays)])


def variables(start):
    return [Variable(w, name, path=path) for w, (path, name, _) in zip(parts(start), RECORDED["weights"])]


def close(found, expected, start):
    """Keras's own float32 makes 1 - beta_2^t, the size of Adam's first steps, wrong by some 1e-5."""
    moved = np.abs(expected - start).max()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-5 * moved + 2e-7)


@every_case
def test_ten_steps_of_given_gradients(k):
    """`apply`: the kernels' Python doors."""
    program, start = CASES[k]["program"], WEIGHTS[k, 0]
    optimizer, trained = eval(program, NAMES), variables(start)
    optimizer.build(trained)
    for step in range(STEPS):
        optimizer.apply(list(parts(GRADIENTS[k, step])))
        close(flat(trained), WEIGHTS[k, step + 1], start)
    optimizer.finalize_variable_values(trained)
    close(flat(trained), WEIGHTS[k, -1], start)


@every_case
def test_ten_steps_of_training(k):
    """`emit`: the kernels' C doors, in a plan. Gradients follow the weights, and errors add up."""
    model = cycnn.Sequential([cycnn.Input((3,)), layers.Dense(2, "tanh"), layers.Dense(1)])
    start = WEIGHTS[k, 0]
    model.set_weights(list(parts(start)))
    model.compile(eval(CASES[k]["program"], NAMES), losses.MeanSquaredError())
    rng = np.random.default_rng(12)  # the recorder's batches
    xs = rng.standard_normal((STEPS, 4, 3)).astype("float32")
    ys = rng.standard_normal((STEPS, 4, 1)).astype("float32")
    for step in range(STEPS):
        model.train_on_batch(xs[step], ys[step])
        moved = np.abs(WEIGHTS[k, step + 1] - start).max()
        np.testing.assert_allclose(flat(model.get_weights()), WEIGHTS[k, step + 1], rtol=1e-6, atol=5e-4 * moved + 1e-6)
    assert int(model.optimizer.iterations) == CASES[k]["iterations"]
    assert float(model.optimizer.learning_rate) == pytest.approx(CASES[k]["rate"], rel=1e-6)


@every_case
def test_the_state_is_keras_s(k):
    """Names, order and values of all variables."""
    case = CASES[k]
    optimizer, trained = eval(case["program"], NAMES), variables(WEIGHTS[k, 0])
    optimizer.name = case["paths"][0].partition("/")[0]
    names = [path.rpartition("/")[2] for path in case["paths"]]
    for gradients in GRADIENTS[k]:
        optimizer.apply(list(parts(gradients)), trained)
    assert [v.name for v in optimizer.variables] == names
    assert [v.path.partition("/")[2] or v.path for v in optimizer.variables] == names
    first = sum(state_sizes[:k])
    expected = ARRAYS["states"][first : first + state_sizes[k]]
    np.testing.assert_allclose(flat(optimizer.variables), expected, rtol=1e-5, atol=2e-6)


def state_size(case):
    """Elements of a case's state, by the names of its variables."""
    sizes = {path.replace("/", "_"): int(np.prod(shape)) for path, _, shape in RECORDED["weights"]}
    names = [path.rpartition("/")[2] for path in case["paths"]]
    longest = [max((w for w in sizes if name.startswith(w)), key=len, default=None) for name in names]
    return sum(sizes.get(weight, 1) for weight in longest)


state_sizes = [state_size(case) for case in CASES]


def test_the_recording_is_read_whole():
    assert sum(state_sizes) == len(ARRAYS["states"])
    assert len(CASES) >= 90


def plain(config):
    """A config without the name, which counts the optimizers of a process."""
    return {key: value for key, value in config.items() if key != "name"}


@pytest.mark.parametrize("case", [case for case in CASES if case["config"]], ids=lambda case: case["program"])
def test_configs_are_keras_s(case):
    expected = case["config"]
    optimizer = eval(case["program"], NAMES)
    assert plain(as_json(optimizer.get_config())) == plain(expected)
    assert list(optimizer.get_config()) == list(expected)
    for made in (
        type(optimizer).from_config(expected),
        registry.deserialize_keras_object(optimizers.serialize(optimizer)),
    ):
        assert type(made) is type(optimizer)
        assert plain(as_json(made.get_config())) == plain(expected)


@pytest.mark.parametrize("program", RECORDED["gets"])
def test_names_and_configs_give_keras_s_optimizers(program):
    """Keras on PyTorch writes the modules of that backend into its configs: they are read too."""
    expected = RECORDED["gets"][program]
    optimizer = eval(program, NAMES)
    config = as_json(optimizers.serialize(optimizer))
    assert config["class_name"] == expected["class_name"]
    assert (config["module"], config["registered_name"]) == ("keras.optimizers", None)
    assert plain(config["config"]) == plain(expected["config"])
    read = optimizers.deserialize(expected)
    assert type(read) is type(optimizer)
    assert as_json(read.get_config()) == expected["config"]


@pytest.mark.parametrize("program", RECORDED["refusals"])
def test_what_keras_refuses(program):
    kind = {"TypeError": TypeError, "AttributeError": AttributeError, "NotImplementedError": NotImplementedError}
    with pytest.raises(kind.get(RECORDED["refusals"][program], ValueError)):
        eval(program, NAMES)


@pytest.mark.parametrize("name", RECORDED["signatures"])
def test_arguments_stand_in_keras_s_order(name):
    cls = getattr(optimizers, name)
    parameters = inspect.signature(cls).parameters.values()
    found = [[p.name, None if p.default is p.empty else p.default] for p in parameters]
    assert found == RECORDED["signatures"][name]
    given = [value for _, value in found[:-1]]  # by place, all of them
    cls(*given[:-1], "mine")
    assert cls(*given[:-1], "mine").name == "mine"


def test_automatic_names_are_keras_s():
    from cycnn.core import names

    names.reset()
    assert {name: getattr(optimizers, name)().name for name in RECORDED["names"]} == RECORDED["names"]


# Schedules -----------------------------------------------------------------------------------------------------------


def schedule_of(program):
    return eval(f"keras.optimizers.schedules.{program}", NAMES)


@pytest.mark.parametrize("program", RECORDED["schedules"])
def test_schedules_over_steps(program):
    case, schedule = RECORDED["schedules"][program], schedule_of(program)
    expected = np.array(case["values"])
    np.testing.assert_allclose([float(schedule(step)) for step in case["steps"]], expected, rtol=2e-6, atol=2e-8)
    together = schedule(np.array(case["steps"]))
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, expected, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize("program", RECORDED["schedules"])
def test_schedules_have_keras_s_configs(program):
    config = RECORDED["schedules"][program]["config"]
    assert as_json(optimizers.schedules.serialize(schedule_of(program))) == config
    read = optimizers.schedules.deserialize(config)
    assert type(read) is type(schedule_of(program))
    assert as_json(read.get_config()) == config["config"]
    assert as_json(optimizers.SGD(read).get_config()["learning_rate"]) == config
