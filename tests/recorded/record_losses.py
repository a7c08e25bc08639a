"""Record what the real Keras makes of losses. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_losses.py

Each case is an expression as a Keras user would type it, and the names of the arrays that it is given; the tests evaluate
the same text with cycnn in Keras's place. losses.json.gz: the cases and the numbers; losses.npz: all arrays.

    values       loss(y_true, y_pred, sample_weight), and its gradient with respect to y_pred
    functions    the values of each sample
    configs      what is written to files
    names        what a string means
    fits         histories and weights of models trained for a few steps
"""

from pathlib import Path

import keras
import numpy as np
import torch
from answers import save

HERE = Path(__file__).parent
RNG = np.random.default_rng(11)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


NUMBERS = RNG.normal(size=(5, 4)) * 1.5
LOGITS = RNG.normal(size=(5, 4)) * 2
MAP_LOGITS = RNG.normal(size=(3, 2, 2, 4)) * 2
EMBEDDINGS = RNG.normal(size=(8, 3))
ARRAYS = {
    "numbers": NUMBERS,
    "others": RNG.normal(size=(5, 4)),
    "positive": np.abs(RNG.normal(size=(5, 4))) * 3,
    "counts": RNG.integers(0, 5, (5, 4)),
    "signs": RNG.choice([-1, 1], (5, 4)),
    "bits": RNG.integers(0, 2, (5, 4)),
    "shares": RNG.uniform(0, 1, (5, 4)),
    "logits": LOGITS,
    "p": softmax(LOGITS),
    "unnormalized": softmax(LOGITS) * 3,
    "sigmoid": 1 / (1 + np.exp(-LOGITS)),
    "ends": np.array([[0, 1, 0.5, 1e-9], [1, 0, 0, 0], [0.25, 0.25, 0.5, 0], [0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4]]),
    "hot": np.eye(4)[[0, 3, 1, 1, 2]],
    "labels": np.array([0, 3, 1, 1, 2]),
    "column": np.array([[0], [3], [1], [1], [2]]),
    "some": np.array([0, 3, -1, 1, -1]),
    "void": np.array([255, 3, 255, 1, 255]),
    "none": np.full(5, -1),
    "one": NUMBERS[:, :1],
    "ones": RNG.normal(size=5),
    "map numbers": RNG.normal(size=(3, 2, 2, 4)),
    "map logits": MAP_LOGITS,
    "map p": softmax(MAP_LOGITS),
    "map labels": RNG.integers(0, 4, (3, 2, 2)),
    "map some": np.where(RNG.uniform(size=(3, 2, 2)) < 0.4, -1, RNG.integers(0, 4, (3, 2, 2))),
    "map hot": np.eye(4)[RNG.integers(0, 4, (3, 2, 2))],
    "masks": RNG.integers(0, 2, (3, 4, 4, 1)),
    "mask p": RNG.uniform(0, 1, (3, 4, 4, 1)),
    "embeddings": unit(EMBEDDINGS),
    "groups": np.array([0, 1, 2, 0, 1, 2, 0, 3]),
    "w5": np.array([1, 0, 2.5, 0.5, 1.25]),
    "w51": np.array([[1], [0], [2.5], [0.5], [1.25]]),
    "w0": np.zeros(5),
    "w3": np.array([0.5, 0, 2]),
    "w311": np.array([0.5, 0, 2]).reshape(3, 1, 1),
    "w322": RNG.uniform(0, 2, (3, 2, 2)),
    "w3221": RNG.uniform(0, 2, (3, 2, 2, 1)),
    "w122": RNG.uniform(0, 2, (1, 2, 2)),
    "w8": RNG.uniform(0, 2, 8),
}
ARRAYS = {name: np.asarray(array, "float32") for name, array in ARRAYS.items()}

REDUCTIONS = ("'sum_over_batch_size'", "'sum'", "'mean'", "'mean_with_sample_weight'", "None", "'none'")

