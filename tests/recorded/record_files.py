"""Record files that Keras writes, and what the models in them answer. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_files.py      the files of Keras 3
    python record_files.py tf_keras                 those of Keras 2, which TF-Keras still writes

files.zip holds CASE.keras, CASE.weights.h5 and CASE.h5 as Keras left them after two training steps (they are mostly
zeros, so packed). files.json.gz holds the programs, files.npz what the models answer then, and after one step more. Each
run replaces its own library's cases.
"""

import importlib
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import numpy as np
from answers import load, save

HERE = Path(__file__).parent
LIBRARY = sys.argv[1] if len(sys.argv) > 1 else "keras"
keras = importlib.import_module(LIBRARY)

# No layer with a bias stands right before a BatchNormalization here: the gradient of such a bias is rounding alone, which
# an optimizer that divides by its size makes into whole steps.
#
# name -> (model, compile, shapes of inputs, targets, endings of the files, whether one step more is compared). Targets:
# an integer, labels of that many classes; a shape, numbers; or a dictionary or tuple of shapes.
KERAS3 = {
    "digits": (
        """
model = keras.Sequential([
    keras.Input((8, 8, 1)),
    keras.layers.Conv2D(3, 3, activation="relu"),
    keras.layers.MaxPooling2D(),
    keras.layers.BatchNormalization(),
    keras.layers.Conv2D(2, (2, 1), padding="same", use_bias=False, name="second"),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation="softmax"),
], name="digits")
""",
        'model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])',
        [(6, 8, 8, 1)],
        3,
        (".keras", ".weights.h5", ".h5"),
        True,
    ),
    "dropout": (
        """
model = keras.Sequential([
    keras.Input((4, 4, 2)),
    keras.layers.Conv2D(2, 3, padding="same", use_bias=False),
    keras.layers.BatchNormalization(scale=False),
    keras.layers.ReLU(),
    keras.layers.Dropout(0.25, seed=3),
    keras.layers.AveragePooling2D(2),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dropout(0.5),
    keras.layers.Dense(1, activation="sigmoid"),
])
""",
        'model.compile(keras.optimizers.RMSprop(0.01), "binary_crossentropy", metrics=["accuracy"])',
        [(5, 4, 4, 2)],
        2,
        (".keras", ".h5"),
        False,
    ),
    "functional": (
        """
a = keras.Input((4,), name="a")
b = keras.Input((4,), name="b")
shared = keras.layers.Dense(3, activation="tanh", name="shared")
joined = keras.layers.Concatenate()([shared(a), shared(b)])
inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6), keras.layers.Dense(6)], name="inner")
both = keras.layers.Add()([joined, inner(joined)])
model = keras.Model([a, b], keras.layers.Dense(2)(both), name="two_inputs")
""",
        'model.compile(keras.optimizers.SGD(0.05, momentum=0.5, nesterov=True), "mse", metrics=["mae"])',
        [(6, 4), (6, 4)],
        (6, 2),
        (".keras", ".weights.h5", ".h5"),
        True,
    ),
    "nested": (
        """
x = keras.Input((6, 6, 1))
y = keras.layers.Conv2D(2, 3, padding="same", use_bias=False)(x)
y = keras.layers.ReLU()(keras.layers.BatchNormalization()(y))
block = keras.Model(x, keras.layers.Conv2D(2, 1)(y), name="block")
x = keras.Input((6, 6, 1))
y = keras.layers.MaxPooling2D()(block(x))
head_input = keras.Input((18,))
head = keras.Model(head_input, keras.layers.Dense(2)(head_input), name="head")
model = keras.Model(x, head(keras.layers.Flatten()(y)))
""",
        'model.compile(keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True), "mse")',
        [(4, 6, 6, 1)],
        (4, 2),
        (".keras", ".h5"),
        True,
    ),
    "regularized": (
        """
model = keras.Sequential([
    keras.Input((5,)),
    keras.layers.Dense(
        4, activation="elu", kernel_initializer=keras.initializers.HeNormal(seed=3),
        kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), kernel_constraint=keras.constraints.MaxNorm(0.75),
    ),
    keras.layers.Dense(4, activation="softmax", kernel_regularizer="l2", bias_initializer="ones", bias_constraint="non_neg"),
])
""",
        """
model.compile(
    keras.optimizers.Adam(0.01, amsgrad=True), keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    metrics=[keras.metrics.CategoricalAccuracy(name="right")],
)
""",
        [(6, 5)],
        (6, 4),
        (".keras", ".h5"),
        True,
    ),
    "schedule": (
        """
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
model.layers[0].trainable = False
""",
        """
rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5)
model.compile(keras.optimizers.SGD(rate, momentum=0.5, clipnorm=1.0), "mae", metrics=["mse"])
""",
        [(6, 5)],
        (6, 1),
        (".keras", ".h5"),
        True,
    ),
    "averaged": (
        """
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
""",
        'model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.1, use_ema=True, ema_momentum=0.5), "mse")',
        [(6, 5)],
        (6, 1),
        (".keras",),
        True,
    ),
    "two_outputs": (
        """
x = keras.Input((5,), name="x")
y = keras.layers.Dense(4, activation="relu")(x)
kind = keras.layers.Dense(3, activation="softmax", name="kind")(y)
size = keras.layers.Dense(1, name="size")(y)
model = keras.Model(x, {"kind": kind, "size": size})
""",
        """
model.compile(
    "adam", {"kind": "categorical_crossentropy", "size": "mse"}, loss_weights={"kind": 1.0, "size": 0.5},
    metrics={"kind": ["accuracy"]},
)
""",
        [(6, 5)],
        {"kind": (6, 3), "size": (6, 1)},
        (".keras",),
        True,
    ),
    "own": (
        """
@keras.saving.register_keras_serializable("mine")
class Scale(keras.layers.Layer):
    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.start), name="scale"
        )

    def call(self, x):
        return x * self.scale

    def get_config(self):
        return {**super().get_config(), "start": self.start}


@keras.saving.register_keras_serializable("mine")
class Block(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.stack = [keras.layers.Dense(units), keras.layers.Dense(units)]
        self.after = keras.layers.Dense(units)
        self.again = self.stack[0]  # has two names, of which files use the first in the alphabet

    def build(self, input_shape):
        self.stack[0].build(input_shape)
        self.stack[1].build((None, self.units))
        self.after.build((None, self.units))

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return self.again(self.after(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


model = keras.Sequential([keras.Input((3,)), Scale(2.0), Block(3), keras.layers.Dense(1)])
""",
        'model.compile("sgd", "mse")',
        [(6, 3)],
        (6, 1),
        (".keras", ".h5"),
        True,
    ),
}

