"""Record what the real Keras answers for a network whose layers cycnn joins: convolutions of all kinds and dense layers with
batch normalization, sums and activations behind them. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_fused.py

fused.json: predictions before and after three steps of training, and the losses. Weights and data are made from a seed by
both sides.
"""

import json
from pathlib import Path

import numpy as np


def network(keras):
    """The compiled model, and a batch (x, y)."""
    layers = keras.layers

    def normalized(x, layer, activation=None):
        x = layers.BatchNormalization()(layer(x))
        return x if activation is None else activation(x)

    def conv(x, filters, strides=1, size=3, activation=None):
        return normalized(x, layers.Conv2D(filters, size, strides=strides, padding="same"), activation)

    inputs = layers.Input((12, 12, 3))
    x = conv(inputs, 16, activation=layers.ReLU())
    y = conv(conv(x, 16, activation=layers.Activation("relu")), 16)
    x = layers.ReLU()(layers.Add()([x, y]))
    y = conv(conv(x, 24, 2, activation=layers.Activation("silu")), 24)
    x = layers.ReLU(max_value=6.0)(layers.Add()([conv(x, 24, 2, 1), y]))
    x = normalized(x, layers.DepthwiseConv2D(3, padding="same"), layers.ReLU(max_value=6.0))
    x = normalized(x, layers.Conv2DTranspose(8, 3, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.1))
    x = layers.MaxPooling2D(2)(conv(x, 5, activation=layers.ReLU()))
    x = normalized(layers.GlobalAveragePooling2D()(x), layers.Dense(10), layers.Activation("tanh"))
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile(keras.optimizers.SGD(0.05), "categorical_crossentropy")
    rng = np.random.default_rng(0)
    model.set_weights(
        [
            np.abs(rng.standard_normal(w.shape)) * 0.3 + 0.2
            if w.path.endswith(("variance", "gamma"))
            else rng.standard_normal(w.shape) * 0.2
            for w in model.weights
        ]
    )
    return model, (
        rng.standard_normal((10, 12, 12, 3)).astype("float32"),
        np.eye(4, dtype="float32")[np.arange(10) % 4],
    )


def answers(keras):
    """What is recorded, as a dictionary of lists."""
    model, (x, y) = network(keras)
    found = {"before": model.predict(x, verbose=0)}
    found["losses"] = [float(model.train_on_batch(x, y)) for _ in range(3)]
    found["after"] = model.predict(x, verbose=0)
    return {name: np.asarray(value, np.float64).round(8).tolist() for name, value in found.items()}


if __name__ == "__main__":
    import keras

    file = Path(__file__).with_name("fused.json")
    file.write_text(json.dumps(answers(keras), separators=(",", ":")) + "\n")
    print(f"{file.name}: {file.stat().st_size} bytes, Keras {keras.__version__}")
