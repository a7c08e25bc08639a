"""The real Keras's answers for single layers (tests/recorded/record_more_layers.py), and ours.

A sum of K terms rounds by about sqrt(K) EPS, EPS = 2**-24; no sum in a layer has more terms than its input or its output
has numbers, and the parts around a sum add a few EPS. Sums of squares in normalizations are divided by a difference of
nearly equal numbers, which their cases' sizes bound. So (16 + 4 sqrt(K)) EPS times the largest number of an answer, or 1.
"""

import re

import numpy as np
import pytest

import cycnn
from cycnn import layers
from cycnn.testing import layer_gradients
from tests.recorded.answers import FOLDER, load

EPS = 2.0**-24
NAMES = (
    "convolution", "depthwise", "transposed", "pooling", "reshaping", "activations", "normalization", "regularization",
    "core",
)  # fmt: skip
OFF = {"quantization_config": None, "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}


class Recorded:
    """The cases of one file, and their arrays."""

    def __init__(self, name):
        self.cases = load(f"layers_{name}")["cases"]
        self.values = np.load(FOLDER / f"layers_{name}.npz")["values"]

    def get(self, entry):
        array = self.values[entry["at"] : entry["at"] + int(np.prod(entry["shape"]))]
        return array.reshape(entry["shape"]).astype(entry.get("dtype", "float32"))


FILES = {name: Recorded(name) for name in NAMES}
WANTED = {
    name: [key for key, case in file.cases.items() if hasattr(layers, case["class"])] for name, file in FILES.items()
}
CASES = [pytest.param(name, key, id=f"{name}: {key}") for name, keys in WANTED.items() for key in keys]


def layer_of(case, file):
    layer = eval(case["program"], {"keras": cycnn, "np": np})
    if not layer.built:
        layer.build((None, *case["x"]["shape"][1:]))
    layer.set_weights([file.get(weight["value"]) for weight in case["weights"]])
    return layer


def plain(config):
    """A configuration as text says it, its reals in float32, automatic names without their numbers. What an inner layer was
    built for is left out: for how many samples, Keras says."""
    if isinstance(config, dict):
        kept = {key: value for key, value in config.items() if key not in OFF or value != OFF[key]}
        found = {key: plain(value) for key, value in kept.items() if key != "build_config"}
        if isinstance(found.get("name"), str):
            found["name"] = re.sub(r"_\d+$", "", found["name"])
        return found
    if isinstance(config, (list, tuple)):
        return [plain(value) for value in config]
    return float(np.float32(config)) if isinstance(config, float) else config


@pytest.mark.parametrize(("name", "key"), CASES)
def test_a_layer_describes_itself(name, key):
    case = FILES[name].cases[key]
    layer = layer_of(case, FILES[name])
    assert type(layer).__name__ == case["class"]
    assert layer.dtype == case["dtype"]
    told = layer.compute_output_shape((None, *case["x"]["shape"][1:]))
    # Where Keras says None for a length that it could know, we know it.
    assert all(b in (a, None) for a, b in zip(told, case["output_shape"], strict=True))
    assert [(w.name, w.trainable, list(w.shape)) for w in layer.weights] == [
        (w["name"], w["trainable"], w["value"]["shape"]) for w in case["weights"]
    ]
    assert plain(layer.get_config()) == plain(case["config"])
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize(("name", "key"), CASES)
def test_a_layer_answers(name, key, training):
    file = FILES[name]
    case = file.cases[key]
    answers = case.get("training" if training else "inference")
    answers = case["inference"] if answers == "as inference" else answers
    if answers is None:
        return  # random while training
    layer, x, r = layer_of(case, file), file.get(case["x"]), file.get(case["r"])
    y, dx, dweights = layer_gradients(layer, x, r, training=training)
    limit = (16 + 4 * np.sqrt(max(x.size, r.size))) * EPS

    def close(found, entry, what):
        expected = file.get(entry)
        assert found.shape == expected.shape, what
        worst = np.abs(found.astype(np.float64) - expected).max(initial=0)
        assert worst <= limit * max(1.0, np.abs(expected).max(initial=0)), f"{what} differs by {worst:.2g}"

    close(y, answers["y"], "y")
    if answers["dx"] is not None:
        close(dx, answers["dx"], "dx")
    names = [weight["name"] for weight in case["weights"] if weight["trainable"]]
    for weight, found, entry in zip(names, dweights, answers["dweights"], strict=True):
        close(found, entry, f"d{weight}")
    after = answers.get("weights_after") or [weight["value"] for weight in case["weights"]]
    for weight, entry in zip(layer.weights, after, strict=True):
        close(weight.numpy(), entry, f"{weight.name} afterwards")


def test_every_recorded_layer_is_there():
    missing = {case["class"] for file in FILES.values() for case in file.cases.values()} - set(dir(layers))
    assert not missing
