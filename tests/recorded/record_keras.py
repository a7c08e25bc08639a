"""Record the answers of the real Keras, or check those recorded. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_keras.py            records, and checks what TensorFlow recorded
    KERAS_BACKEND=tensorflow python record_keras.py       the other way round
    ... record_keras.py networks summaries                only these files

programs.py holds the cases, and their text is recorded with the answers: the tests run the same text with cycnn in
Keras's place. A case belongs to one backend (RECORDER, or its own word on it), which records it. Every other backend
repeats it, and a difference fails: so what is recorded is what Keras means, not what one of its backends does.

NAME.json.gz holds the cases and NAME.npz, where there are arrays, one float32 vector; an array stands in the JSON as
{"at": offset, "shape": [...]}, with its "dtype" where that is not float32.
"""

import io
import json
import os
import re
import sys
import zlib
from pathlib import Path

os.environ["COLUMNS"] = "80"  # the width of a summary
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # oneDNN's sums round more

import keras
import numpy as np
from answers import load, save
from programs import LAYERS, NETWORKS, REFUSALS, SUMMARIES

HERE = Path(__file__).parent
RECORDER = "torch"
EPS = 2.0**-24
STEPS = 10

# Where Keras's backends disagree, and why the answer of the one that recorded it is the right one.
DISAGREEMENTS = {
    "AveragePooling2D(5, strides=1, padding='same') on 1x4x5x2": "TensorFlow's gradient, not its pooling, is wrong"
    " where a window reaches over two opposite borders: it is not the transpose of the forward pass",
    "saturated_probabilities": "a softmax before the loss: TensorFlow differentiates both together, from the logits;"
    " with PyTorch the probabilities are clipped to [1e-7, 1 - 1e-7], and the gradient ends there",
    "Conv2D(3, (3, 2), data_format='channels_first') on 2x2x5x4": "TensorFlow has no such convolution on a CPU",
}


class Arrays:
    """The arrays of one file: one vector, and where each array lies in it."""

    def __init__(self):
        self.parts, self.size = [], 0

    def put(self, array):
        array = np.asarray(array)
        entry = {"at": self.size, "shape": list(array.shape)}
        if array.dtype.kind != "f":
            entry["dtype"] = str(array.dtype)
        self.parts.append(np.ravel(array).astype("float32"))
        self.size += array.size
        return entry

    def put_all(self, arrays):
        return [self.put(array) for array in arrays]

    def values(self):
        return np.concatenate(self.parts) if self.parts else np.zeros(0, "float32")


class Recorded:
    """Cases, and the vector that holds their arrays."""

    def __init__(self, cases, values):
        self.cases, self.values = cases, values

    @classmethod
    def read(cls, name):
        """What lies in the files already."""
        arrays = HERE / f"{name}.npz"
        return cls(load(name, {"cases": {}})["cases"], np.load(arrays)["values"] if arrays.exists() else None)

    def write(self, name):
        save(name, {"about": {"keras": keras.__version__}, "cases": self.cases})
        if self.values.size:
            np.savez_compressed(HERE / f"{name}.npz", values=self.values)

    def get(self, entry):
        array = self.values[entry["at"] : entry["at"] + int(np.prod(entry["shape"]))]
        return array.reshape(entry["shape"]).astype(entry.get("dtype", "float32"))

    def copy(self, case, arrays):
        """A case, its arrays put into `arrays`."""
        if isinstance(case, dict):
            if "at" in case:
                return arrays.put(self.get(case))
            return {key: self.copy(value, arrays) for key, value in case.items()}
        return [self.copy(value, arrays) for value in case] if isinstance(case, list) else case


def run(program):
    """The value of an expression, or the `model` that a program makes."""
    keras.utils.clear_session()
    names = {"keras": keras, "np": np}
    if program.startswith("keras."):
        return eval(program, names)
    exec(program, names)
    return names["model"]


def seed_of(text):
    return zlib.crc32(text.encode()) % 100_000