L = "keras.losses."
VALUES = [
    *(
        (f"{L}{loss}", y_true, y_pred, weight)
        for loss, y_true, y_pred in (
            ("MeanSquaredError()", "others", "numbers"),
            ("MeanAbsoluteError()", "others", "numbers"),
            ("MeanAbsolutePercentageError()", "others", "numbers"),
            ("MeanSquaredLogarithmicError()", "positive", "numbers"),
            ("MeanSquaredLogarithmicError()", "others", "positive"),
            ("Huber()", "others", "numbers"),
            ("Huber(0.25)", "others", "numbers"),
            ("Huber(delta=3)", "others", "numbers"),
            ("LogCosh()", "others", "numbers"),
            ("CosineSimilarity()", "others", "numbers"),
            ("CosineSimilarity(axis=1)", "others", "numbers"),
            ("Poisson()", "counts", "positive"),
            ("KLDivergence()", "p", "shares"),
            ("KLDivergence()", "hot", "ends"),
            ("Hinge()", "signs", "numbers"),
            ("Hinge()", "bits", "numbers"),
            ("Hinge()", "shares", "numbers"),
            ("SquaredHinge()", "signs", "numbers"),
            ("SquaredHinge()", "bits", "numbers"),
            ("CategoricalHinge()", "hot", "numbers"),
            ("CategoricalHinge()", "shares", "numbers"),
            ("BinaryCrossentropy()", "bits", "sigmoid"),
            ("BinaryCrossentropy()", "bits", "ends"),
            ("BinaryCrossentropy(label_smoothing=0.2)", "bits", "sigmoid"),
            ("BinaryCrossentropy(from_logits=True)", "bits", "logits"),
            ("BinaryCrossentropy(from_logits=True, label_smoothing=0.1)", "shares", "logits"),
            ("BinaryCrossentropy(from_logits=True)", "numbers", "logits"),
            ("BinaryFocalCrossentropy()", "bits", "sigmoid"),
            ("BinaryFocalCrossentropy()", "shares", "sigmoid"),
            ("BinaryFocalCrossentropy(gamma=1.5)", "bits", "sigmoid"),
            ("BinaryFocalCrossentropy(gamma=0)", "bits", "sigmoid"),
            ("BinaryFocalCrossentropy(apply_class_balancing=True)", "bits", "sigmoid"),
            ("BinaryFocalCrossentropy(True, 0.75, 3.0, from_logits=True)", "bits", "logits"),
            ("BinaryFocalCrossentropy(from_logits=True, label_smoothing=0.2)", "bits", "logits"),
            ("CategoricalCrossentropy()", "hot", "p"),
            ("CategoricalCrossentropy()", "shares", "unnormalized"),
            ("CategoricalCrossentropy()", "hot", "ends"),
            ("CategoricalCrossentropy(label_smoothing=0.1)", "hot", "p"),
            ("CategoricalCrossentropy(from_logits=True)", "hot", "logits"),
            ("CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)", "shares", "logits"),
            ("CategoricalFocalCrossentropy()", "hot", "p"),
            ("CategoricalFocalCrossentropy()", "shares", "unnormalized"),
            ("CategoricalFocalCrossentropy(alpha=1.0, gamma=3)", "hot", "p"),
            ("CategoricalFocalCrossentropy(alpha=[0.1, 0.2, 0.3, 0.4])", "hot", "p"),
            ("CategoricalFocalCrossentropy(from_logits=True)", "hot", "logits"),
            ("CategoricalFocalCrossentropy(0.5, 0.5, True, 0.1)", "hot", "logits"),
            ("SparseCategoricalCrossentropy()", "labels", "p"),
            ("SparseCategoricalCrossentropy()", "labels", "unnormalized"),
            ("SparseCategoricalCrossentropy()", "column", "ends"),
            ("SparseCategoricalCrossentropy(from_logits=True)", "labels", "logits"),
            ("SparseCategoricalCrossentropy(ignore_class=-1)", "some", "p"),
            ("SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)", "void", "logits"),
            ("SparseCategoricalCrossentropy(ignore_class=1)", "labels", "p"),
            ("CategoricalGeneralizedCrossEntropy()", "labels", "p"),
            ("CategoricalGeneralizedCrossEntropy(q=0.8)", "labels", "p"),
            ("MeanSquaredError()", "ones", "one"),
            ("BinaryCrossentropy(from_logits=True)", "ones", "one"),
        )
        for weight in (None, "w5")
    ),
    *(
        (f"{L}{loss}(reduction={reduction}{more})", y_true, y_pred, weight)
        for loss, more, y_true, y_pred in (
            ("MeanAbsoluteError", "", "others", "numbers"),
            ("CategoricalCrossentropy", ", from_logits=True", "hot", "logits"),
            ("SparseCategoricalCrossentropy", ", ignore_class=-1", "some", "p"),
        )
        for reduction in REDUCTIONS
        for weight in (None, "w5", "w51", "w0")
    ),
    *(
        (f"{L}{loss}(reduction={reduction}{more})", y_true, y_pred, weight)
        for loss, more, y_true, y_pred in (
            ("MeanSquaredError", "", "map hot", "map numbers"),
            ("SparseCategoricalCrossentropy", ", ignore_class=-1, from_logits=True", "map some", "map logits"),
        )
        for reduction in REDUCTIONS[:4]
        for weight in (None, "w311", "w322", "w3221", "w122")
        # Keras's mask goes with weights of its own shape only.
        if "ignore" not in more or weight in (None, "w322")
    ),
    (f"{L}CategoricalCrossentropy()", "map hot", "map p", "w322"),
    (f"{L}CategoricalCrossentropy(axis=1)", "map hot", "map p", None),
    (f"{L}CategoricalCrossentropy(from_logits=True, axis=2)", "map hot", "map logits", None),
    (f"{L}SparseCategoricalCrossentropy()", "map labels", "map p", "w322"),
    (f"{L}BinaryCrossentropy(axis=1, from_logits=True)", "map hot", "map logits", None),
    (f"{L}CategoricalFocalCrossentropy(axis=1)", "map hot", "map p", None),
    (f"{L}CosineSimilarity(axis=2)", "map hot", "map numbers", None),
    (f"{L}Dice()", "masks", "mask p", None),
    (f"{L}Dice()", "masks", "mask p", "w3"),
    (f"{L}Dice(axis=(1, 2, 3))", "masks", "mask p", None),
    (f"{L}Dice(axis=(1, 2, 3))", "masks", "mask p", "w3"),
    (f"{L}Dice(reduction='sum', axis=-1)", "hot", "p", None),
    (f"{L}Tversky()", "masks", "mask p", None),
    (f"{L}Tversky(0.25, 0.75, axis=(1, 2, 3))", "masks", "mask p", "w3"),
    (f"{L}Tversky(alpha=2, beta=1, reduction='mean_with_sample_weight', axis=(1, 2))", "masks", "mask p", "w3"),
    (f"{L}Circle()", "groups", "embeddings", None),
    (f"{L}Circle()", "groups", "embeddings", "w8"),
    (f"{L}Circle(gamma=8.0, margin=0.2, remove_diagonal=False)", "groups", "embeddings", None),
    (f"{L}Circle(gamma=2.0, reduction='sum')", "groups", "embeddings", "w8"),
]