KERAS2 = {
    "keras22": (  # rewritten by `as_keras_22`
        """
model = keras.Sequential([
    keras.layers.Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation="softmax"),
])
""",
        """
model.compile(keras.optimizers.legacy.SGD(0.1, momentum=0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
""",
        [(5, 6, 6, 1)],
        3,
        (".h5",),
        True,
    ),
    "keras2_adam": (
        """
model = keras.Sequential([
    keras.layers.Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)),
    keras.layers.BatchNormalization(),
    keras.layers.MaxPooling2D(),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
])
""",
        """
model.compile(keras.optimizers.legacy.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
""",
        [(5, 6, 6, 1)],
        3,
        (".h5", "_weights.h5"),
        True,
    ),
    "keras2_functional": (
        """
x = keras.Input((4,))
inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, activation="tanh")], name="inner")
other_input = keras.Input((4,))
other = keras.Model(other_input, keras.layers.Dense(4)(other_input), name="other")
y = inner(x)
y = keras.layers.Add()([y, other(y)])
model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Concatenate()([y, x])))
""",
        'model.compile(keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError(), metrics=["mae"])',
        [(6, 4)],
        (6, 2),
        (".h5", "_weights.h5", ".keras", ".weights.h5"),
        True,
    ),
    "keras2_outputs": (
        """
x = keras.Input((4,))
row = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.Dense(2)], name="row")
inner = keras.Input((4,))
graph = keras.Model(inner, keras.layers.Dense(1)(keras.layers.BatchNormalization()(inner)), name="graph")
model = keras.Model(x, [row(x), graph(x)])
""",
        'model.compile(keras.optimizers.legacy.SGD(0.1), ["mse", "mae"], loss_weights=[1.0, 0.5])',
        [(6, 4)],
        ((6, 2), (6, 1)),
        (".h5", "_weights.h5"),
        True,
    ),
    "keras2_rmsprop": (
        """
model = keras.Sequential([keras.layers.Dense(3, input_shape=(4,), activation="relu"), keras.layers.Dense(1)])
""",
        'model.compile(keras.optimizers.legacy.RMSprop(0.01, momentum=0.5, centered=True), "mse")',
        [(6, 4)],
        (6, 1),
        (".h5",),
        True,
    ),
}