def draw(shape, seed, scale=1.0):
    """Signed numbers in no order, no two the same, none of them 0, of few bits: sums round little, files stay small."""
    size = int(np.prod(shape))
    step = 2.0 ** np.round(np.log2(4 * scale / size))
    places = np.random.default_rng([seed, size]).permutation(size)
    return ((places - size // 2 + 0.5) * step).reshape(shape).astype("float32")


def draw_weights(weights, seed):
    """Values for a layer's weights: kernels of a size that keeps signals alive, variances above 0."""
    values = []
    for k, weight in enumerate(weights):
        shape = tuple(weight.shape)
        terms = np.prod(shape[:-1]) if len(shape) > 1 else 16
        value = draw(shape, seed + 101 * k, min(1.0, 0.75 / np.sqrt(terms)))
        if weight.name == "moving_variance":
            value = np.abs(draw(shape, seed + 101 * k)) + 0.5
        elif weight.name == "gamma":
            value = value + 1
        values.append(value.astype("float32"))
    return values


def draw_targets(kind, samples, seed):
    rng = np.random.default_rng([seed, samples])
    name, *shape = kind
    if name == "one-hot":
        return np.eye(shape[0], dtype="float32")[rng.integers(shape[0], size=samples)]
    if name == "labels":
        return rng.integers(shape[0], size=(samples, *shape[1:]))
    if name == "binary":
        return rng.integers(2, size=(samples, *shape)).astype("float32")
    return draw((samples, *shape), seed)


def gradients(layer, x, r, training):
    """y, and d sum(y * r) / d x and each trainable weight, by the backend's own differentiation."""
    if keras.backend.backend() == "torch":
        import torch

        x = torch.tensor(x, requires_grad=True)
        y = layer(x, training=training)
        wanted = [x, *(weight.value for weight in layer.trainable_weights)]
        found = torch.autograd.grad((y * torch.tensor(r)).sum(), wanted)
        return y.detach().numpy(), [g.numpy() for g in found]
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        total = tf.reduce_sum(y * r)
    found = tape.gradient(total, [x, *(weight.value for weight in layer.trainable_weights)])
    return y.numpy(), [g.numpy() for g in found]


def record_layer(key, program, shape, arrays):
    layer = run(f"keras.layers.{program}")
    seed = seed_of(key)
    x = draw(shape, seed)
    layer.build(shape)
    weights = draw_weights(layer.weights, seed + 1)
    r = draw(layer.compute_output_shape(shape), seed + 2)
    case = {
        "program": f"keras.layers.{program}",
        "class": type(layer).__name__,
        "config": layer.get_config(),
        "dtype": layer.dtype,
        "weights": [
            {"name": weight.name, "trainable": weight.trainable, "value": arrays.put(value)}
            for weight, value in zip(layer.weights, weights)
        ],
        "x": arrays.put(x),
        "r": arrays.put(r),
        "output_shape": list(layer.compute_output_shape((None, *shape[1:]))),
    }

    def answers(training):
        layer.set_weights(weights)
        y, (dx, *dweights) = gradients(layer, x, r, training)
        return [y, dx, *dweights], layer.get_weights()

    def record(found, after):
        y, dx, *dweights = found
        return {"y": arrays.put(y), "dx": arrays.put(dx), "dweights": arrays.put_all(dweights)} | (
            {} if same(after, weights) else {"weights_after": arrays.put_all(after)}
        )

    inference = answers(training=False)
    case["inference"] = record(*inference)
    if not (isinstance(layer, keras.layers.Dropout) and layer.rate):  # nothing random: training is recorded, too
        training = answers(training=True)
        case["training"] = "as inference" if same(training[0], inference[0]) else record(*training)
    return case


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others))


def train(network, x, y, weight, initial):
    """Ten steps by `train_on_batch`, and the same ten by `fit`."""
    batch = network.get("batch", 4)
    more = eval(f"dict({network.get('fit', '')})")
    samples = len(x) - int(np.ceil(len(x) * more.get("validation_split", 0)))
    epoch = [slice(k, min(k + batch, samples)) for k in range(0, samples, batch)]
    epochs = STEPS // len(epoch)
    assert epochs * len(epoch) == STEPS, f"{STEPS} steps are no whole number of epochs of {len(epoch)}"

    model = run(network["program"])
    initial = initial or draw_weights(model.weights, seed_of(network["program"]))
    model.set_weights(initial)
    steps = [
        np.ravel(model.train_on_batch(x[at], y[at], sample_weight=None if weight is None else weight[at]))
        for at in epoch * epochs
    ]
    stepped = model.get_weights()

    model = run(network["program"])
    model.set_weights(initial)
    told = model.fit(x, y, batch, epochs, shuffle=False, verbose=0, sample_weight=weight, **more)
    weights = model.get_weights()
    gap = max(np.abs(a - b).max() for a, b in zip(stepped, weights))
    assert gap <= 64 * EPS * max(np.abs(a).max() for a in weights), f"fit and train_on_batch differ by {gap}"
    return {
        "epochs": epochs,
        "initial": initial,
        "steps": np.stack(steps),
        "history": told.history,
        "weights": weights,
        "evaluate": np.ravel(model.evaluate(x, y, batch_size=batch, sample_weight=weight, verbose=0)),
        "predict": model.predict(x[:7], batch_size=4, verbose=0),
    }


