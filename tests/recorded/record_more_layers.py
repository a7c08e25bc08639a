"""Record what the real Keras answers for pooling, reshaping, activation, normalization, regularization and core layers.
Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_more_layers.py            all files
    KERAS_BACKEND=tensorflow python record_more_layers.py       ON_TENSORFLOW, in the same files
    ... record_more_layers.py pooling reshaping                 only these

Each file `layers_NAME.json` holds cases as those of layers.json.gz (record_keras.py): a program, the configuration, weights,
an input, and for inference and training the output and the gradients of sum(y r) by the backend's own differentiation.
"""

import json
import sys

import keras
import numpy as np
from record_keras import Arrays, Recorded, draw, draw_weights, gradients, run, same, seed_of

FIRST = ", data_format='channels_first'"
# What Keras on PyTorch gets wrong: it takes the axes of a normalization for the last ones, and where `same` padding is
# not the same on both sides, it repeats the last pixel and counts it.
ON_TENSORFLOW = {
    "AveragePooling1D(3, 2, 'same')",
    "AveragePooling3D(3, strides=2, padding='same')",
    "LayerNormalization(axis=1)",
    "LayerNormalization(axis=[3, 1])",
    "LayerNormalization(axis=-2, center=False)",
}
RANDOM = ("Dropout", "SpatialDropout", "GaussianNoise", "GaussianDropout", "AlphaDropout")

POOLING = [
    ("MaxPooling1D()", (2, 7, 3)),
    ("MaxPooling1D(3, strides=2)", (2, 8, 2)),
    ("MaxPooling1D(3, strides=2, padding='same')", (2, 8, 2)),
    ("MaxPooling1D(pool_size=2, strides=3, padding='same', name='pool')", (1, 11, 17)),
    (f"MaxPooling1D(2{FIRST})", (2, 3, 6)),
    ("AveragePooling1D(2)", (2, 7, 3)),
    ("AveragePooling1D(3, strides=1, padding='same')", (2, 6, 2)),
    ("AveragePooling1D(pool_size=(4,), strides=(3,))", (2, 11, 18)),
    ("AveragePooling1D(3, 2, 'same')", (2, 8, 3)),
    (f"AveragePooling1D(3, 2, 'same'{FIRST})", (2, 3, 7)),
    ("MaxPooling3D()", (2, 4, 5, 6, 2)),
    ("MaxPooling3D((1, 2, 3))", (1, 3, 4, 7, 3)),
    ("MaxPooling3D((2, 3, 1), strides=1)", (1, 4, 5, 3, 2)),
    ("MaxPooling3D(3, strides=2, padding='same')", (1, 5, 4, 6, 2)),
    ("MaxPooling3D(2, strides=(3, 1, 2), padding='same')", (1, 5, 4, 3, 17)),
    (f"MaxPooling3D((3, 2, 2), strides=(1, 2, 1){FIRST})", (1, 2, 5, 4, 3)),
    ("AveragePooling3D(2)", (2, 4, 5, 6, 2)),
    ("AveragePooling3D((1, 3, 2), strides=(1, 1, 2))", (1, 3, 5, 6, 3)),
    ("AveragePooling3D(2, strides=1, padding='same')", (1, 3, 4, 3, 2)),
    ("AveragePooling3D(3, strides=2, padding='same')", (1, 5, 3, 4, 2)),
    (f"AveragePooling3D((3, 1, 3), strides=2, padding='same'{FIRST})", (1, 2, 5, 4, 3)),
    ("GlobalMaxPooling1D()", (2, 7, 3)),
    ("GlobalMaxPooling1D(keepdims=True)", (2, 5, 17)),
    (f"GlobalMaxPooling1D(keepdims=True{FIRST})", (2, 3, 5)),
    ("GlobalAveragePooling1D()", (2, 7, 3)),
    ("GlobalAveragePooling1D(keepdims=True)", (2, 5, 17)),
    ("GlobalAveragePooling1D('channels_first')", (2, 3, 5)),
    ("GlobalMaxPooling3D()", (2, 3, 4, 2, 3)),
    ("GlobalMaxPooling3D(keepdims=True)", (1, 2, 3, 2, 17)),
    (f"GlobalMaxPooling3D(keepdims=True{FIRST})", (1, 3, 2, 4, 2)),
    ("GlobalAveragePooling3D()", (2, 3, 4, 2, 3)),
    ("GlobalAveragePooling3D(keepdims=True)", (1, 2, 3, 2, 17)),
    (f"GlobalAveragePooling3D(keepdims=True{FIRST})", (1, 3, 2, 4, 2)),
    ("AdaptiveMaxPooling1D(3)", (2, 7, 3)),
    ("AdaptiveMaxPooling1D(4)", (2, 8, 2)),
    (f"AdaptiveMaxPooling1D(5{FIRST})", (2, 3, 3)),
    ("AdaptiveMaxPooling2D(3)", (2, 7, 8, 3)),
    ("AdaptiveMaxPooling2D((2, 5))", (1, 6, 7, 17)),
    (f"AdaptiveMaxPooling2D((1, 4){FIRST})", (2, 3, 5, 6)),
    ("AdaptiveMaxPooling3D(2)", (1, 5, 4, 3, 2)),
    ("AdaptiveMaxPooling3D((3, 1, 4))", (1, 5, 4, 6, 3)),
    ("AdaptiveAveragePooling1D(3)", (2, 7, 3)),
    ("AdaptiveAveragePooling1D((4,))", (2, 8, 2)),
    ("AdaptiveAveragePooling2D(3)", (2, 7, 8, 3)),
    ("AdaptiveAveragePooling2D([2, 5])", (1, 6, 7, 17)),
    (f"AdaptiveAveragePooling2D(6{FIRST})", (1, 3, 4, 6)),
    ("AdaptiveAveragePooling3D(2)", (1, 5, 4, 3, 2)),
    (f"AdaptiveAveragePooling3D((3, 4, 1){FIRST})", (1, 2, 5, 4, 3)),
]

