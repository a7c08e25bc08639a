"""Record what the real Keras makes of initializers, regularizers, constraints and configs. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_objects.py

Each case is an expression as a Keras user would type it; the tests evaluate the same text with cycnn in Keras's place.
objects.json.gz: the configs of objects, the numbers that functions return, and quantiles of what initializers draw.
"""

import keras
import numpy as np
from answers import save

CONFIGS = [
    "keras.initializers.Zeros()",
    "keras.initializers.Ones()",
    "keras.initializers.Constant(0.25)",
    "keras.initializers.RandomNormal(mean=0.5, stddev=0.125, seed=3)",
    "keras.initializers.RandomUniform(-0.5, 0.25)",
    "keras.initializers.TruncatedNormal(seed=keras.random.SeedGenerator(7, name='mine'))",
    "keras.initializers.VarianceScaling(2.0, 'fan_out', 'uniform', seed=1)",
    "keras.initializers.VarianceScaling(distribution='normal')",
    "keras.initializers.VarianceScaling(input_axes=[0], output_axes=[1, 2])",
    "keras.initializers.GlorotNormal(seed=9)",
    "keras.initializers.GlorotUniform()",
    "keras.initializers.HeNormal()",
    "keras.initializers.HeUniform()",
    "keras.initializers.LecunNormal(input_axes=[0], output_axes=[1])",
    "keras.initializers.LecunUniform()",
    "keras.initializers.Orthogonal(gain=2.0, seed=4)",
    "keras.initializers.OrthogonalInitializer()",
    "keras.regularizers.L1(0.25)",
    "keras.regularizers.L2()",
    "keras.regularizers.L1L2(l1=0.5)",
    "keras.regularizers.OrthogonalRegularizer(0.5, 'columns')",
    "keras.constraints.MaxNorm()",
    "keras.constraints.MaxNorm(3, axis=[0, 1, 2])",
    "keras.constraints.NonNeg()",
    "keras.constraints.UnitNorm(axis=1)",
    "keras.constraints.MinMaxNorm(0.5, 2.0, rate=0.25)",
    "keras.random.SeedGenerator(5, name='s')",
    "{'a': (1, 2.5), 'b': [None, True], 'c': {'d': 'e'}}",
    "[np.float32(0.5), np.int64(3), np.array(2), np.arange(6).reshape(2, 3), np.array([0.5, 1.5], 'float32')]",
    "[slice(1, None, 2), b'bytes', Ellipsis]",
    *(
        f"keras.{family}.get({name!r})"
        for family, names in (
            (
                "initializers",
                "zeros ones zero one normal uniform random_normal RandomNormal truncated_normal glorot_uniform"
                " glorot_normal GlorotUniform he_normal he_uniform HeNormal lecun_normal lecun_uniform LecunUniform"
                " orthogonal OrthogonalInitializer variance_scaling VarianceScaling",
            ),
            ("regularizers", "l2 L2 l1l2 L1L2"),
            ("constraints", "max_norm MaxNorm non_neg NonNeg unit_norm UnitNorm min_max_norm MinMaxNorm"),
        )
        for name in names.split()
    ),
    "keras.initializers.deserialize({'class_name': 'he_normal', 'config': {'seed': 3}})",
    "keras.initializers.get({'class_name': 'VarianceScaling', 'config': {'scale': 2.0, 'mode': 'fan_avg'}})",
    "keras.regularizers.get(keras.regularizers.L2)",
]

W = "np.array([[3.0, -0.25, 0.0], [4.0, 0.5, 0.0], [0.0, -0.125, 0.0], [12.0, 1.0, 0.0]], 'float32')"
FILTERS = "((np.arange(3 * 2 * 2 * 2) * 7) % 11 - 5).reshape(3, 2, 2, 2).astype('float32')"