# A model with parts that cycnn lacks.
LACKING = """
model = keras.Sequential([
    keras.Input((6, 4)),
    keras.layers.LSTM(2, return_sequences=True),
    keras.layers.LSTM(2, name="second"),
    keras.layers.Lambda(lambda x: x * 2, name="twice"),
    keras.layers.Dense(1),
])
model.compile("sgd", "mse")
"""


def numbers(shape, seed):
    """Signed multiples of 1/16, in no order."""
    return (np.random.default_rng(seed).integers(-24, 25, shape) / 16).astype("float32")


def targets(form, count):
    if isinstance(form, dict):
        return {name: targets(shape, count) for name, shape in form.items()}
    if isinstance(form, tuple) and isinstance(form[0], tuple):
        return [targets(shape, count) for shape in form]
    if isinstance(form, tuple):
        found = np.abs(numbers(form, 5)) + 0.0625
        return found / found.sum(-1, keepdims=True) if form[-1] > 1 else found  # shares of classes
    return np.arange(count) % form


def outputs(model, x):
    found = model.predict(x, verbose=0)
    if isinstance(found, list):
        return {str(k): value for k, value in enumerate(found)}
    return found if isinstance(found, dict) else {"": found}


def as_keras_22(path):
    """Rewrite a `.h5` file the way that Keras 2.2 wrote it: no InputLayer in a Sequential model, which is a list of layers,
    `lr`, plain names of metrics."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layers = [layer for layer in config["config"]["layers"] if layer["class_name"] != "InputLayer"]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers}).encode()
        training = json.loads(file.attrs["training_config"])
        optimizer = training["optimizer_config"]["config"]
        optimizer["lr"] = optimizer.pop("learning_rate")
        optimizer["decay"] = 0.0
        training.update(metrics=["accuracy"], sample_weight_mode=None)
        file.attrs["training_config"] = json.dumps(training).encode()
        for group in (file, file["model_weights"]):
            group.attrs["keras_version"] = b"2.2.4"
            group.attrs["backend"] = b"tensorflow"


def record(name, case, arrays, folder):
    program, compiled, shapes, form, endings, goes_on = case
    keras.backend.clear_session()
    names = {"keras": keras, "np": np, "__name__": "own"}
    keras.utils.set_random_seed(1)
    exec(program, names)
    exec(compiled, names)
    model = names["model"]
    inputs = [numbers(shape, 3 + k) for k, shape in enumerate(shapes)]
    x, y = inputs if len(inputs) > 1 else inputs[0], targets(form, len(inputs[0]))
    for _ in range(2):
        model.train_on_batch(x, y)
    for ending in endings:
        path = folder / f"{name}{ending}"
        model.save_weights(path) if "weights" in ending else model.save(path)
    entry = {"program": program, "compile": compiled, "inputs": shapes, "targets": form, "files": list(endings)}
    entry |= {"library": LIBRARY, "weights": len(model.get_weights()), "outputs": [], "after": []}
    for key, value in outputs(model, x).items():
        arrays[f"{name} {key}"] = value
        entry["outputs"].append(key)
    if goes_on:
        entry["loss"] = float(np.ravel(model.train_on_batch(x, y))[0])
        for key, value in outputs(model, x).items():
            arrays[f"{name} {key} after"] = value
    return entry


def main():
    packed, files = HERE / "files.npz", HERE / "files.zip"
    cases = load("files", {"cases": {}})["cases"]
    arrays = dict(np.load(packed)) if packed.exists() else {}
    cases = {name: case for name, case in cases.items() if case["library"] != LIBRARY}
    arrays = {name: array for name, array in arrays.items() if name.split()[0] in cases}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if files.exists():
            with zipfile.ZipFile(files) as archive:
                archive.extractall(
                    folder, [f"{name}{ending}" for name, case in cases.items() for ending in case["files"]]
                )
        if LIBRARY == "keras":
            for name, case in KERAS3.items():
                cases[name] = record(name, case, arrays, folder)
            names = {"keras": keras}
            exec(LACKING, names)
            for ending in (".keras", ".h5"):
                names["model"].save(folder / f"lacking{ending}")
            cases["lacking"] = {"library": LIBRARY, "files": [".keras", ".h5"]}
        else:
            for name, case in KERAS2.items():
                cases[name] = record(name, case, arrays, folder)
            as_keras_22(folder / "keras22.h5")
        with zipfile.ZipFile(files, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(folder.iterdir()):
                archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    save("files", {"cases": dict(sorted(cases.items()))})
    np.savez_compressed(packed, **dict(sorted(arrays.items())))


if __name__ == "__main__":
    main()