FUNCTIONS = [
    (f"{L}mean_squared_error", "others", "numbers"),
    (f"{L}mean_squared_error", "ones", "one"),
    (f"{L}mean_absolute_error", "others", "numbers"),
    (f"{L}mean_absolute_percentage_error", "others", "numbers"),
    (f"{L}mean_squared_logarithmic_error", "others", "positive"),
    (f"{L}huber", "others", "numbers"),
    (f"lambda t, p: {L}huber(t, p, delta=0.5)", "others", "numbers"),
    (f"{L}log_cosh", "others", "numbers"),
    (f"{L}cosine_similarity", "others", "numbers"),
    (f"lambda t, p: {L}cosine_similarity(t, p, axis=0)", "others", "numbers"),
    (f"{L}poisson", "counts", "positive"),
    (f"{L}kl_divergence", "p", "shares"),
    (f"{L}hinge", "signs", "numbers"),
    (f"{L}hinge", "bits", "numbers"),
    (f"{L}squared_hinge", "bits", "numbers"),
    (f"{L}categorical_hinge", "hot", "numbers"),
    (f"{L}binary_crossentropy", "bits", "sigmoid"),
    (f"lambda t, p: {L}binary_crossentropy(t, p, True, 0.1)", "bits", "logits"),
    (f"lambda t, p: {L}binary_crossentropy(t, p, axis=0)", "bits", "sigmoid"),
    (f"{L}binary_focal_crossentropy", "bits", "sigmoid"),
    (f"lambda t, p: {L}binary_focal_crossentropy(t, p, True, 0.75, 1.0, True)", "bits", "logits"),
    (f"{L}categorical_crossentropy", "hot", "p"),
    (f"{L}categorical_crossentropy", "map hot", "map p"),
    (f"lambda t, p: {L}categorical_crossentropy(t, p, from_logits=True, label_smoothing=0.1)", "hot", "logits"),
    (f"{L}categorical_focal_crossentropy", "hot", "p"),
    (f"lambda t, p: {L}categorical_focal_crossentropy(t, p, [0.1, 0.2, 0.3, 0.4], 1.0, True)", "hot", "logits"),
    (f"{L}sparse_categorical_crossentropy", "labels", "p"),
    (f"{L}sparse_categorical_crossentropy", "column", "unnormalized"),
    (f"{L}sparse_categorical_crossentropy", "map labels", "map p"),
    (f"lambda t, p: {L}sparse_categorical_crossentropy(t, p, from_logits=True, ignore_class=-1)", "map some", "map logits"),
    (f"lambda t, p: {L}categorical_generalized_cross_entropy(t, p, 0.3)", "labels", "p"),
    (f"{L}dice", "masks", "mask p"),
    (f"lambda t, p: {L}dice(t, p, axis=(1, 2))", "masks", "mask p"),
    (f"{L}tversky", "masks", "mask p"),
    (f"lambda t, p: {L}tversky(t, p, 0.9, 0.1, axis=(1, 2, 3))", "masks", "mask p"),
    (f"{L}circle", "groups", "embeddings"),
    (f"lambda t, p: {L}circle(t, p, gamma=4, margin=0.1, remove_diagonal=False)", "groups", "embeddings"),
    (f"lambda t, p: {L}circle(t, p, ref_labels=np.array([0, 1, 2]), ref_embeddings=np.eye(3, dtype='float32'))",
     "groups", "embeddings"),
]  # fmt: skip

