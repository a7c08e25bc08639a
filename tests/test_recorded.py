"""The real Keras's recorded answers, from the same programs with cycnn in Keras's place (tests/recorded/README.md).

How far from Keras we may be. EPS = 2**-24 is half a unit in the last place of 1.0.

- Layers: rounding in a sum of K terms grows like sqrt(K) EPS, and no sum in a layer has more terms that are not zero
  than there are numbers in its input or its output; the parts around a sum (an activation, a division) add a few EPS.
  So (8 + 2 sqrt(K)) EPS times the largest number of the answer: 2e-6 for most cases.
- Networks: every training step passes on the rounding of the one before. How much it grows depends on the network, and
  is recorded: the distance between Keras in float32 and in float64. Eight times that, and 64 EPS of the largest number;
  Keras on PyTorch and on TensorFlow are up to four times that distance apart.
"""

import builtins
import json
import re

import numpy as np
import pytest

import cycnn
from tests.recorded.answers import FOLDER, load

EPS = 2.0**-24

# Keras's settings for what cycnn does not do, and how they are off: a configuration without them says the same.
OFF = {"quantization_config": None, "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}

# What of the recorded we do not answer alike: "file: case" -> the reason. Empty when an issue closes.
GAPS = {}


class Recorded:
    """The cases of one file, and their arrays."""

    def __init__(self, name):
        self.name = name
        self.cases = load(name)["cases"]
        arrays = FOLDER / f"{name}.npz"
        self.values = np.load(arrays)["values"] if arrays.exists() else None

    def get(self, entry):
        array = self.values[entry["at"] : entry["at"] + int(np.prod(entry["shape"]))]
        return array.reshape(entry["shape"]).astype(entry.get("dtype", "float32"))

    def get_all(self, entries):
        return [self.get(entry) for entry in entries]

    def parameters(self, wanted=lambda case: True):
        """Every case for `parametrize`; a known gap is an expected failure."""
        return [
            pytest.param(key, marks=[pytest.mark.xfail(reason=gap, strict=True)] if gap else [])
            for key, gap in ((key, GAPS.get(f"{self.name}: {key}")) for key in self.cases)
            if wanted(self.cases[key])
        ]


LAYERS, NETWORKS, REFUSALS, SUMMARIES = map(Recorded, ("layers", "networks", "refusals", "summaries"))


def run(program):
    """The value of an expression, or the `model` that a program makes."""
    names = {"keras": cycnn, "np": np}
    if program.startswith("keras."):
        return eval(program, names)
    exec(program, names)
    return names["model"]


def close(found, expected, limit, what, more=0.0):
    """Assert that no number differs by more than `limit` times the largest one (or 1), and `more`."""
    found = np.asarray(found)
    assert found.shape == expected.shape, what
    worst = np.abs(found.astype("float64") - expected).max(initial=0)
    allowed = limit * max(1.0, np.abs(expected).max(initial=0)) + more
    assert worst <= allowed, f"{what} differs by {worst:.2g}, allowed {allowed:.2g}"


# --- layers -----------------------------------------------------------------------------------------------------------


def layer_of(case):
    layer = run(case["program"])
    layer.build((None, *case["x"]["shape"][1:]))
    layer.set_weights([LAYERS.get(weight["value"]) for weight in case["weights"]])
    return layer


def unnumbered(name):
    """An automatic name without its number: `conv2d_3` is the fourth `conv2d`."""
    return re.sub(r"_\d+$", "", name)


def rounded(config):
    """A configuration with its reals in float32: Keras keeps 0.01 as 0.009999999776482582 in places."""
    if isinstance(config, dict):
        return {key: rounded(value) for key, value in config.items()}
    if isinstance(config, list):
        return [rounded(value) for value in config]
    return float(np.float32(config)) if isinstance(config, float) else config


@pytest.mark.parametrize("key", LAYERS.parameters())
def test_layer_describes_itself(key):
    case = LAYERS.cases[key]
    layer = layer_of(case)
    assert type(layer).__name__ == case["class"]
    assert layer.dtype == case["dtype"]
    assert list(layer.compute_output_shape((None, *case["x"]["shape"][1:]))) == case["output_shape"]
    assert [
        {"name": weight.name, "trainable": weight.trainable, "shape": list(weight.shape)} for weight in layer.weights
    ] == [
        {"name": weight["name"], "trainable": weight["trainable"], "shape": weight["value"]["shape"]}
        for weight in case["weights"]
    ]
    config = json.loads(json.dumps(layer.get_config()))
    expected = {key: v for key, v in case["config"].items() if key in config or key not in OFF or v != OFF[key]}
    assert rounded(config | {"name": unnumbered(config["name"])}) == rounded(expected)
    again = type(layer).from_config(layer.get_config())
    assert json.loads(json.dumps(again.get_config())) == config


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("key", LAYERS.parameters())
def test_layer_answers(key, training):
    case = LAYERS.cases[key]
    answers = case.get("training" if training else "inference")
    if answers == "as inference":
        answers = case["inference"]
    if answers is None:
        return  # dropout in training is random
    layer, x, r = layer_of(case), LAYERS.get(case["x"]), LAYERS.get(case["r"])
    y, dx, dweights = cycnn.testing.layer_gradients(layer, x, r, training=training)
    limit = (8 + 2 * np.sqrt(max(x.size, r.size))) * EPS
    close(y, LAYERS.get(answers["y"]), limit, "y")
    close(dx, LAYERS.get(answers["dx"]), limit, "dx")
    names = [weight["name"] for weight in case["weights"] if weight["trainable"]]
    assert len(dweights) == len(answers["dweights"])
    for name, found, expected in zip(names, dweights, answers["dweights"]):
        close(found, LAYERS.get(expected), limit, f"d{name}")
    after = answers.get("weights_after") or [weight["value"] for weight in case["weights"]]
    for weight, expected in zip(layer.weights, after):
        close(weight, LAYERS.get(expected), limit, f"{weight.name} afterwards")


# --- networks ---------------------------------------------------------------------------------------------------------


class Network:
    """A recorded network: its data, its answers, and how far from them rounding may lead."""

    def __init__(self, key):
        self.case = NETWORKS.cases[key]
        self.x, self.y = NETWORKS.get(self.case["x"]), NETWORKS.get(self.case["y"])
        self.weight = NETWORKS.get(self.case["sample_weight"]) if self.case["sample_weight"] else None
        self.batch, self.epochs = self.case["batch_size"], self.case["epochs"]
        self.fit = eval(f"dict({self.case['fit']})")

    def model(self):
        model = run(self.case["program"])
        model.set_weights(NETWORKS.get_all(self.case["initial"]))
        return model

    def close(self, found, expected, what):
        close(found, expected, 64 * EPS, what, 8 * max(self.case["rounding"].values()))

    def batches(self):
        """The slices of one epoch."""
        samples = len(self.x) - int(np.ceil(len(self.x) * self.fit.get("validation_split", 0)))
        return [slice(at, min(at + self.batch, samples)) for at in range(0, samples, self.batch)]

    def compare_weights(self, model):
        found = model.get_weights()
        assert len(found) == len(self.case["weights"])
        for k, (weight, expected) in enumerate(zip(found, NETWORKS.get_all(self.case["weights"]))):
            self.close(weight, expected, f"weight {k}")


@pytest.mark.parametrize("key", NETWORKS.parameters())
def test_network_step_by_step(key):
    network = Network(key)
    model = network.model()
    expected = NETWORKS.get(network.case["steps"])
    for step, at in enumerate(network.batches() * network.epochs):
        weight = None if network.weight is None else network.weight[at]
        found = model.train_on_batch(network.x[at], network.y[at], sample_weight=weight)
        network.close(np.ravel(found), expected[step], f"loss and metrics of step {step}")
    network.compare_weights(model)


@pytest.mark.parametrize("key", NETWORKS.parameters())
def test_network_fit(key):
    network = Network(key)
    model = network.model()
    history = model.fit(
        network.x,
        network.y,
        batch_size=network.batch,
        epochs=network.epochs,
        shuffle=False,
        verbose=0,
        sample_weight=network.weight,
        **network.fit,
    ).history
    network.compare_weights(model)
    assert set(history) == set(network.case["history"])
    for name, expected in network.case["history"].items():
        network.close(history[name], np.array(expected), f"history of {name}")
    found = model.evaluate(network.x, network.y, batch_size=network.batch, sample_weight=network.weight, verbose=0)
    network.close(np.ravel(found), NETWORKS.get(network.case["evaluate"]), "evaluate")
    predicted = model.predict(network.x[:7], batch_size=4, verbose=0)
    network.close(predicted, NETWORKS.get(network.case["predict"]), "predict")


# --- refusals and summaries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", REFUSALS.parameters())
def test_refusal(key):
    """The same kind of exception as Keras's, with a message that holds the word the user has to look at."""
    case = REFUSALS.cases[key]
    with pytest.raises(getattr(builtins, case["error"]), match=re.escape(case["word"])):
        run(case["program"])


@pytest.mark.parametrize("key", SUMMARIES.parameters())
def test_summary(key, monkeypatch):
    case = SUMMARIES.cases[key]
    monkeypatch.setenv("COLUMNS", "80")
    cycnn.utils.clear_session()
    model = run(case["program"])
    lines = []
    model.summary(print_fn=lines.append)
    assert "\n".join(lines).splitlines() == case["text"].rstrip("\n").splitlines()


# --- the recording itself ---------------------------------------------------------------------------------------------


def test_recording_is_complete_and_small():
    assert len(LAYERS.cases) >= 140
    assert len(NETWORKS.cases) >= 25
    assert len(REFUSALS.cases) >= 60
    assert len(SUMMARIES.cases) >= 4
    mine = [FOLDER / f"{name}.{kind}" for name in ("layers", "networks") for kind in ("json.gz", "npz")]
    mine += [FOLDER / "refusals.json.gz", FOLDER / "summaries.json.gz"]
    assert sum(path.stat().st_size for path in mine) < 300_000


@pytest.mark.parametrize("recorded", [LAYERS, NETWORKS], ids=["layers", "networks"])
def test_recorded_arrays_lie_end_to_end(recorded):
    def entries(case):
        if isinstance(case, dict) and "at" in case:
            yield case["at"], int(np.prod(case["shape"]))
        elif isinstance(case, dict | list):
            for value in case.values() if isinstance(case, dict) else case:
                yield from entries(value)

    at = 0
    for offset, size in sorted(entry for case in recorded.cases.values() for entry in entries(case)):
        assert offset == at
        at += size
    assert at == recorded.values.size
    assert np.isfinite(recorded.values).all()


def homogeneous(case):
    """Whether y(a x, a bias) = a y(x, bias) for every a > 0."""
    config = case["config"]
    return (
        case["class"] not in ("BatchNormalization", "Softmax", "Activation")
        and config.get("activation", "linear") in ("linear", "relu", "leaky_relu")
        and config["trainable"]
        and not config.get("threshold")
        and not config.get("max_value")
        and not config.get("offset")
    )


@pytest.mark.parametrize("key", LAYERS.parameters(homogeneous))
def test_recorded_gradients_obey_euler(key):
    """For such layers <y, r> = <dx, x> + <dbias, bias>, and <dkernel, kernel> = <dx, x>."""
    case = LAYERS.cases[key]
    x, r = LAYERS.get(case["x"]), LAYERS.get(case["r"])
    weights = {weight["name"]: LAYERS.get(weight["value"]) for weight in case["weights"] if weight["trainable"]}
    answers = case["inference"]
    y, dx = LAYERS.get(answers["y"]), LAYERS.get(answers["dx"])
    products = {name: np.vdot(w, d) for (name, w), d in zip(weights.items(), LAYERS.get_all(answers["dweights"]))}
    limit = 16 * EPS * (np.abs(y * r).sum() + np.abs(dx * x).sum())
    assert abs(np.vdot(y, r) - np.vdot(dx, x) - products.get("bias", 0)) <= limit
    if "kernel" in products:
        assert abs(products["kernel"] - np.vdot(dx, x)) <= limit


@pytest.mark.parametrize("key", NETWORKS.parameters())
def test_recorded_history_follows_from_the_steps(key):
    """An epoch's loss is the mean of its steps' losses by their samples; and training helps."""
    network = Network(key)
    losses = NETWORKS.get(network.case["steps"])[:, 0].reshape(network.epochs, -1)
    sizes = [at.stop - at.start for at in network.batches()]
    expected = np.array(network.case["history"]["loss"])
    np.testing.assert_allclose(np.average(losses, axis=1, weights=sizes), expected, rtol=1e-6)
    assert expected[-1] < expected[0]
    moved = [
        not np.array_equal(before, after)
        for before, after in zip(NETWORKS.get_all(network.case["initial"]), NETWORKS.get_all(network.case["weights"]))
    ]
    assert any(moved)
    assert moved[0] != (key == "frozen_layer")