RESHAPING = [
    ("RepeatVector(3)", (2, 5)),
    ("RepeatVector(n=1, name='again')", (3, 1)),
    ("Cropping1D()", (2, 6, 3)),
    ("Cropping1D(2)", (1, 6, 1)),
    ("Cropping1D(cropping=(0, 3))", (2, 5, 2)),
    ("Cropping2D()", (2, 4, 5, 2)),
    ("Cropping2D(1)", (2, 4, 5, 2)),
    ("Cropping2D((1, 2))", (1, 5, 6, 3)),
    ("Cropping2D(((1, 0), (0, 2)))", (1, 5, 6, 3)),
    (f"Cropping2D(((2, 1), (0, 3)){FIRST})", (2, 3, 5, 6)),
    ("Cropping3D()", (1, 4, 3, 5, 2)),
    ("Cropping3D(1)", (1, 4, 3, 5, 2)),
    ("Cropping3D((1, 0, 2))", (1, 4, 3, 5, 2)),
    ("Cropping3D(((1, 0), (0, 2), (3, 0)))", (1, 4, 3, 5, 2)),
    (f"Cropping3D(((0, 1), (2, 0), (1, 1)){FIRST})", (1, 2, 4, 3, 5)),
    ("ZeroPadding1D()", (2, 4, 3)),
    ("ZeroPadding1D(padding=(0, 2))", (2, 3, 1)),
    (f"ZeroPadding1D((2, 1){FIRST})", (2, 3, 4)),
    ("ZeroPadding3D()", (1, 2, 3, 2, 2)),
    ("ZeroPadding3D(2)", (1, 1, 2, 3, 1)),
    ("ZeroPadding3D((1, 0, 2))", (1, 2, 3, 2, 3)),
    ("ZeroPadding3D(((1, 0), (0, 2), (3, 0)))", (1, 2, 3, 2, 2)),
    (f"ZeroPadding3D(((0, 1), (2, 0), (1, 1)){FIRST})", (1, 2, 2, 3, 2)),
    ("UpSampling1D()", (2, 4, 3)),
    ("UpSampling1D(size=3)", (1, 3, 17)),
    ("UpSampling2D()", (2, 3, 4, 2)),
    ("UpSampling2D(3)", (1, 2, 3, 17)),
    ("UpSampling2D((1, 4))", (1, 3, 2, 1)),
    (f"UpSampling2D((3, 2){FIRST})", (2, 3, 2, 4)),
    ("UpSampling2D(interpolation='bilinear')", (2, 3, 4, 2)),
    ("UpSampling2D((3, 1), interpolation='bilinear')", (1, 4, 3, 5)),
    (f"UpSampling2D((2, 3), interpolation='bilinear'{FIRST})", (1, 3, 2, 4)),
    ("UpSampling3D()", (1, 2, 3, 2, 2)),
    ("UpSampling3D((1, 2, 3))", (1, 2, 3, 2, 3)),
    (f"UpSampling3D((3, 1, 2){FIRST})", (1, 2, 2, 3, 2)),
    ("Resizing(4, 6)", (2, 3, 5, 2)),
    ("Resizing(2, 3)", (1, 7, 8, 3)),
    ("Resizing(5, 4, interpolation='nearest')", (1, 3, 7, 3)),
    ("Resizing(3, 9, 'nearest')", (1, 7, 5, 17)),
    (f"Resizing(height=6, width=3, interpolation='bilinear'{FIRST})", (1, 2, 4, 5)),
    ("Resizing(4, 4, crop_to_aspect_ratio=True)", (1, 4, 7, 2)),
    ("Resizing(3, 6, crop_to_aspect_ratio=True, interpolation='nearest')", (1, 7, 5, 2)),
    ("Resizing(4, 4, pad_to_aspect_ratio=True)", (1, 4, 6, 2)),
    ("Resizing(6, 3, pad_to_aspect_ratio=True, fill_value=0.5)", (1, 4, 4, 2)),
    ("CenterCrop(3, 2)", (2, 5, 6, 3)),
    ("CenterCrop(4, 4)", (1, 7, 5, 2)),
    (f"CenterCrop(2, 3{FIRST})", (1, 3, 5, 4)),
    ("CenterCrop(6, 3)", (1, 4, 5, 2)),
]