CONFIGS = """
MeanSquaredError() MeanAbsoluteError() MeanAbsolutePercentageError() MeanSquaredLogarithmicError() Huber() LogCosh()
CosineSimilarity() Poisson() KLDivergence() Hinge() SquaredHinge() CategoricalHinge() BinaryCrossentropy()
BinaryFocalCrossentropy() CategoricalCrossentropy() CategoricalFocalCrossentropy() SparseCategoricalCrossentropy()
CategoricalGeneralizedCrossEntropy() Dice() Tversky() Circle() MeanSquaredError(reduction='sum',name='mine')
MeanAbsoluteError(None) Dice('mean',axis=(1,2,3)) BinaryCrossentropy(True,0.25)
BinaryFocalCrossentropy(True,0.5,3.0,from_logits=True) CategoricalCrossentropy(label_smoothing=0.1,axis=1)
CategoricalFocalCrossentropy(alpha=[0.25,0.75]) SparseCategoricalCrossentropy(from_logits=True,ignore_class=255)
Tversky(0.25,0.75,name='t') Circle(64.0,0.25,False) CategoricalGeneralizedCrossEntropy(0.25) mean_squared_error huber
"""

NAMES = """
mse MSE mae MAE mape MAPE msle MSLE bce BCE kld KLD mean_squared_error mean_absolute_error
mean_absolute_percentage_error mean_squared_logarithmic_error huber log_cosh cosine_similarity poisson kl_divergence
hinge squared_hinge categorical_hinge binary_crossentropy binary_focal_crossentropy categorical_crossentropy
categorical_focal_crossentropy sparse_categorical_crossentropy dice tversky circle
MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError Huber LogCosh
CosineSimilarity Poisson KLDivergence Hinge SquaredHinge CategoricalHinge BinaryCrossentropy BinaryFocalCrossentropy
CategoricalCrossentropy CategoricalFocalCrossentropy SparseCategoricalCrossentropy Dice Tversky Circle
"""

