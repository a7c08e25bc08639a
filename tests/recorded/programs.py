"""The programs whose answers are recorded, as a user of Keras types them. Text only: nothing is imported here."""

# (constructor, shape of the input[, backend]). Pooling with `same` reads past one side only in some of these: there
# Keras on PyTorch counts repeated border pixels into the average, and TensorFlow is the one that keeps Keras's word.
LAYERS = [
    # Conv2D: kernel sizes, strides, padding
    ("Conv2D(3, 3)", (2, 5, 6, 2)),
    ("Conv2D(1, 1)", (2, 3, 4, 1)),
    ("Conv2D(5, (1, 1), strides=2)", (1, 5, 6, 3)),
    ("Conv2D(4, (2, 3))", (2, 4, 5, 3)),
    ("Conv2D(filters=2, kernel_size=(4, 1), strides=(1, 1), padding='valid')", (1, 6, 5, 2)),
    ("Conv2D(3, 3, strides=2)", (1, 7, 8, 2)),
    ("Conv2D(3, 2, strides=(3, 1))", (2, 8, 4, 2)),
    ("Conv2D(3, (1, 2), strides=(3, 3))", (1, 8, 7, 2)),
    ("Conv2D(2, (5, 4))", (3, 5, 4, 2)),
    ("Conv2D(3, 3, padding='same')", (2, 4, 5, 2)),
    ("Conv2D(3, (2, 4), padding='same')", (1, 5, 6, 2)),
    ("Conv2D(2, 5, padding='same')", (2, 3, 2, 2)),
    ("Conv2D(3, 3, strides=2, padding='same')", (1, 6, 7, 2)),
    ("Conv2D(3, 3, strides=2, padding='same')", (1, 7, 6, 3)),
    ("Conv2D(2, (5, 2), strides=(3, 2), padding='same')", (1, 11, 7, 2)),
    ("Conv2D(2, 1, strides=(2, 3), padding='same')", (1, 5, 7, 3)),
    ("Conv2D(3, 3, dilation_rate=2)", (1, 7, 8, 2)),
    ("Conv2D(2, (3, 2), padding='same', dilation_rate=(2, 3))", (1, 6, 7, 2)),
    ("Conv2D(4, 3, groups=2)", (2, 5, 5, 4)),
    ("Conv2D(6, (3, 2), groups=3, padding='same', strides=2)", (1, 5, 6, 6)),
    ("Conv2D(8, 3, groups=4, padding='same', use_bias=False)", (1, 4, 4, 4)),
    ("Conv2D(3, 3, use_bias=False)", (2, 4, 5, 2)),
    ("Conv2D(33, 3)", (1, 4, 5, 2)),
    ("Conv2D(17, (1, 3), padding='same', activation='relu')", (1, 3, 5, 3)),
    # ... activations, most of which are fused into the convolution
    ("Conv2D(3, 3, activation='relu')", (2, 5, 5, 2)),
    ("Conv2D(3, 3, activation='sigmoid', padding='same')", (1, 4, 4, 2)),
    ("Conv2D(3, 2, activation='tanh', strides=2)", (1, 6, 6, 2)),
    ("Conv2D(3, 3, activation='elu')", (1, 5, 5, 2)),
    ("Conv2D(3, 3, activation='leaky_relu')", (1, 5, 5, 2)),
    ("Conv2D(3, 2, activation='gelu')", (1, 4, 4, 2)),
    ("Conv2D(3, 2, activation='silu', use_bias=False)", (1, 4, 4, 2)),
    ("Conv2D(4, 2, activation='softmax')", (1, 4, 4, 2)),
    ("Conv2D(3, 2, activation=keras.activations.softplus)", (1, 4, 4, 2)),
    # ... arguments that the configuration tells
    (
        "Conv2D(3, 2, kernel_initializer='he_normal', bias_initializer='ones', kernel_regularizer='l2',"
        " bias_regularizer=keras.regularizers.L1(0.25), kernel_constraint='max_norm', bias_constraint='non_neg')",
        (1, 3, 4, 2),
    ),
    (
        "Conv2D(2, 2, kernel_initializer=keras.initializers.RandomNormal(mean=0.5, stddev=0.25, seed=3),"
        " kernel_regularizer=keras.regularizers.L1L2(l1=0.125, l2=0.25),"
        " kernel_constraint=keras.constraints.UnitNorm(axis=[0, 1, 2]), trainable=False, name='first')",
        (1, 3, 4, 2),
    ),
    ("Conv2D(3, (3, 2), data_format='channels_first')", (2, 2, 5, 4)),
    ("Conv2D(4, 3, strides=2, padding='same', groups=2, data_format='channels_first')", (1, 4, 5, 6)),
    # Pooling
    ("MaxPooling2D()", (2, 4, 6, 3)),
    ("MaxPooling2D(2)", (2, 5, 7, 2)),
    ("MaxPooling2D((2, 3), padding='same')", (2, 5, 7, 2)),
    ("MaxPooling2D(3, strides=2)", (1, 7, 8, 2)),
    ("MaxPooling2D(3, strides=1)", (1, 5, 6, 2)),
    ("MaxPooling2D(3, strides=2, padding='same')", (1, 7, 8, 2)),
    ("MaxPooling2D((4, 1), strides=(1, 2), padding='same')", (1, 5, 6, 2)),
    ("MaxPooling2D(2, strides=3)", (1, 8, 9, 2)),
    ("MaxPooling2D(pool_size=(5, 4))", (2, 5, 4, 3)),
    ("MaxPooling2D(2)", (1, 4, 4, 19)),
    ("MaxPooling2D((2, 3), data_format='channels_first')", (2, 3, 5, 6)),
    ("MaxPooling2D(3, strides=2, padding='same', data_format='channels_first')", (1, 2, 6, 7)),
    ("AveragePooling2D(2)", (2, 4, 6, 3)),
    ("AveragePooling2D(3)", (2, 7, 8, 2)),
    ("AveragePooling2D(3, padding='same')", (2, 6, 9, 2)),
    ("AveragePooling2D(3, strides=1, padding='same')", (1, 4, 5, 2)),
    ("AveragePooling2D(5, strides=1, padding='same')", (1, 4, 5, 2)),
    ("AveragePooling2D(2, padding='same')", (2, 5, 7, 2), "tensorflow"),
    ("AveragePooling2D(3, strides=2, padding='same')", (1, 6, 7, 2), "tensorflow"),
    ("AveragePooling2D((4, 1), strides=(1, 2), padding='same')", (1, 5, 6, 2), "tensorflow"),
    ("AveragePooling2D(3, strides=(2, 1))", (1, 7, 5, 2)),
    ("AveragePooling2D((1, 2), strides=(2, 3))", (1, 5, 8, 17)),
    ("AveragePooling2D((2, 3), data_format='channels_first')", (2, 3, 5, 6)),
    ("GlobalMaxPooling2D()", (3, 4, 5, 2)),
    ("GlobalMaxPooling2D(keepdims=True)", (2, 3, 2, 4)),
    ("GlobalMaxPooling2D(data_format='channels_first')", (2, 3, 4, 5)),
    ("GlobalAveragePooling2D()", (3, 4, 5, 2)),
    ("GlobalAveragePooling2D(keepdims=True)", (2, 3, 2, 4)),
    ("GlobalAveragePooling2D(keepdims=True, data_format='channels_first')", (2, 3, 4, 5)),
    # Shapes
    ("Flatten()", (2, 3, 4, 2)),
    ("Flatten()", (3, 5)),
    ("Flatten()", (3,)),
    ("Flatten(data_format='channels_first')", (2, 3, 4, 2)),
    ("Reshape((6, 4))", (2, 3, 4, 2)),
    ("Reshape((-1, 2))", (2, 3, 4)),
    ("Reshape((2, -1, 3))", (2, 12)),
    ("Reshape(target_shape=(-1,))", (2, 3, 2)),
    ("Reshape((2, 2, 3, 1))", (2, 12)),
    ("Permute((2, 1))", (2, 3, 4)),
    ("Permute((3, 1, 2))", (2, 3, 4, 5)),
    ("Permute((2, 3, 1))", (2, 3, 4, 5)),
    ("Permute((1, 3, 2))", (2, 3, 4, 5)),
    ("ZeroPadding2D()", (2, 3, 4, 2)),
    ("ZeroPadding2D(2)", (1, 2, 3, 3)),
    ("ZeroPadding2D((1, 3))", (1, 3, 2, 2)),
    ("ZeroPadding2D(padding=((0, 1), (2, 3)))", (2, 3, 4, 1)),
    ("ZeroPadding2D(((1, 0), (0, 2)), data_format='channels_first')", (2, 2, 3, 4)),
    # Dense
    ("Dense(4)", (3, 5)),
    ("Dense(1)", (4, 7)),
    ("Dense(67)", (2, 3)),
    ("Dense(3, use_bias=False)", (5, 2)),
    ("Dense(3, activation='relu')", (3, 2, 5)),
    ("Dense(units=2, activation='softmax')", (2, 3, 4)),
    ("Dense(10, activation='softmax')", (3, 6)),
    ("Dense(3)", (2, 3, 2, 4)),
    ("Dense(3, activation='tanh', use_bias=False)", (2, 2, 3, 3)),
    (
        "Dense(2, kernel_initializer='zeros', kernel_regularizer=keras.regularizers.L2(0.5),"
        " bias_constraint='unit_norm')",
        (2, 3),
    ),
    # Activations as layers
    ("ReLU()", (2, 3, 4, 2)),
    ("ReLU(max_value=1.0)", (3, 20)),
    ("ReLU(negative_slope=0.25)", (3, 20)),
    ("ReLU(threshold=0.5)", (3, 20)),
    ("ReLU(max_value=1.5, negative_slope=0.125, threshold=0.75)", (3, 20)),
    ("ReLU(6.0, name='relu6')", (2, 9)),
    ("Softmax()", (3, 7)),
    ("Softmax()", (2, 3, 2, 4)),
    ("Softmax(axis=1)", (2, 5, 3)),
    ("Softmax(axis=-2)", (2, 2, 3, 4)),
    ("Activation(keras.activations.relu)", (2, 9)),
    ("Activation('softmax')", (2, 3, 4)),
    ("Activation('log_softmax')", (3, 5)),
    # Dropout does nothing but in training
    ("Dropout(0.5)", (3, 8)),
    ("Dropout(rate=0.25, seed=7)", (2, 3, 3, 2)),
    ("Dropout(0)", (3, 8)),
    # BatchNormalization
    ("BatchNormalization()", (3, 4, 5, 2)),
    ("BatchNormalization()", (8, 5)),
    ("BatchNormalization()", (4, 3, 3)),
    ("BatchNormalization(center=False)", (3, 4, 2, 3)),
    ("BatchNormalization(scale=False)", (3, 4, 2, 3)),
    ("BatchNormalization(center=False, scale=False)", (3, 4, 2, 3)),
    ("BatchNormalization(momentum=0.5, epsilon=0.0625)", (4, 2, 3, 2)),
    ("BatchNormalization(-1, 0.75)", (1, 4, 5, 3)),
    ("BatchNormalization(axis=1)", (2, 3, 4, 3)),
    ("BatchNormalization()", (2, 3, 3, 18)),
    ("BatchNormalization(trainable=False)", (3, 4, 2, 2)),
    (
        "BatchNormalization(gamma_initializer='random_uniform', beta_regularizer='l1', gamma_constraint='non_neg')",
        (4, 3),
    ),
    # Rescaling
    ("Rescaling(1 / 255)", (2, 4, 3, 1)),
    ("Rescaling(scale=0.5, offset=-1.0)", (2, 3, 2, 2)),
    ("Rescaling(1 / 127.5, -1)", (3, 5)),
]
LAYERS += [
    (f"Activation('{name}')", (2, 24))
    for name in [
        *["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "softplus", "softsign", "silu", "gelu"],
        *["mish", "tanh", "sigmoid", "hard_sigmoid", "hard_silu", "hard_tanh", "exponential", "log_sigmoid"],
        *["soft_shrink", "hard_shrink", "tanh_shrink", "squareplus", "sparse_plus"],
    ]
]

SMALL = """
model = keras.Sequential([
    keras.layers.Input((6, 6, 2)),
    keras.layers.Conv2D(4, 3, activation='relu'),
    keras.layers.MaxPooling2D(2),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation='softmax'),
])
"""


def small(
    optimizer="keras.optimizers.SGD(0.125)",
    loss="'categorical_crossentropy'",
    y=("one-hot", 3),
    samples=20,
    model=SMALL,
    more="",
    **rest,
):
    """One small network, for the many ways to train it."""
    program = f"{model}model.compile({optimizer}, {loss}, metrics=['accuracy']{more})\n"
    return {"program": program, "x": (samples, 6, 6, 2), "y": y, **rest}


# Each is trained for ten steps of `batch` (4) samples. "fit": what else `fit` gets; "y": how the targets are drawn.
# Learning rates are powers of two.
NETWORKS = {
    "sgd": small(),
    "sgd_momentum": small(
        "keras.optimizers.SGD(0.0625, momentum=0.75)", "'sparse_categorical_crossentropy'", ("labels", 3)
    ),
    "sgd_nesterov": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((7, 6, 1)),
    keras.layers.Conv2D(3, (3, 2), strides=2, padding='same', activation='tanh'),
    keras.layers.AveragePooling2D(2),
    keras.layers.Flatten(),
    keras.layers.Dense(2),
])
model.compile(keras.optimizers.SGD(0.0625, momentum=0.5, nesterov=True), 'mse')
""",
        "x": (20, 7, 6, 1),
        "y": ("real", 2),
    },
    "adam": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((12, 12, 1)),
    keras.layers.Conv2D(4, (3, 3), activation='relu'),
    keras.layers.MaxPooling2D((2, 2)),
    keras.layers.Conv2D(5, (3, 3), activation='relu'),
    keras.layers.Flatten(),
    keras.layers.Dense(6, activation='relu'),
    keras.layers.Dense(4, activation='softmax'),
])
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 12, 12, 1),
        "y": ("one-hot", 4),
    },
    "adam_amsgrad": small(
        "keras.optimizers.Adam(0.015625, beta_1=0.75, beta_2=0.875, epsilon=0.0009765625, amsgrad=True)",
        "keras.losses.CategoricalCrossentropy()",
    ),
    "adam_binary": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((5, 6, 3)),
    keras.layers.ZeroPadding2D(1),
    keras.layers.Conv2D(5, 3, activation='elu'),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(keras.optimizers.Adam(0.03125), 'binary_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 5, 6, 3),
        "y": ("binary", 1),
    },
    "binary_from_logits": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((8,)),
    keras.layers.Dense(6),
    keras.layers.ReLU(negative_slope=0.25),
    keras.layers.Dense(3),
])
model.compile(keras.optimizers.SGD(0.25), keras.losses.BinaryCrossentropy(from_logits=True))
""",
        "x": (20, 8),
        "y": ("binary", 3),
    },
    "binary_flat_labels": {
        "program": """
model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(1, activation='sigmoid')])
model.compile(keras.optimizers.SGD(0.5), 'binary_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 8),
        "y": ("binary",),
    },
    "adadelta": small("keras.optimizers.Adadelta(1.0, rho=0.875)"),
    "adadelta_default": small("'adadelta'"),
    "rmsprop": small("'rmsprop'", "'sparse_categorical_crossentropy'", ("labels", 3)),
    "rmsprop_momentum": small("keras.optimizers.RMSprop(0.00390625, rho=0.75, momentum=0.5, epsilon=0.0009765625)"),
    "rmsprop_centered": small(
        "keras.optimizers.RMSprop(0.00390625, rho=0.75, momentum=0.25, epsilon=0.0625, centered=True)"
    ),
    "regularizers": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((6, 6, 2)),
    keras.layers.Conv2D(
        3, 3, activation='relu', kernel_regularizer='l2', bias_regularizer=keras.regularizers.L1(0.03125)
    ),
    keras.layers.Flatten(),
    keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L1L2(0.00390625, 0.0078125)),
    keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.0625), use_bias=False),
])
model.compile(keras.optimizers.SGD(0.03125), 'mse')
""",
        "x": (20, 6, 6, 2),
        "y": ("real", 2),
    },
    "constraints": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((6, 6, 2)),
    keras.layers.Conv2D(3, 3, activation='relu', kernel_constraint=keras.constraints.MaxNorm(1.0, axis=[0, 1, 2])),
    keras.layers.Conv2D(4, 2, kernel_constraint=keras.constraints.UnitNorm(axis=[0, 1, 2]), bias_constraint='non_neg'),
    keras.layers.Flatten(),
    keras.layers.Dense(4, kernel_constraint='non_neg', activation='tanh'),
    keras.layers.Dense(2, kernel_constraint=keras.constraints.MinMaxNorm(0.5, 1.0, rate=0.75, axis=0)),
])
model.compile(keras.optimizers.SGD(0.0625), 'mse')
""",
        "x": (20, 6, 6, 2),
        "y": ("real", 2),
    },
    "saturated_probabilities": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((4,)),
    keras.layers.Rescaling(16.0),
    keras.layers.Dense(3, activation='softmax'),
])
model.compile(keras.optimizers.SGD(0.00390625), 'categorical_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 4),
        "y": ("one-hot", 3),
        "backend": "tensorflow",
    },
    "batch_normalization": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((6, 7, 2)),
    keras.layers.Conv2D(4, 3, use_bias=False),
    keras.layers.BatchNormalization(momentum=0.75),
    keras.layers.Activation('relu'),
    keras.layers.GlobalMaxPooling2D(),
    keras.layers.BatchNormalization(scale=False),
    keras.layers.Dense(3),
    keras.layers.Softmax(),
])
model.compile(keras.optimizers.SGD(0.125, momentum=0.5), 'categorical_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 6, 7, 2),
        "y": ("one-hot", 3),
    },
    "batch_normalization_short_batch": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((5, 5, 2)),
    keras.layers.BatchNormalization(),
    keras.layers.Conv2D(3, 2, strides=2, activation='relu'),
    keras.layers.BatchNormalization(momentum=0.5, epsilon=0.0078125, center=False),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation='softmax'),
])
model.compile(
    keras.optimizers.Adam(0.0078125, epsilon=0.0009765625), 'sparse_categorical_crossentropy', metrics=['accuracy']
)
""",
        "x": (18, 5, 5, 2),
        "y": ("labels", 3),
    },
    "short_batch": small(samples=17),
    "one_sample_batches": small("keras.optimizers.SGD(0.03125)", samples=5, batch=1),
    "frozen_layer": small(model=f"{SMALL}model.layers[0].trainable = False\n"),
    "frozen_batch_normalization": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((4, 5, 2)),
    keras.layers.Conv2D(4, 3),
    keras.layers.BatchNormalization(trainable=False),
    keras.layers.ReLU(),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation='softmax'),
])
model.compile(keras.optimizers.SGD(0.125), 'categorical_crossentropy', metrics=['accuracy'])
""",
        "x": (20, 4, 5, 2),
        "y": ("one-hot", 3),
    },
    "sample_weight": small(samples=18, sample_weight=True),
    "weighted_metrics": small(samples=18, sample_weight=True, more=", weighted_metrics=['accuracy']"),
    "from_logits_smoothed": small(
        loss="keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.25)",
        model=SMALL.replace(", activation='softmax'", ""),
    ),
    "sparse_from_logits": small(
        loss="keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        y=("labels", 3),
        model=SMALL.replace(", activation='softmax'", ""),
    ),
    "labels_per_row": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((5, 4)),
    keras.layers.Dense(6, activation='relu'),
    keras.layers.Dense(3, activation='softmax'),
])
model.compile(keras.optimizers.SGD(0.25), 'sparse_categorical_crossentropy', metrics=['accuracy'])
""",
        "x": (18, 5, 4),
        "y": ("labels", 3, 5),
    },
    "validation": small(samples=27, fit="validation_split=0.25"),
    "deferred_build": {
        "program": """
model = keras.Sequential()
model.add(keras.layers.Rescaling(1 / 64))
model.add(keras.layers.Conv2D(4, 3, padding='same', dilation_rate=2, activation='leaky_relu'))
model.add(keras.layers.Conv2D(6, 2, strides=2, groups=2, use_bias=False))
model.add(keras.layers.Permute((3, 1, 2)))
model.add(keras.layers.Reshape((6, -1)))
model.add(keras.layers.Dense(3, activation='relu'))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dropout(0.0))
model.add(keras.layers.Dense(3))
model.add(keras.layers.Activation('softmax'))
model.compile(keras.optimizers.SGD(0.0625), 'sparse_categorical_crossentropy', metrics=['accuracy'])
model.build((None, 6, 6, 2))
""",
        "x": (20, 6, 6, 2),
        "y": ("labels", 3),
        "integers": True,
    },
    "mse_overlapping_pools": {
        "program": """
model = keras.Sequential([
    keras.layers.Input((8, 7, 2)),
    keras.layers.MaxPooling2D(3, strides=2, padding='same'),
    keras.layers.Conv2D(4, 2, activation='sigmoid'),
    keras.layers.AveragePooling2D(2, strides=1),
    keras.layers.Flatten(),
    keras.layers.Dense(1),
])
model.compile(loss='mean_squared_error', optimizer=keras.optimizers.Adam(learning_rate=0.03125))
""",
        "x": (20, 8, 7, 2),
        "y": ("real", 1),
    },
}