ACTIVATIONS = [
    ("LeakyReLU()", (2, 5)),
    ("LeakyReLU(negative_slope=0.1, name='leaky')", (2, 3, 4)),
    ("LeakyReLU(0)", (2, 7)),
    ("ELU()", (3, 4)),
    ("ELU(alpha=0.5)", (2, 3, 3, 2)),
    ("PReLU()", (3, 5)),
    ("PReLU()", (2, 3, 4, 2)),
    ("PReLU(shared_axes=[1, 2])", (2, 4, 3, 5)),
    ("PReLU(shared_axes=[1])", (2, 4, 3, 2)),
    ("PReLU(shared_axes=2)", (2, 4, 3, 2)),
    ("PReLU(shared_axes=(1, 3))", (2, 2, 3, 4)),
    ("PReLU(shared_axes=[1, 2, 3])", (2, 2, 3, 2)),
    ("PReLU(alpha_initializer='random_normal', alpha_regularizer='l2', alpha_constraint='non_neg')", (2, 17)),
    ("ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2)", (2, 3, 5)),
    ("Softmax(axis=1)", (2, 3, 4)),
]

NORMALIZATION = [
    ("BatchNormalization()", (4, 3, 5)),
    ("BatchNormalization(axis=1)", (3, 2, 4, 3)),
    ("BatchNormalization(axis=2)", (3, 2, 4, 3)),
    ("BatchNormalization(axis=-2, momentum=0.9, epsilon=0.01)", (2, 3, 2, 4, 2)),
    ("BatchNormalization(axis=1, scale=False, center=False)", (4, 3)),
    ("LayerNormalization()", (3, 5)),
    ("LayerNormalization()", (2, 3, 4, 6)),
    ("LayerNormalization()", (2, 3, 33)),
    ("LayerNormalization(axis=1)", (2, 3, 4)),
    ("LayerNormalization(axis=[1, 2])", (2, 3, 4)),
    ("LayerNormalization(axis=(1, 2, 3), epsilon=0.01)", (2, 3, 4, 2)),
    ("LayerNormalization(axis=[3, 1])", (2, 3, 4, 2)),
    ("LayerNormalization(axis=-2, center=False)", (2, 3, 4)),
    ("LayerNormalization(scale=False)", (3, 7)),
    ("LayerNormalization(center=False, scale=False)", (3, 7)),
    (
        "LayerNormalization(beta_initializer='ones', gamma_initializer='zeros', beta_regularizer='l2',"
        " gamma_regularizer='l1', beta_constraint='non_neg', gamma_constraint='unit_norm')",
        (2, 4),
    ),
    ("GroupNormalization(2)", (3, 4)),
    ("GroupNormalization(groups=4)", (2, 3, 8)),
    ("GroupNormalization(3, epsilon=0.01)", (2, 3, 4, 6)),
    ("GroupNormalization(-1)", (2, 4, 3, 5)),
    ("GroupNormalization(1)", (2, 3, 2, 4)),
    ("GroupNormalization(2)", (2, 3, 3, 66)),
    ("GroupNormalization(2, axis=1)", (2, 4, 3, 2)),
    ("GroupNormalization(2, center=False)", (2, 3, 4)),
    ("GroupNormalization(2, scale=False)", (2, 3, 4)),
    ("GroupNormalization(2, center=False, scale=False)", (2, 2, 3, 2, 4)),
    (
        "GroupNormalization(2, beta_regularizer='l2', gamma_regularizer='l1', beta_constraint='non_neg',"
        " gamma_constraint='max_norm')",
        (2, 3, 4),
    ),
    ("RMSNormalization()", (3, 5)),
    ("RMSNormalization(epsilon=0.01)", (2, 3, 4, 6)),
    ("RMSNormalization(axis=[1, 2])", (2, 3, 4)),
    ("UnitNormalization()", (3, 5)),
    ("UnitNormalization(axis=1)", (2, 3, 4)),
    ("UnitNormalization(axis=[1, 2])", (2, 3, 4)),
    ("UnitNormalization(axis=-1)", (2, 3, 4, 33)),
    ("Normalization()", (2, 3, 4)),
    ("Normalization(axis=None)", (2, 3, 4)),
    ("Normalization(axis=1)", (2, 3, 4)),
    ("Normalization(axis=(1, 3))", (2, 3, 4, 2)),
    ("Normalization(mean=1.5, variance=2.0)", (2, 3, 4)),
    ("Normalization(mean=[1.0, 2.0, -1.0], variance=[1.0, 0.25, 0.0])", (2, 3)),
    ("Normalization(mean=1.5, variance=4.0, invert=True)", (2, 4)),
]