VALUES = [
    f"keras.regularizers.L1(0.25)({W})",
    f"keras.regularizers.L2(0.5)({W})",
    f"keras.regularizers.L1L2(0.25, 0.125)({W})",
    f"keras.regularizers.L1L2()({W})",
    f"keras.regularizers.OrthogonalRegularizer(0.5)({W})",
    f"keras.regularizers.L2()({FILTERS})",
    f"keras.constraints.MaxNorm()({W})",
    f"keras.constraints.MaxNorm(0.5, axis=1)({W})",
    f"keras.constraints.MaxNorm(5, axis=[0, 1, 2])({FILTERS})",
    f"keras.constraints.NonNeg()({W})",
    f"keras.constraints.UnitNorm()({W})",
    f"keras.constraints.UnitNorm(axis=[0, 1, 2])({FILTERS})",
    f"keras.constraints.MinMaxNorm(2.0, 6.0)({W})",
    f"keras.constraints.MinMaxNorm(2.0, 6.0, rate=0.25, axis=-1)({W})",
    "keras.initializers.Identity(2.0)((2, 3))",
    "keras.initializers.Constant(0.5)((2, 1, 3))",
    "keras.initializers.Ones()((2,))",
    "keras.initializers.Zeros()((2, 2))",
    "keras.utils.to_categorical([0, 2, 1])",
    "keras.utils.to_categorical([[1], [0]], 3)",
    "keras.utils.to_categorical([[1, 0], [2, 2]])",
    "keras.utils.to_categorical(1, 2)",
    "keras.utils.to_categorical(np.array([0.0, 1.0]))",
    "keras.utils.normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))",
    "keras.utils.normalize(np.array([[3.0, 4.0], [1.0, 0.0]]), order=1)",
]

# Shapes so large that a quantile of their values is known to about a hundredth of a standard deviation.
DRAWS = [
    ("keras.initializers.RandomNormal(0.5, 0.25, seed=1)", (200, 300)),
    ("keras.initializers.RandomUniform(-0.5, 0.25, seed=2)", (200, 300)),
    ("keras.initializers.TruncatedNormal(1.0, 0.5, seed=3)", (200, 300)),
    ("keras.initializers.GlorotUniform(seed=4)", (3, 3, 60, 100)),
    ("keras.initializers.GlorotNormal(seed=5)", (3, 3, 60, 100)),
    ("keras.initializers.HeUniform(seed=6)", (3, 3, 60, 100)),
    ("keras.initializers.HeNormal(seed=7)", (3, 3, 60, 100)),
    ("keras.initializers.LecunUniform(seed=8)", (3, 3, 60, 100)),
    ("keras.initializers.LecunNormal(seed=9)", (3, 3, 60, 100)),
    ("keras.initializers.GlorotUniform(seed=10)", (150, 400)),
    ("keras.initializers.HeNormal(seed=11)", (400, 150)),
    ("keras.initializers.LecunNormal(seed=12)", (60000,)),
    ("keras.initializers.VarianceScaling(0.5, 'fan_out', 'untruncated_normal', seed=13)", (5, 60, 200)),
    ("keras.initializers.VarianceScaling(3.0, 'fan_avg', 'uniform', seed=14)", (2, 5, 60, 100)),
    ("keras.initializers.GlorotNormal(seed=15, input_axes=[0], output_axes=[1, 2])", (60, 10, 100)),
    ("keras.initializers.Orthogonal(gain=2.0, seed=16)", (2, 5, 20, 200)),
]
QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

NAMES = (
    "Conv2D MaxPooling2D Dense ReLU PReLU LeakyReLU L1L2 GlobalAveragePooling2D Conv2DTranspose LSTM my_Layer A2b x>Y"
)


def plain(value):
    value = value if isinstance(value, np.ndarray) else keras.ops.convert_to_numpy(value)
    return {"dtype": value.dtype.name, "shape": list(value.shape), "values": value.ravel().tolist()}


def record():
    names = {"keras": keras, "np": np}
    serialize = keras.saving.serialize_keras_object
    draws = []
    for program, shape in DRAWS:
        x = keras.ops.convert_to_numpy(eval(program, names)(shape))
        draws.append({"program": program, "shape": shape, "quantiles": np.quantile(x, QUANTILES).tolist()})
    return {
        "about": {"keras": keras.__version__, "recorded_with": "tests/recorded/record_objects.py"},
        "configs": {program: serialize(eval(program, names)) for program in CONFIGS},
        "values": {program: plain(eval(program, names)) for program in VALUES},
        "draws": draws,
        "probabilities": QUANTILES,
        "names": {name: keras.src.utils.naming.to_snake_case(name) for name in NAMES.split()},
    }


if __name__ == "__main__":
    save("objects", record())