# Programs that make `loss`, for models of Dense(4): (program, activation, targets, sample weights).
CUSTOM = """
def loss(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)
"""
SUBCLASS = """
class Cubed(keras.losses.Loss):
    def __init__(self, power=3, **kwargs):
        super().__init__(**kwargs)
        self.power = power
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.power, axis=-1)
loss = Cubed(reduction={})
"""
COMBINED = """
def loss(y_true, y_pred):
    distance = keras.losses.mean_squared_error(y_true, y_pred) + 0.5 * keras.losses.huber(y_true, y_pred)
    return distance + 0.25 * keras.losses.CosineSimilarity(reduction="sum")(y_true, y_pred)
"""
ONE_NUMBER = """
def loss(y_true, y_pred):
    return keras.ops.sum(keras.ops.square(y_true - y_pred))
"""
FITS = [
    *(
        (f"loss = keras.losses.MeanSquaredError(reduction='{reduction}')", None, "numbers", weight)
        for reduction in ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight")
        for weight in (None, "w", "w1", "w0")
    ),
    *(
        (
            f"loss = keras.losses.SparseCategoricalCrossentropy(reduction='{reduction}', ignore_class=3)",
            "softmax",
            "labels",
            w,
        )
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight")
        for w in (None, "w")
    ),
    *(
        (f"loss = {loss!r}", activation, targets, "w")
        for loss, activation, targets in (
            ("mae", None, "numbers"),
            ("mape", None, "numbers"),
            ("msle", "softplus", "counts"),
            ("huber", None, "numbers"),
            ("log_cosh", None, "numbers"),
            ("cosine_similarity", None, "numbers"),
            ("poisson", "softplus", "counts"),
            ("kl_divergence", "softmax", "shares"),
            ("hinge", "tanh", "bits"),
            ("squared_hinge", None, "bits"),
            ("categorical_hinge", None, "hot"),
            ("binary_crossentropy", "sigmoid", "bits"),
            ("binary_focal_crossentropy", "sigmoid", "bits"),
            ("categorical_crossentropy", "softmax", "hot"),
            ("categorical_focal_crossentropy", "softmax", "hot"),
            ("sparse_categorical_crossentropy", "softmax", "labels"),
            ("dice", "sigmoid", "bits"),
            ("tversky", "sigmoid", "bits"),
        )
    ),
    ("loss = keras.losses.CategoricalFocalCrossentropy(alpha=[1.0, 0.5, 2.0, 0.25])", "softmax", "hot", "w"),
    ("loss = keras.losses.CategoricalFocalCrossentropy(gamma=1.0, from_logits=True)", None, "hot", None),
    ("loss = keras.losses.BinaryFocalCrossentropy(True, 0.75, from_logits=True)", None, "bits", None),
    ("loss = keras.losses.CategoricalGeneralizedCrossEntropy(0.6)", "softmax", "labels", "w"),
    ("loss = keras.losses.Circle(gamma=2.0)", "tanh", "labels", None),
    ("loss = keras.losses.Dice(axis=-1)", "sigmoid", "bits", "w"),
    (CUSTOM, None, "numbers", None),
    (CUSTOM, None, "numbers", "w"),
    (SUBCLASS.format("'sum_over_batch_size'"), None, "numbers", "w"),
    (SUBCLASS.format("'sum'"), None, "numbers", None),
    (SUBCLASS.format("'mean_with_sample_weight'"), None, "numbers", "w"),
    (COMBINED, None, "numbers", "w"),
    (ONE_NUMBER, None, "numbers", None),
    *(
        (f"loss = keras.losses.MeanSquaredError(reduction='{reduction}')", None, "map numbers", weight)
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight")
        for weight in (None, "w11", "w22", "w221")
    ),
    ("loss = 'categorical_crossentropy'", "softmax", "map hot", "w22"),
    ("loss = 'categorical_hinge'", None, "map hot", "w22"),
    ("loss = keras.losses.Hinge(reduction='mean_with_sample_weight')", None, "map hot", "w22"),
    (CUSTOM, None, "map numbers", "w22"),
    (CUSTOM, None, "map numbers", "w11"),
    ("loss = keras.losses.Dice(axis=(1, 2, 3))", "sigmoid", "map hot", "w"),
]
TARGETS = {
    "numbers": RNG.normal(size=(7, 4)),
    "counts": RNG.integers(0, 5, (7, 4)),
    "bits": RNG.integers(0, 2, (7, 4)),
    "shares": softmax(RNG.normal(size=(7, 4))),
    "hot": np.eye(4)[RNG.integers(0, 4, 7)],
    "labels": np.array([3, 0, 1, 3, 2, 2, 1]),
    "w": np.array([1, 0.5, 2, 0, 1.5, 1, 0.25]),
    "w1": np.array([[1], [0.5], [2], [0], [1.5], [1], [0.25]]),
    "w0": np.array([0, 0, 0, 1, 1, 1, 0.5]),  # the first batch has no weight at all
    "map numbers": RNG.normal(size=(7, 2, 2, 4)),
    "map hot": np.eye(4)[RNG.integers(0, 4, (7, 2, 2))],
    "w11": np.array([1, 0.5, 2, 0, 1.5, 1, 0.25]).reshape(7, 1, 1),
    "w22": RNG.uniform(0, 2, (7, 2, 2)),
    "w221": RNG.uniform(0, 2, (7, 2, 2, 1)),
    "map x": RNG.normal(size=(7, 2, 2, 3)),
    "x": RNG.normal(size=(7, 3)),
    "kernel": RNG.normal(size=(3, 4)) / 2,
    "bias": RNG.normal(size=4) / 4,
}
ARRAYS |= {f"fit {name}": np.asarray(array, "float32") for name, array in TARGETS.items()}