REGULARIZATION = [
    ("Dropout(0.5, noise_shape=(None, 1, 3))", (2, 4, 3)),
    ("Dropout(0.25, noise_shape=[2, 1, None], seed=1)", (2, 4, 3)),
    ("SpatialDropout1D(0.5)", (2, 4, 3)),
    ("SpatialDropout1D(0.0, seed=2, name='drop')", (2, 4, 3)),
    ("SpatialDropout2D(0.5)", (2, 4, 3, 2)),
    (f"SpatialDropout2D(0.25, seed=3{FIRST})", (2, 4, 3, 2)),
    ("SpatialDropout3D(0.5)", (1, 2, 3, 2, 4)),
    (f"SpatialDropout3D(0.25{FIRST})", (1, 4, 2, 3, 2)),
    ("GaussianNoise(0.5)", (2, 4)),
    ("GaussianNoise(stddev=0.0, seed=4)", (2, 4)),
    ("GaussianDropout(0.5)", (2, 4)),
    ("GaussianDropout(rate=0.25, seed=5)", (2, 4)),
    ("AlphaDropout(0.5)", (2, 4)),
    ("AlphaDropout(rate=0.25, noise_shape=(None, 1), seed=5)", (2, 4)),
]

CORE = [
    ("Embedding(7, 3)", (2, 4), 7),
    ("Embedding(5, 17)", (3, 1), 5),
    ("Embedding(input_dim=4, output_dim=2)", (3, 2, 2), 4),
    (
        "Embedding(6, 2, embeddings_initializer='ones', embeddings_regularizer='l2', embeddings_constraint='max_norm')",
        (2, 5),
        6,
    ),
    ("EinsumDense('ab,bc->ac', output_shape=4)", (3, 5)),
    ("EinsumDense('ab,bc->ac', 4, activation='relu', bias_axes='c')", (3, 5)),
    ("EinsumDense('abc,cd->abd', output_shape=(None, 4), bias_axes='d')", (2, 3, 5)),
    ("EinsumDense('abc,cde->abde', output_shape=(None, 2, 3), bias_axes='de')", (2, 3, 5)),
    ("EinsumDense('abcd,cde->abe', output_shape=(None, 4), bias_axes='e')", (2, 3, 2, 4)),
    ("EinsumDense('...x,xy->...y', output_shape=4, bias_axes='y')", (2, 3, 3, 4)),
    ("EinsumDense('ab,cb->ac', output_shape=4)", (3, 5)),
    ("EinsumDense('abc,bd->acd', output_shape=(5, 2), bias_axes='d')", (2, 3, 5)),
    ("EinsumDense('abc,cbd->ad', output_shape=3, bias_axes='d', activation='tanh')", (2, 3, 4)),
    ("EinsumDense('abc,bcd->abd', output_shape=(3, 2), bias_axes='bd')", (2, 3, 4)),
    (
        "EinsumDense('ab,bc->ac', 3, bias_axes='c', kernel_initializer='he_normal', bias_initializer='ones',"
        " kernel_regularizer='l2', bias_regularizer='l1', kernel_constraint='max_norm', bias_constraint='non_neg')",
        (2, 4),
    ),
    ("TimeDistributed(keras.layers.Dense(3, activation='tanh'))", (2, 3, 4)),
    ("TimeDistributed(keras.layers.Conv2D(2, 2))", (2, 3, 4, 3, 2)),
    ("TimeDistributed(keras.layers.MaxPooling2D())", (1, 2, 4, 5, 2)),
    ("TimeDistributed(keras.layers.Flatten(), name='flat')", (2, 3, 2, 2)),
    ("TimeDistributed(keras.layers.AveragePooling1D(2))", (2, 2, 5, 3)),
]

