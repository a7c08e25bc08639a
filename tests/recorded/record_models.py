"""Record what the real Keras makes of graphs of layers and of layers that users write. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_models.py

graphs.py holds the programs; their text is recorded with the answers, and the tests run the same text with cycnn in
Keras's place. models.json.gz and models.npz, arranged as record_keras.py says:

    merging, custom    output, and gradients of sum(output * r) for inputs and trainable weights; names of the weights
    models             layers, weights, config; predictions and three steps of training with mean squared errors
    summaries          what `summary` prints
    refusals           the exception, and a word that our message must hold
"""

import io
import json
import re
import warnings

import keras
import numpy as np
import torch
from answers import save
from graphs import CUSTOM, MERGING, MODELS, REFUSALS, SUMMARIES, UNTRAINED
from record_keras import HERE, Arrays, draw, draw_weights, seed_of

SAMPLES, STEPS = 6, 3


def run(program):
    """What a program makes: the value of an expression, or `layer` or `model`."""
    keras.utils.clear_session()
    names = {"keras": keras, "np": np}
    if program.startswith("keras."):
        return eval(program, names)
    exec(program, names)
    return names.get("layer", names.get("model"))


def plain(config):
    """A config without what is None, and mere names for dtype policies and initializers: these take most of the room."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return config["config"]["name"]
        if config.get("module") == "keras.initializers":
            return config["class_name"]
        return {key: plain(value) for key, value in config.items() if value is not None}
    return [plain(value) for value in config] if isinstance(config, list | tuple) else config


def record_layer(program, shapes, arrays):
    layer, seed = run(program), seed_of(program)
    several = isinstance(shapes, list)
    xs = [draw(shape, seed + k) for k, shape in enumerate(shapes if several else [shapes])]
    if layer.name.startswith(("maximum", "minimum")):  # ties
        xs = [np.round(x * 4) / 4 for x in xs]
    layer(xs if several else xs[0])
    weights = draw_weights(layer.weights, seed + 7)
    layer.set_weights(weights)
    case = {
        "program": program,
        "x": arrays.put_all(xs) if several else arrays.put(xs[0]),
        "weights": [[w.path, w.trainable, arrays.put(value)] for w, value in zip(layer.weights, weights)],
    }
    for training in (False, True):
        x = [torch.tensor(value, requires_grad=True) for value in xs]
        y = layer(x if several else x[0], training=training)
        r = draw(tuple(y.shape), seed + 8)
        wanted = [*x, *(weight.value for weight in layer.trainable_weights)]
        found = torch.autograd.grad((y * torch.tensor(r)).sum(), wanted)
        case["r"] = arrays.put(r)
        case["training" if training else "inference"] = [
            arrays.put(y.detach().numpy()),
            *(arrays.put(g.numpy()) for g in found),
        ]
    return case


def by_structure(structure, values):
    """Arrays as `fit` takes them for inputs or outputs of this structure."""
    if isinstance(structure, dict):
        return dict(zip(sorted(structure), values))
    return list(values) if isinstance(structure, list | tuple) else values[0]


def flat(values):
    if isinstance(values, dict):
        return [values[key] for key in sorted(values)]
    return list(values) if isinstance(values, list | tuple) else [values]


def record_model(key, program, arrays):
    model, seed = run(program), seed_of(program)
    xs = [draw((SAMPLES, *t.shape[1:]), seed + k) for k, t in enumerate(model.inputs)]
    ys = [draw((SAMPLES, *t.shape[1:]), seed + 10 + k) for k, t in enumerate(model.outputs)]
    weights = draw_weights(model.weights, seed + 20)
    model.set_weights(weights)
    case = {
        "program": program,
        "layers": [[layer.name, type(layer).__name__] for layer in model.layers],
        "output_names": list(getattr(model, "output_names", [])),
        "weights": [[w.path, w.trainable, arrays.put(value)] for w, value in zip(model.weights, weights)],
        "trained": [w.path for w in model.trainable_weights],
        "x": arrays.put_all(xs),
        "y": arrays.put_all(ys),
    }
    case["config"] = plain(json.loads(model.to_json()))
    functional = type(model).__name__ == "Functional"
    x, y = (by_structure(model.input, xs), by_structure(model.output, ys)) if functional else (xs[0], ys[0])
    case["predict"] = arrays.put_all(flat(model.predict(x, verbose=0)))
    if key not in UNTRAINED:
        model.compile(keras.optimizers.SGD(0.0625), "mse")
        steps = [np.ravel(model.train_on_batch(x, y))[0] for _ in range(STEPS)]
        case["steps"] = arrays.put(np.array(steps))
        case["after"] = arrays.put_all(model.get_weights())
    return case


def record_summary(program, arguments):
    model, lines = run(program), io.StringIO()
    model.summary(print_fn=lines.write, **eval(f"dict({arguments})"))
    text = re.sub(r"(?m)^├.*$", "├", lines.getvalue())  # rules between rows are like the one below the last
    return {"program": program, "arguments": arguments, "text": text}


def record_refusal(program, word):
    try:
        run(program)
    except Exception as error:
        message = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        return {"program": program, "error": type(error).__name__, "word": word, "keras_says": message[:160]}
    raise AssertionError(f"Keras takes {program}")


if __name__ == "__main__":
    assert keras.backend.backend() == "torch"
    warnings.simplefilter("ignore")
    arrays = Arrays()
    found = {
        "merging": {f"{p} on {s}": record_layer(p, s, arrays) for p, s in MERGING},
        "custom": {key: record_layer(program, shape, arrays) for key, (program, shape) in CUSTOM.items()},
        "models": {key: record_model(key, program, arrays) for key, program in MODELS.items()},
        "summaries": {key: record_summary(*case) for key, case in SUMMARIES.items()},
        "refusals": {f"{k:02d}": record_refusal(*case) for k, case in enumerate(REFUSALS)},
    }
    save("models", {"about": {"keras": keras.__version__}, **found})
    np.savez_compressed(HERE / "models.npz", values=arrays.values())
    print({part: len(cases) for part, cases in found.items()})