class Arrays:
    """Everything that lies in losses.npz: one vector, and where each array lies in it."""

    def __init__(self):
        self.parts, self.size = [], 0

    def put(self, array):
        array = np.asarray(array, "float32")
        self.parts.append(array.ravel())
        self.size += array.size
        return {"at": self.size - array.size, "shape": list(array.shape)}


def differentiate(function, y_pred):
    """The value of a function and its gradient. The classes lie as PyTorch has them: it fails on other maps."""
    y = torch.tensor(np.ascontiguousarray(np.moveaxis(ARRAYS[y_pred], -1, 1)), requires_grad=True)
    found = function(torch.movedim(y, 1, -1))
    found.sum().backward()
    return found.detach().numpy(), np.moveaxis(y.grad.numpy(), 1, -1)


def value(case, arrays):
    program, y_true, y_pred, weight = case
    loss = eval(program, {"keras": keras, "np": np})
    weights = None if weight is None else ARRAYS[weight]
    found, gradient = differentiate(lambda y: loss(ARRAYS[y_true], y, weights), y_pred)
    return {
        "loss": program, "y_true": y_true, "y_pred": y_pred, "weight": weight,
        "value": arrays.put(found), "gradient": arrays.put(gradient),
    }  # fmt: skip


def function(case, arrays):
    program, y_true, y_pred = case
    loss = eval(program, {"keras": keras, "np": np})
    found, gradient = differentiate(lambda y: loss(keras.ops.convert_to_tensor(ARRAYS[y_true]), y), y_pred)
    return {
        "function": program, "y_true": y_true, "y_pred": y_pred,
        "value": arrays.put(found), "gradient": arrays.put(gradient),
    }  # fmt: skip


def fit(case, arrays):
    """Two epochs of batches of 3, 3 and 1."""
    program, activation, targets, weight = case
    names = {"keras": keras, "np": np}
    exec(program, names)
    x = ARRAYS["fit map x" if targets.startswith("map") else "fit x"]
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dense(4, activation=activation)])
    model.set_weights([ARRAYS["fit kernel"], ARRAYS["fit bias"]])
    model.compile(keras.optimizers.SGD(0.05), loss=names["loss"])
    weights = None if weight is None else ARRAYS[f"fit {weight}"]
    y = ARRAYS[f"fit {targets}"]
    history = model.fit(x, y, batch_size=3, epochs=2, sample_weight=weights, shuffle=False, verbose=0).history["loss"]
    evaluated = model.evaluate(x, y, batch_size=4, sample_weight=weights, verbose=0)
    return {
        "program": program, "activation": activation, "targets": targets, "weight": weight,
        "history": history, "evaluate": evaluated, "weights": [arrays.put(w) for w in model.get_weights()],
    }  # fmt: skip


def meaning(name):
    found = keras.losses.get(name)
    return found.__name__ if hasattr(found, "__name__") else type(found).__name__


def record():
    arrays = Arrays()
    inputs = {name: arrays.put(array) for name, array in ARRAYS.items()}
    names = {"keras": keras, "np": np}
    parts = {
        "about": {"keras": keras.__version__, "recorded_with": "tests/recorded/record_losses.py"},
        "arrays": inputs,
        "values": [value(case, arrays) for case in VALUES],
        "functions": [function(case, arrays) for case in FUNCTIONS],
        "configs": {L + program: keras.losses.serialize(eval(L + program, names)) for program in CONFIGS.split()},
        "names": {name: meaning(name) for name in NAMES.split()},
        "fits": [fit(case, arrays) for case in FITS],
    }
    return parts, np.concatenate(arrays.parts)


if __name__ == "__main__":
    recorded, vector = record()
    save("losses", recorded)
    np.savez_compressed(HERE / "losses.npz", values=vector)