FILES = {
    "pooling": POOLING,
    "reshaping": RESHAPING,
    "activations": ACTIVATIONS,
    "normalization": NORMALIZATION,
    "regularization": REGULARIZATION,
    "core": CORE,
}


def record(key, program, shape, arrays, labels=None):
    """A layer's answers; `labels`: its input are integers below this."""
    layer = run(f"keras.layers.{program}")
    seed = seed_of(key)
    x = draw(shape, seed) if labels is None else np.random.default_rng(seed).integers(0, labels, shape)
    if not layer.built:  # one that has nothing to build is built, and refuses to be built again
        layer.build(shape)
    weights = draw_weights(layer.weights, seed + 1)
    for weight, value in zip(layer.weights, weights):
        if weight.name == "variance":
            value[...] = np.abs(value) + 0.5
        elif weight.name == "count":
            value[...] = 0
    r = draw(tuple(layer(x).shape), seed + 2)
    random = type(layer).__name__.rstrip("123D") in RANDOM or type(layer).__name__ in RANDOM
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
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
        y, found = gradients_of(layer, x, r, training, labels)
        return [y, *found], layer.get_weights()

    def entry(found, after):
        y, dx, *dweights = found
        return {
            "y": arrays.put(y),
            "dx": None if dx is None else arrays.put(dx),
            "dweights": arrays.put_all(dweights),
        } | ({} if same(after, weights) else {"weights_after": arrays.put_all(after)})

    inference = answers(training=False)
    case["inference"] = entry(*inference)
    if not random:
        training = answers(training=True)
        case["training"] = "as inference" if same(training[0], inference[0]) else entry(*training)
    return case


def gradients_of(layer, x, r, training, labels):
    """`record_keras.gradients`, without the input's where that are integers; zeros where nothing depends."""
    if labels is None:
        return gradients(layer, x, r, training)
    import torch

    y = layer(torch.tensor(x))
    wanted = [weight.value for weight in layer.trainable_weights]
    found = torch.autograd.grad((y * torch.tensor(r)).sum(), wanted)
    return y.detach().numpy(), [None, *(g.numpy() for g in found)]


if __name__ == "__main__":
    on_tensorflow = keras.backend.backend() == "tensorflow"
    for name in sys.argv[1:] or FILES:
        old, cases, values = Recorded.read(f"layers_{name}"), {}, Arrays()
        for program, shape, *labels in FILES[name]:
            key = f"{program} on {'x'.join(map(str, shape))}"
            if on_tensorflow == (program in ON_TENSORFLOW):
                cases[key] = json.loads(json.dumps(record(key, program, shape, values, *labels)))
            elif key in old.cases:
                cases[key] = old.copy(old.cases[key], values)
        Recorded(cases, values.values()).write(f"layers_{name}")
        print(f"layers_{name}: {len(cases)} cases, Keras {keras.__version__}")