# Programs that both backends refuse, and a word that the message must hold: what the user has to look at.
FIT = """
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, activation='softmax', name='head')])
model.compile('sgd', {loss}, metrics=['accuracy'])
model.fit({x}, {y}, verbose=0{more})
"""


def fit(loss, x, y, more=""):
    return FIT.format(loss=loss, x=x, y=y, more=more)


DENSE = "keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])"

REFUSALS = [
    ("keras.layers.Conv2D(0, 3)", "filters"),
    ("keras.layers.Conv2D(-4, 3)", "filters"),
    ("keras.layers.Conv2D(8, (3, 0))", "kernel_size"),
    ("keras.layers.Conv2D(8, (3, 3, 3))", "kernel_size"),
    ("keras.layers.Conv2D(8, 3, strides=0)", "strides"),
    ("keras.layers.Conv2D(8, 3, padding='sane')", "padding"),
    ("keras.layers.Conv2D(8, 3, padding='causal')", "padding"),
    ("keras.layers.Conv2D(8, 3, strides=2, dilation_rate=2)", "dilation_rate"),
    ("keras.layers.Conv2D(8, 3, groups=3)", "groups"),
    ("keras.layers.Conv2D(8, 3, groups=0)", "groups"),
    ("keras.layers.Conv2D(8, 3, activation='relo')", "relo"),
    ("keras.layers.Conv2D(8, 3, kernel_initializer='he normal')", "he normal"),
    ("keras.layers.Conv2D(8, 3, data_format='channels')", "data_format"),
    ("keras.layers.Conv2D(8)", "kernel_size"),
    ("keras.layers.Conv2D(8, 3, filter=3)", "filter"),
    ("keras.layers.Conv2D(4, 3, groups=2, name='c').build((None, 5, 5, 3))", "groups"),
    ("keras.Sequential([keras.layers.Input((5, 5, 3)), keras.layers.Conv2D(4, 7)])", "size"),
    ("keras.Sequential([keras.layers.Input((4,)), keras.layers.Conv2D(2, 3, name='c')])", "'c'"),
    ("keras.Sequential([keras.layers.Input((4, 4, 1)), keras.layers.Conv2D(2, 3), keras.layers.Conv2D(2, 3)])", "size"),
    ("keras.layers.MaxPooling2D(0)", "pool_size"),
    ("keras.layers.MaxPooling2D((2, 2, 2))", "pool_size"),
    ("keras.layers.AveragePooling2D(-1)", "pool_size"),
    ("keras.Sequential([keras.layers.Input((3, 3)), keras.layers.MaxPooling2D(name='p')])", "'p'"),
    ("keras.Sequential([keras.layers.Input((3,)), keras.layers.GlobalAveragePooling2D(name='p')])", "'p'"),
    ("keras.layers.Dense(0)", "units"),
    ("keras.layers.Dense('ten')", "units"),
    ("keras.layers.Dense(2.5)", "units"),
    ("keras.layers.Dropout(1.5)", "rate"),
    ("keras.layers.Dropout(-0.1)", "rate"),
    ("keras.Sequential([keras.layers.Input((3, 3)), keras.layers.Reshape((4, 4))])", "(4, 4)"),
    ("keras.layers.Reshape((-1, -1))", "target_shape"),
    ("keras.Sequential([keras.layers.Input((3, 3)), keras.layers.Reshape((-1, 2))])", "(-1, 2)"),
    ("keras.layers.Permute((1, 1))", "dims"),
    ("keras.layers.Permute((0, 1))", "dims"),
    ("keras.Sequential([keras.layers.Input((2, 3, 4)), keras.layers.Permute((2, 1), name='p')])", "'p'"),
    ("keras.layers.ZeroPadding2D((1, 2, 3))", "padding"),
    ("keras.layers.ZeroPadding2D(((1, 2), (3,)))", "padding"),
    ("keras.layers.ReLU(max_value=-1)", "max_value"),
    ("keras.layers.ReLU(negative_slope=-1)", "negative_slope"),
    ("keras.layers.ReLU(threshold=-1)", "threshold"),
    ("keras.layers.Rescaling()", "scale"),
    ("keras.layers.Input()", "shape"),
    ("keras.layers.Input(28)", "28"),
    ("keras.Sequential([keras.layers.Dense(2), 'Dense'])", "Dense"),
    ("keras.Sequential([keras.layers.Dense(2, name='a'), keras.layers.Dense(2, name='a')])", "'a'"),
    ("keras.Sequential([keras.layers.Input((4,)), keras.layers.Input((5,))])", "Input"),
    ("keras.Sequential([keras.layers.Dense(2)]).count_params()", "build"),
    (f"{DENSE}.set_weights([np.zeros((4, 2))])", "2"),
    (f"{DENSE}.set_weights([np.zeros((4, 3)), np.zeros(3)])", "(4, 3)"),
    (f"{DENSE}.fit(np.zeros((4, 4)), np.zeros((4, 2)))", "compile"),
    (f"{DENSE}.predict(np.zeros((4, 5)), verbose=0)", "5"),
    (f"{DENSE}.compile('adamm', 'mse')", "adamm"),
    (f"{DENSE}.compile('sgd', 'mse', metrics='mse')", "metrics"),
    (fit("'nosuch'", "np.zeros((4, 4))", "np.zeros((4, 2))"), "nosuch"),
    (fit("None", "np.zeros((4, 4))", "np.zeros((4, 2))"), "loss"),
    (fit("'mse'", "np.zeros((4, 4))", "np.zeros((3, 2))"), "3"),
    (fit("'mse'", "np.zeros((4, 4), object)", "np.zeros((4, 2))"), "object"),
    (fit("'mse'", "np.zeros((4, 4))", "np.zeros((4, 2))", ", validation_data=3"), "3"),
    (fit("'mse'", "np.zeros((4, 4))", "np.zeros((4, 2))", ", sample_weight=np.zeros(3)"), "3"),
    (fit("'categorical_crossentropy'", "np.zeros((4, 4))", "np.zeros((4, 3))"), "3"),
    (fit("'categorical_crossentropy'", "np.zeros((4, 4))", "np.zeros(4)"), "4"),
    (fit("'sparse_categorical_crossentropy'", "np.zeros((4, 4))", "np.zeros((4, 2))"), "2"),
    (fit("'binary_crossentropy'", "np.zeros((4, 4))", "np.zeros((4, 3))"), "3"),
    ("keras.optimizers.SGD(momentum=1.5)", "momentum"),
    ("keras.optimizers.SGD(learning_rte=0.1)", "learning_rte"),
    ("keras.initializers.VarianceScaling(scale=-1)", "scale"),
    ("keras.initializers.VarianceScaling(mode='fan_inn')", "fan_inn"),
    ("keras.initializers.VarianceScaling(distribution='gauss')", "gauss"),
    ("keras.initializers.Orthogonal()((3,))", "(3,)"),
    ("keras.regularizers.L1(-1.0)", "l1"),
    ("keras.regularizers.get('l3')", "l3"),
    ("keras.constraints.get('max norm')", "max norm"),
]

