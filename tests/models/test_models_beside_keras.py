"""Graphs of layers, and layers that users write, beside what the real Keras answered (recorded/models.json)."""

import builtins
import json
import re

import numpy as np
import pytest

import cycnn
from cycnn import models
from cycnn.testing import layer_gradients
from tests.recorded.answers import FOLDER, load

RECORDED = load("models")
VALUES = np.load(FOLDER / "models.npz")["values"]
LIMIT = 1e-5  # of the largest number, or of 1

# Keras's settings for what cycnn does not do, and how they are off: a configuration without them says the same.
OFF = {"quantization_config": None, "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}


def get(entry):
    array = VALUES[entry["at"] : entry["at"] + int(np.prod(entry["shape"]))]
    return array.reshape(entry["shape"])


def run(program):
    """What a program makes: the value of an expression, or `layer` or `model`."""
    cycnn.utils.clear_session()
    names = {"keras": cycnn, "np": np}
    if program.startswith("keras."):
        return eval(program, names)
    exec(program, names)
    return names.get("layer", names.get("model"))


def close(found, entry, what):
    expected = get(entry)
    found = np.asarray(found)
    assert found.shape == expected.shape, what
    worst = np.abs(found.astype("float64") - expected).max(initial=0)
    allowed = LIMIT * max(1.0, np.abs(expected).max(initial=0))
    assert worst <= allowed, f"{what} differs by {worst:.2g}, allowed {allowed:.2g}"


def check_weights(found, recorded):
    """Paths, flags, shapes; and assign the recorded values."""
    assert [[w.path, w.trainable, list(w.shape)] for w in found.weights] == [
        [path, trainable, entry["shape"]] for path, trainable, entry in recorded
    ]
    found.set_weights([get(entry) for *_, entry in recorded])


# Layers --------------------------------------------------------------------------------------------------------------

LAYERS = {**RECORDED["merging"], **RECORDED["custom"]}


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("key", LAYERS)
def test_layer(key, training):
    case = LAYERS[key]
    layer = run(case["program"])
    several = isinstance(case["x"], list)
    x = [get(entry) for entry in case["x"]] if several else get(case["x"])
    layer(x)
    check_weights(layer, case["weights"])
    y, *gradients = case["training" if training else "inference"]
    close(layer(x, training=training), y, "y at once")
    found, dx, dweights = layer_gradients(layer, x, get(case["r"]), training=training)
    close(found, y, "y")
    names = [f"dx {k}" for k in range(len(x))] if several else ["dx"]
    names += [f"d{path}" for path, trainable, _ in case["weights"] if trainable]
    for name, gradient, expected in zip(names, [*(dx if several else [dx]), *dweights], gradients, strict=True):
        close(gradient, expected, name)


# Models --------------------------------------------------------------------------------------------------------------


def by_structure(structure, values):
    """Arrays as `fit` takes them for inputs or outputs of this structure."""
    if isinstance(structure, dict):
        return dict(zip(sorted(structure), values, strict=True))
    return list(values) if isinstance(structure, list | tuple) and len(values) > 1 else values[0]


def flat(values):
    if isinstance(values, dict):
        return [values[key] for key in sorted(values)]
    return list(values) if isinstance(values, list | tuple) else [values]


def plain(config):
    """A config as the recorder shortens it, without what is off in Keras's."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return config["config"]["name"]
        if config.get("module") == "keras.initializers":
            return config["class_name"]
        return {key: plain(v) for key, v in config.items() if v is not None and (key not in OFF or v != OFF[key])}
    if isinstance(config, list | tuple):
        return [plain(value) for value in config]
    return float(np.float32(config)) if isinstance(config, float) else config


@pytest.mark.parametrize("key", RECORDED["models"])
def test_model_is_made_of(key):
    case = RECORDED["models"][key]
    model = run(case["program"])
    assert [[layer.name, type(layer).__name__] for layer in model.layers] == case["layers"]
    if case["output_names"]:
        assert model.output_names == case["output_names"]
    check_weights(model, case["weights"])
    assert [w.path for w in model.trainable_weights] == case["trained"]


@pytest.mark.parametrize("key", RECORDED["models"])
def test_model_predicts_and_learns(key):
    case = RECORDED["models"][key]
    model = run(case["program"])
    model.set_weights([get(entry) for *_, entry in case["weights"]])
    x = by_structure(model.input, [get(entry) for entry in case["x"]])
    y = by_structure(model.output, [get(entry) for entry in case["y"]])
    predicted = model.predict(x, batch_size=4, verbose=0)
    assert type(predicted) is type(by_structure(model.output, flat(predicted)))
    for found in (predicted, model(x), model.predict_on_batch(x)):
        for output, expected in zip(flat(found), case["predict"], strict=True):
            close(output, expected, "predict")
    if "steps" in case:
        model.compile(cycnn.optimizers.SGD(0.0625), "mse")
        losses = [np.ravel(model.train_on_batch(x, y))[0] for _ in get(case["steps"])]
        close(losses, case["steps"], "losses")
        for weight, expected in zip(model.weights, case["after"], strict=True):
            close(weight.numpy(), expected, weight.path)


@pytest.mark.parametrize("key", RECORDED["models"])
def test_model_as_text_is_keras_s(key):
    case = RECORDED["models"][key]
    model = run(case["program"])
    assert plain(json.loads(model.to_json())) == plain(case["config"])


@pytest.mark.parametrize("key", RECORDED["models"])
def test_model_is_made_from_keras_s_text(key):
    """Made again from Keras's text, and from its own, and cloned: it predicts the same."""
    case = RECORDED["models"][key]
    first = run(case["program"])
    values, x = [get(entry) for *_, entry in case["weights"]], by_structure(first.input, [get(e) for e in case["x"]])
    made = [
        models.model_from_json(json.dumps(case["config"])),
        type(first).from_config(first.get_config()),
        models.clone_model(first),
        models.clone_model(first, recursive=True),
    ]
    for model in made:
        assert type(model) is type(first)
        assert [layer.name for layer in model.layers] == [layer.name for layer in first.layers]
        assert not {id(w) for w in model.weights} & {id(w) for w in first.weights}
        if key == "models_in_a_model" and len(model.weights) > len(values):
            continue  # a model that stood in two places is two models now, as in Keras
        model.set_weights(values)
        for output, expected in zip(flat(model.predict(x, verbose=0)), case["predict"], strict=True):
            close(output, expected, "predict")
    assert plain(json.loads(made[0].to_json())) == plain(case["config"])


@pytest.mark.parametrize("key", RECORDED["summaries"])
def test_summary(key, monkeypatch):
    case = RECORDED["summaries"][key]
    monkeypatch.setenv("COLUMNS", "80")
    lines = []
    run(case["program"]).summary(print_fn=lines.append, **eval(f"dict({case['arguments']})"))
    (text,) = lines
    assert re.sub(r"(?m)^├.*$", "├", text) == case["text"]
    between, below = {line for line in text.splitlines() if line[0] == "├"}, str.maketrans("└┴┘", "├┼┤")
    assert between <= {line.translate(below) for line in text.splitlines() if line[0] == "└"}


@pytest.mark.parametrize("key", RECORDED["refusals"])
def test_refusal(key):
    """The same kind of exception as Keras's, with a message that holds the word the user has to look at."""
    case = RECORDED["refusals"][key]
    with pytest.raises(getattr(builtins, case["error"]), match=re.escape(case["word"])):
        run(case["program"])


def test_recording_is_complete_and_small():
    sizes = {part: len(cases) for part, cases in RECORDED.items() if part != "about"}
    assert sizes == {"merging": 22, "custom": 11, "models": 25, "summaries": 22, "refusals": 31}
    assert (FOLDER / "models.json.gz").stat().st_size < 25_000
    assert np.isfinite(VALUES).all()