def record_network(key, network, arrays):
    """The answers in float32, and how far float64's lie from them: what rounding does to this network."""
    seed = seed_of(key)
    x = draw(network["x"], seed)
    if network.get("integers"):
        x = np.random.default_rng(seed).integers(0, 256, size=network["x"], dtype="uint8")
    y = draw_targets(network["y"], len(x), seed + 1)
    weight = np.abs(draw((len(x),), seed + 2)) if network.get("sample_weight") else None
    single = train(network, x, y, weight, None)
    for policy in ("float64", "float32"):
        keras.config.set_floatx(policy)
        keras.config.set_dtype_policy(policy)
        if policy == "float64":
            double = train(network, x, y, weight, single["initial"])

    def distance(what):
        pairs = zip(single[what], double[what])
        return float(max(np.abs(a - b).max() for a, b in pairs))

    return {
        "program": network["program"],
        "batch_size": network.get("batch", 4),
        "epochs": single["epochs"],
        "fit": network.get("fit", ""),
        "x": arrays.put(x),
        "y": arrays.put(y),
        "sample_weight": None if weight is None else arrays.put(weight),
        "initial": arrays.put_all(single["initial"]),
        "steps": arrays.put(single["steps"]),
        "history": single["history"],
        "evaluate": arrays.put(single["evaluate"]),
        "predict": arrays.put(single["predict"]),
        "weights": arrays.put_all(single["weights"]),
        "rounding": {what: distance(what) for what in ("steps", "weights", "predict")},
    }


def record_refusal(key, program, word, arrays):
    try:
        run(program)
    except Exception as error:
        message = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        return {
            "program": program,
            "error": type(error).__name__,
            "word": word,
            "keras_says": message.splitlines()[0][:160],
        }
    raise AssertionError(f"Keras takes {program}")


def record_summary(key, program, arrays):
    model = run(program)

    def text(**options):
        lines = io.StringIO()
        model.summary(print_fn=lambda line: print(line, file=lines), **options)
        return lines.getvalue()

    return {"program": program, "text": text()}


def jobs(name):
    """(key, what records the case and its arguments, the backend that does) of each case of a file."""
    if name == "layers":
        for program, shape, *backend in LAYERS:
            key = f"{program} on {'x'.join(map(str, shape))}"
            yield key, (record_layer, key, program, shape), (backend or [RECORDER])[0]
    elif name == "networks":
        for key, network in NETWORKS.items():
            yield key, (record_network, key, network), network.get("backend", RECORDER)
    elif name == "refusals":
        for k, (program, word) in enumerate(REFUSALS):
            yield f"{k:02d}", (record_refusal, f"{k:02d}", program, word), RECORDER
    elif name == "summaries":
        for key, program in SUMMARIES.items():
            yield key, (record_summary, key, program), RECORDER
    else:
        raise SystemExit(f"there are layers, networks, refusals and summaries. Received: {name}")


def differences(new, recorded, old, again):
    """(path, size) of what differs in a recorded case and its repetition; numbers relative to the largest, or to 1."""

    def compare(a, b, path):
        if isinstance(a, dict) and isinstance(b, dict):
            if "at" in a:
                a, b = again.get(a), old.get(b)
                yield path, float(np.abs(a - b).max() / max(1.0, np.abs(b).max())) if a.shape == b.shape else np.inf
                return
            for key in (a.keys() | b.keys()) - {"rounding", "keras_says"}:
                yield from compare(a.get(key), b.get(key), f"{path}/{key}")
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for one, other in zip(a, b):
                yield from compare(one, other, path)
        elif isinstance(a, float) and isinstance(b, float):
            yield path, abs(a - b) / max(1.0, abs(b))
        elif a != b:
            yield f"{path}: {str(a)[:60]!r}, recorded {str(b)[:60]!r}", np.inf

    yield from compare(new, recorded, "")


def update(name, backend):
    """Record this backend's cases of a file and repeat the others; returns what differs."""
    old, cases, arrays = Recorded.read(name), {}, Arrays()
    failures, worst = [], {}
    for key, (record, *what), owner in jobs(name):
        if owner == backend:
            cases[key] = json.loads(json.dumps(record(*what, arrays)))
            continue
        if key not in old.cases:
            print(f"{name}: {key} waits for {owner}")
            continue
        recorded = old.cases[key]
        cases[key] = old.copy(recorded, arrays)
        if key in DISAGREEMENTS:
            continue
        here = Arrays()
        new = json.loads(json.dumps(record(*what, here)))
        limit = 64 * EPS + 20 * max(recorded.get("rounding", {"": 0}).values())
        for path, size in differences(new, recorded, old, Recorded({}, here.values())):
            worst[path] = max(worst.get(path, 0), size)
            if not size <= limit:
                failures.append(f"{name}: {key}: {path} differs by {size:.2g}")
    if any(owner == backend for _, _, owner in jobs(name)):
        Recorded(cases, arrays.values()).write(name)
    print(f"{name}: {len(cases)} cases")
    for path, size in sorted(worst.items()):
        if size:
            print(f"{name}: largest difference from what is recorded in {path}: {size:.2g}")
    return failures


if __name__ == "__main__":
    found = []
    for file in sys.argv[1:] or ["layers", "networks", "refusals", "summaries"]:
        found += update(file, keras.backend.backend())
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