SUMMARIES = {
    "mnist": """
model = keras.Sequential()
model.add(keras.layers.Input((28, 28, 1)))
model.add(keras.layers.Conv2D(
    32, (3, 3), activation='relu', strides=(1, 1), padding='valid', kernel_initializer='glorot_uniform'
))
model.add(keras.layers.MaxPooling2D((2, 2)))
model.add(keras.layers.Conv2D(64, (3, 3), activation='relu'))
model.add(keras.layers.MaxPooling2D((2, 2)))
model.add(keras.layers.Conv2D(64, (3, 3), activation='relu'))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(64, activation='relu'))
model.add(keras.layers.Dense(10, activation='softmax'))
""",
    "trained": """
model = keras.Sequential([
    keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2),
], name='trained')
model.compile('adam', 'mse')
model.fit(np.zeros((2, 8, 8, 3)), np.zeros((2, 2)), verbose=0)
""",
    "not_built": """
model = keras.Sequential([
    keras.layers.Conv2D(4, 3, name='a_layer_with_a_name_that_is_too_long_for_its_column'),
    keras.layers.Dense(2),
])
""",
    "frozen": """
model = keras.Sequential([
    keras.layers.Input((16, 15, 3), name='image'),
    keras.layers.Conv2D(8, 3, padding='same', use_bias=False, trainable=False),
    keras.layers.BatchNormalization(),
    keras.layers.Activation('relu'),
    keras.layers.Dropout(0.5),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(1000),
])
""",
}
