"""Record what the real Keras answers for models whose inputs have no fixed size. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_sizes.py

sizes.json.gz: of every model output shapes, parameters, predictions for samples of several sizes (a digest of eight
numbers each), and losses of training on them in turn. Weights and data come from seeds, on both sides.
"""

import numpy as np


def fully_convolutional(keras, layers, ops):
    x = layers.Input((None, None, 3))
    y = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same")(layers.BatchNormalization()(y))
    y = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(y)
    return keras.Model(x, layers.Conv2D(2, 1, activation="softmax")(y))


def classifier(keras, layers, ops):
    return keras.Sequential(
        [
            layers.Input((None, None, 3)),
            layers.Rescaling(0.5),
            layers.SeparableConv2D(5, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(4, 2),
            layers.GroupNormalization(2),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def up_and_down(keras, layers, ops):
    x = layers.Input((None, None, 1))
    a = layers.Conv2D(3, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(a))
    b = layers.UpSampling2D(2, interpolation="bilinear")(b)
    y = layers.Conv2D(3, 3, padding="same")(layers.Concatenate()([a, b]))
    return keras.Model(x, layers.Conv2D(1, 1, activation="sigmoid")(layers.LayerNormalization()(y)))


def attentive(keras, layers, ops):
    """Squeeze and excitation, and functions among the layers."""
    x = layers.Input((None, None, 3))
    y = layers.Conv2D(4, 3, padding="same")(x)
    weights = layers.Dense(4, activation="sigmoid")(ops.mean(y, axis=(1, 2), keepdims=True))
    y = layers.Multiply()([y, weights]) + 0.5 * y
    y = layers.Reshape((-1, 4))(y)
    return keras.Model(x, ops.max(layers.Dense(2)(y), axis=1))


def steps(keras, layers, ops):
    x = layers.Input((None, 4))
    y = layers.Conv1D(6, 3, padding="causal", activation="relu")(x)
    y = layers.MaxPooling1D(2, padding="same")(layers.TimeDistributed(layers.Dense(5))(y))
    return keras.Model(x, [layers.Dense(2)(layers.GlobalMaxPooling1D()(y)), layers.Conv1DTranspose(2, 2, strides=2)(y)])


def words(keras, layers, ops):
    return keras.Sequential(
        [
            layers.Input((None,)),
            layers.Embedding(20, 4),
            layers.Conv1D(5, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def masked_words(keras, layers, ops):
    x = layers.Input((None,))
    y = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4, mask_zero=True)(x))
    return keras.Model(x, layers.Dense(2)(y))


def frames(keras, layers, ops):
    x = layers.Input((None, None, None, 2))
    y = layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"))(x)
    y = layers.TimeDistributed(layers.GlobalAveragePooling2D())(y)
    return keras.Model(x, layers.Dense(2)(layers.GlobalMaxPooling1D()(y)))


def nested(keras, layers, ops):
    part = keras.Sequential([layers.Input((None, None, 3)), layers.Conv2D(3, 3, activation="tanh")])
    x = layers.Input((None, None, 3))
    return keras.Model(x, layers.GlobalMaxPooling2D()(part(part(x))))


def volumes(keras, layers, ops):
    x = layers.Input((None, None, None, 1))
    y = layers.MaxPooling3D(2)(layers.Conv3D(3, 2, activation="relu")(x))
    return keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling3D()(y)))


SIZES = {
    fully_convolutional: [(8, 8, 3), (12, 6, 3), (4, 20, 3)],
    classifier: [(7, 7, 3), (12, 9, 3), (8, 15, 3)],
    up_and_down: [(4, 4, 1), (8, 6, 1), (10, 4, 1)],
    attentive: [(4, 4, 3), (5, 7, 3), (9, 3, 3)],
    steps: [(4, 4), (9, 4), (6, 4)],
    words: [(3,), (9,), (7,)],
    masked_words: [(3,), (9,), (7,)],
    frames: [(2, 5, 5, 2), (3, 4, 6, 2), (1, 5, 5, 2)],
    nested: [(7, 7, 3), (12, 9, 3), (5, 5, 3)],
    volumes: [(4, 4, 4, 1), (3, 6, 5, 1), (5, 3, 8, 1)],
}
MODELS = {build.__name__: build for build in SIZES}

ARCHITECTURES = [
    f"{name}(include_top=False, weights=None{more})"
    for name in (
        "VGG16",
        "ResNet50",
        "ResNet50V2",
        "Xception",
        "MobileNet",
        "MobileNetV2",
        "DenseNet121",
        "EfficientNetB0",
    )
    for more in ("", ", input_shape=(None, None, 3), pooling='avg'", ", input_shape=(None, 100, 3)")
]


def made(build, keras):
    """A model, and for each size a batch (x, list of targets); the last batches are shorter."""
    rng = np.random.default_rng(len(build.__name__))
    model = build(keras, keras.layers, keras.ops)
    model.set_weights(
        [rng.uniform(0.5, 1.5, w.shape) if "variance" in w.path else rng.standard_normal(w.shape) * 0.4 for w in model.weights]
    )  # fmt: skip
    integers, batches = "words" in build.__name__, []
    for k, sample in enumerate(SIZES[build]):
        shape = (4 - k, *sample)
        x = rng.integers(0, 20, shape) if integers else rng.standard_normal(shape).astype("float32")
        ys = [as_array(y) for y in as_list(model(x))]
        batches.append((x, [rng.uniform(0, 1, y.shape).astype("float32") for y in ys]))
    return model, batches


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def as_array(value):
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def digest(y):
    """The shape, and eight numbers in which every element has its part."""
    y = np.asarray(y, np.float64).ravel()
    waves = np.cos(np.outer(np.arange(1, 9), np.arange(y.size)) ** 0.7)
    return (waves @ y / y.size).tolist()


def answers(build, keras):
    """What is recorded of a model."""
    model, batches = made(build, keras)
    outputs = [as_list(model.predict(x, batch_size=3, verbose=0)) for x, _ in batches]
    found = {
        "shapes": [list(tensor.shape) for tensor in model.outputs],
        "parameters": model.count_params(),
        "predicted": [[list(y.shape) for y in ys] for ys in outputs],
        "numbers": [[np.round(digest(y), 7).tolist() for y in ys] for ys in outputs],
    }
    model.compile(keras.optimizers.SGD(0.1), ["mse"] * len(model.outputs))

    def stream():
        for x, ys in batches:
            yield x, ys if len(ys) > 1 else ys[0]

    history = model.fit(list_of(stream(), keras), epochs=2, shuffle=False, verbose=0).history["loss"]
    found["losses"] = np.round(history, 6).tolist()
    found["evaluated"] = round(float(as_list(model.evaluate(list_of(stream(), keras), verbose=0))[0]), 6)
    found["trained"] = [np.round(digest(y), 6).tolist() for y in as_list(model.predict(batches[0][0], verbose=0))]
    return found


def list_of(batches, keras):
    """Batches as a `PyDataset`, whose length is known."""
    batches = list(batches)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return len(batches)

        def __getitem__(self, index):
            return batches[index]

    return Batches()


def architecture(program, keras):
    """Name, shapes and parameters of one."""
    model = eval(f"keras.applications.{program}", {"keras": keras})
    return [list(model.input_shape), list(model.output_shape), model.count_params()]


if __name__ == "__main__":
    import keras
    from answers import FOLDER, save

    save(
        "sizes",
        {
            "models": {name: answers(build, keras) for name, build in MODELS.items()},
            "architectures": {program: architecture(program, keras) for program in ARCHITECTURES},
        },
    )
    print(f"sizes.json.gz: {(FOLDER / 'sizes.json.gz').stat().st_size} bytes, Keras {keras.__version__}")
