"""Record functional models with functions among their layers. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_functions.py

functions.json.gz: for every program the layers of the config, and what the model predicts, with six digits. Input and
weights come from seeds, on both sides.
"""

import warnings

import numpy as np

PROGRAMS = [
    "x + x",
    "x + 1.5",
    "1 - x * 2",
    "2 / (x + 3) - x / 4",
    "-x",
    "abs(x)",
    "x ** 2",
    "2.0 ** x",
    "x // 0.5",
    "x % 0.5",
    "x @ np.arange(6, dtype='float32').reshape(3, 2)",
    "x[:, 0]",
    "x[:, 1:3]",
    "x[..., 1]",
    "x[:, ::2, 1:]",
    "ops.where(x > 0, x, 0.25)",
    "ops.cast((x >= 0.5) | (x < -0.5), 'float32')",
    "ops.mean(x, axis=1)",
    "ops.mean(x, -1, keepdims=True)",
    "ops.sum(x, axis=(1, 2))",
    "ops.max(x, axis=1)",
    "ops.min(x, axis=2)",
    "ops.std(x, axis=1)",
    "ops.var(x, axis=-1)",
    "ops.prod(x, axis=1)",
    "ops.argmax(x, axis=-1)",
    "ops.cumsum(x, axis=1)",
    "ops.exp(x)",
    "ops.log(ops.abs(x) + 1)",
    "ops.sqrt(ops.square(x))",
    "ops.sin(x) + ops.cos(x) * ops.tanh(x)",
    "ops.erf(x)",
    "ops.rsqrt(x * x + 1)",
    "ops.logsumexp(x, axis=-1)",
    "ops.clip(x, -0.5, 0.5)",
    "ops.maximum(x, 0.1)",
    "ops.minimum(x, ops.flip(x, axis=1))",
    "ops.power(ops.absolute(x), 1.5)",
    "ops.relu(x)",
    "ops.sigmoid(x)",
    "ops.leaky_relu(x, 0.1)",
    "ops.gelu(x, approximate=False)",
    "ops.silu(x)",
    "ops.softmax(x, axis=1)",
    "ops.log_softmax(x)",
    "ops.normalize(x, axis=1)",
    "ops.one_hot(ops.argmax(x, axis=2), 3)",
    "ops.concatenate([x, x * 2], axis=-1)",
    "ops.stack([x, x], axis=1)",
    "ops.split(x, 2, axis=1)",
    "ops.split(x, [1], axis=2)[1]",
    "ops.reshape(x, (-1, 12))",
    "ops.transpose(x, (0, 2, 1))",
    "ops.swapaxes(x, 1, 2)",
    "ops.squeeze(ops.expand_dims(x, -1), -1)",
    "ops.tile(x, (1, 1, 2))",
    "ops.repeat(x, 2, axis=1)",
    "ops.pad(x, [(0, 0), (1, 1), (0, 2)])",
    "ops.take(x, [2, 0], axis=1)",
    "ops.einsum('nij,jk->nik', x, np.ones((3, 2), 'float32'))",
    "ops.matmul(x, ops.transpose(x, [0, 2, 1]))",
    "ops.dot(x, np.ones((3, 2), 'float32'))",
    "ops.image.resize(ops.expand_dims(x, -1), (8, 6))",
    "ops.batch_normalization(x, np.zeros(3, 'float32'), np.ones(3, 'float32'), -1)",
    "ops.max_pool(x, 2)",
    "ops.average_pool(x, 2, strides=1, padding='same')",
    "ops.conv(x, np.ones((2, 3, 2), 'float32'), padding='same')",
    "layers.Dense(2)(x) * layers.Dense(2, 'sigmoid')(ops.relu(x))",
    "[layers.Dense(2)(ops.mean(x, axis=1)), x[:, 0] + 1]",
]


def draw(shapes):
    rng = np.random.default_rng(31)
    return [rng.standard_normal(shape).astype("float32") for shape in shapes]


def model_of(keras, program):
    x = keras.Input((4, 3), name="x")
    model = keras.Model(x, eval(program, {"x": x, "ops": keras.ops, "layers": keras.layers, "np": np}))
    sample, *weights = draw([(5, 4, 3), *(w.shape for w in model.weights)])
    model.set_weights(weights)
    return model, sample


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return {"shape": value.shape, "values": [float(f"{number:.6g}") for number in np.ravel(value)]}


def record(keras, program):
    keras.utils.clear_session()
    model, sample = model_of(keras, program)
    return {"layers": model.get_config()["layers"], "y": plain(model.predict(sample, verbose=0))}


if __name__ == "__main__":
    import keras
    from answers import save

    warnings.simplefilter("ignore")
    about = {"keras": keras.__version__, "recorded_with": "tests/recorded/record_functions.py"}
    save("functions", {"about": about, "cases": {program: record(keras, program) for program in PROGRAMS}})
