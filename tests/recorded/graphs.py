"""Programs for record_models.py, as a Keras user types them: they make a `layer` or a `model`."""

MERGING = [  # (program, shapes of the inputs)
    ("keras.layers.Add()", [(3, 4), (3, 4)]),
    ("keras.layers.Add()", [(2, 3, 3, 2)] * 3),
    ("keras.layers.Add()", [(2, 3, 4), (2, 4)]),
    ("keras.layers.Add()", [(2, 3, 1, 4), (2, 5, 1), (2, 1)]),
    ("keras.layers.Subtract()", [(3, 4), (3, 4)]),
    ("keras.layers.Subtract()", [(3, 2, 4), (3, 1, 4)]),
    ("keras.layers.Multiply()", [(3, 4), (3, 4)]),
    ("keras.layers.Multiply()", [(2, 3, 3, 2), (2, 1, 1, 2), (2, 3, 3, 1)]),
    ("keras.layers.Average()", [(3, 4)] * 3),
    ("keras.layers.Average()", [(3, 2, 4), (3, 4)]),
    ("keras.layers.Maximum()", [(3, 4)] * 3),
    ("keras.layers.Maximum()", [(3, 2, 4), (3, 4)]),
    ("keras.layers.Minimum()", [(3, 4)] * 3),
    ("keras.layers.Minimum()", [(3, 1, 4), (3, 3, 1)]),
    ("keras.layers.Concatenate()", [(3, 4), (3, 2)]),
    ("keras.layers.Concatenate(axis=1)", [(2, 3, 3, 2), (2, 1, 3, 2), (2, 3, 3, 2)]),
    ("keras.layers.Concatenate(axis=-2)", [(2, 3, 4), (2, 5, 4)]),
    ("keras.layers.Dot(axes=1)", [(3, 4), (3, 4)]),
    ("keras.layers.Dot(axes=(1, 2))", [(2, 3, 5), (2, 4, 3)]),
    ("keras.layers.Dot(axes=(2, 1))", [(2, 3, 4), (2, 4)]),
    ("keras.layers.Dot(axes=-1, normalize=True)", [(2, 3, 4), (2, 2, 4)]),
    ("keras.layers.Lambda(lambda pair: pair[0] * keras.ops.exp(pair[1]))", [(3, 4), (3, 4)]),
]

CUSTOM = {  # name -> (program, shape of the input)
    "linear": (
        """
class Linear(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer='random_normal', trainable=True, name='w')
        self.b = self.add_weight(shape=(self.units,), initializer='random_normal', trainable=True, name='b')
    def call(self, inputs):
        return keras.ops.matmul(inputs, self.w) + self.b
    def get_config(self):
        return {**super().get_config(), 'units': self.units}
layer = Linear(5)
""",
        (3, 4),
    ),
    "antirectifier": (
        """
class Antirectifier(keras.layers.Layer):
    def __init__(self, initializer='he_normal', **kwargs):
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)
    def build(self, input_shape):
        units = input_shape[-1]
        self.kernel = self.add_weight(shape=(units * 2, units), initializer=self.initializer, name='kernel', trainable=True)
    def call(self, inputs):
        inputs = inputs - keras.ops.mean(inputs, axis=-1, keepdims=True)
        pos = keras.activations.relu(inputs)
        neg = keras.activations.relu(-inputs)
        return keras.ops.matmul(keras.ops.concatenate([pos, neg], axis=-1), self.kernel)
    def get_config(self):
        return {**super().get_config(), 'initializer': keras.initializers.serialize(self.initializer)}
layer = Antirectifier()
""",
        (4, 5),
    ),
    "scaled, with a weight that is not trained": (
        """
class Scaled(keras.layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.total = self.add_weight(initializer='zeros', shape=(size,), trainable=False)
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer='ones', name='scale')
    def call(self, inputs):
        return (inputs + self.total) * self.scale
layer = Scaled(3)
""",
        (4, 3),
    ),
    "a block of layers": (
        """
class Block(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.branches = [keras.layers.Dense(units, activation='tanh') for _ in range(2)]
        self.last = keras.layers.Dense(units)
    def call(self, inputs):
        x = keras.layers.add([branch(inputs) for branch in self.branches])
        return self.last(x) + inputs
layer = Block(4)
""",
        (3, 4),
    ),
    "a block within a block": (
        """
class Inner(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)
    def build(self, input_shape):
        self.gain = self.add_weight(shape=(), initializer='ones', name='gain')
        self.dense.build(input_shape)
    def call(self, inputs):
        return self.gain * keras.ops.sigmoid(self.dense(inputs))
class Outer(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([keras.layers.Dense(3, use_bias=False), keras.layers.ReLU(), Inner()])
        self.parts = {'head': keras.layers.Dense(2)}
    def call(self, inputs, training=None):
        return self.parts['head'](self.net(inputs))
layer = Outer()
""",
        (3, 5),
    ),
    "a gate on maps": (
        """
class SqueezeExcite(keras.layers.Layer):
    def __init__(self, ratio=2, **kwargs):
        super().__init__(**kwargs)
        self.ratio = ratio
    def build(self, input_shape):
        channels = input_shape[-1]
        self.squeeze = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.reduce = keras.layers.Conv2D(channels // self.ratio, 1, activation='relu')
        self.expand = keras.layers.Conv2D(channels, 1, activation='sigmoid')
    def call(self, inputs):
        return inputs * self.expand(self.reduce(self.squeeze(inputs)))
layer = SqueezeExcite()
""",
        (2, 3, 4, 4),
    ),
    "a flag of its own": (
        """
class Noisy(keras.layers.Layer):
    def call(self, inputs, training=None):
        if training:
            return inputs * 3.0
        return keras.ops.tanh(inputs)
layer = Noisy()
""",
        (3, 4),
    ),
    "returns its input": (
        """
class Same(keras.layers.Layer):
    def call(self, inputs):
        return inputs
layer = Same()
""",
        (3, 4),
    ),
    "a lambda": ("layer = keras.layers.Lambda(lambda x: keras.ops.square(x) - 1)", (3, 4)),
    "a lambda that takes means": (
        "layer = keras.layers.Lambda(lambda x: keras.ops.mean(x, axis=(1, 2)))",
        (2, 3, 4, 2),
    ),
    "a lambda with arguments": (
        "layer = keras.layers.Lambda(lambda x, power, shift=0.0: x ** power + shift, arguments={'power': 3, 'shift': 0.5})",
        (3, 4),
    ),
}

MODELS = {
    "plain": """
x = keras.Input((4,), name='numbers')
y = keras.layers.Dense(5, activation='tanh', name='hidden')(x)
model = keras.Model(inputs=x, outputs=keras.layers.Dense(2, name='head')(y), name='plain')
""",
    "residual": """
x = keras.Input((6, 6, 2))
a = keras.layers.Conv2D(4, 3, padding='same', use_bias=False)(x)
b = keras.layers.BatchNormalization()(a)
b = keras.layers.Activation('relu')(b)
b = keras.layers.Conv2D(4, 3, padding='same')(b)
y = keras.layers.Add()([a, b])
y = keras.layers.Activation('relu')(y)
y = keras.layers.GlobalAveragePooling2D()(y)
model = keras.Model(x, keras.layers.Dense(3)(y))
""",
    "branches": """
x = keras.Input((5, 5, 2))
a = keras.layers.Conv2D(2, 1, padding='same', activation='tanh', name='one')(x)
b = keras.layers.Conv2D(3, 3, padding='same', activation='tanh', name='three')(x)
c = keras.layers.MaxPooling2D(3, strides=1, padding='same', name='pool')(x)
c = keras.layers.Conv2D(2, 1, padding='same', name='project')(c)
y = keras.layers.concatenate([a, b, c], axis=-1)
y = keras.layers.Flatten()(y)
model = keras.models.Model([x], [keras.layers.Dense(2)(y)])
""",
    "dense_blocks": """
x = keras.layers.Input(shape=(4, 4, 2))
found = [x]
for k in range(2):
    y = keras.layers.Concatenate()(found) if k else x
    y = keras.layers.BatchNormalization()(y)
    found.append(keras.layers.Conv2D(2, 3, padding='same', activation='relu')(y))
y = keras.layers.GlobalMaxPooling2D()(keras.layers.Concatenate()(found))
model = keras.Model(x, keras.layers.Dense(1)(y))
""",
    "squeeze_and_excite": """
x = keras.Input((4, 4, 3))
y = keras.layers.Conv2D(4, 3, padding='same')(x)
s = keras.layers.GlobalAveragePooling2D()(y)
s = keras.layers.Dense(2, activation='relu')(s)
s = keras.layers.Dense(4, activation='sigmoid')(s)
s = keras.layers.Reshape((1, 1, 4))(s)
y = keras.layers.Multiply()([y, s])
y = keras.layers.AveragePooling2D(2)(y)
model = keras.Model(x, keras.layers.Flatten()(y))
""",
    "siamese": """
shared = keras.layers.Dense(4, activation='tanh', name='shared')
left, right = keras.Input((5,), name='left'), keras.Input((5,), name='right')
a, b = shared(left), shared(right)
far = keras.layers.Subtract()([a, b])
same = keras.layers.Dot(axes=1)([a, b])
y = keras.layers.Concatenate()([far, same])
model = keras.Model([left, right], keras.layers.Dense(1)(y))
""",
    "shared_encoder": """
encoder = keras.Sequential([keras.layers.Dense(4, activation='tanh'), keras.layers.Dense(3)], name='encoder')
left, right = keras.Input((5,), name='left'), keras.Input((5,), name='right')
y = keras.layers.Maximum()([encoder(left), encoder(right)])
model = keras.Model([left, right], keras.layers.Dense(2)(y))
""",
    "layer_in_a_loop": """
x = keras.Input((3,))
step = keras.layers.Dense(3, activation='tanh')
y = step(step(step(x)))
model = keras.Model(x, keras.layers.Average()([y, step(x), x]))
""",
    "two_outputs": """
x = keras.Input((4, 4, 1), name='picture')
y = keras.layers.Conv2D(3, 3, activation='tanh')(x)
y = keras.layers.Flatten()(y)
a = keras.layers.Dense(2, name='first')(y)
b = keras.layers.Dense(1, name='second')(keras.layers.concatenate([y, a]))
model = keras.Model(x, [a, b])
""",
    "names_of_inputs_and_outputs": """
picture, facts = keras.Input((4, 4, 1), name='picture'), keras.Input((3,), name='facts')
y = keras.layers.Flatten()(keras.layers.Conv2D(2, 3)(picture))
y = keras.layers.Concatenate()([y, facts])
model = keras.Model(
    {'picture': picture, 'facts': facts},
    {'size': keras.layers.Dense(1, name='size')(y), 'kind': keras.layers.Dense(3, name='kind')(y)},
)
""",
    "an_output_in_the_middle": """
x = keras.Input((3,))
y = keras.layers.Dense(4, activation='relu', name='middle')(x)
z = keras.layers.Dense(2, name='end')(y)
model = keras.Model(x, [z, y])
""",
    "models_in_a_model": """
x = keras.Input((4,))
inner = keras.Model(x, keras.layers.Dense(3, activation='tanh')(x), name='inner')
outer_x = keras.Input((4,))
row = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4), inner], name='row')
y = row(inner(outer_x))
model = keras.Model(outer_x, keras.layers.Dense(1)(y), name='outer')
""",
    "a_model_at_the_end": """
x = keras.Input((4,))
inner = keras.Model(x, keras.layers.Dense(3, activation='tanh')(x), name='inner')
x = keras.Input((4,))
model = keras.Model(x, inner(keras.layers.Dense(4)(x)))
""",
    "a_short_way_and_a_long_one": """
x = keras.Input((4,))
y = keras.layers.Dense(3, activation='tanh', name='both')(x)
short = keras.layers.Dense(2, name='short')(y)
for k in range(3):
    y = keras.layers.Dense(2, activation='tanh', name=f'long{k}')(y)
model = keras.Model(x, [short, y])
""",
    "models_in_a_row": """
first = keras.Sequential([keras.layers.Input((4, 4, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()], name='first')
second = keras.Sequential([keras.layers.Dense(3, activation='tanh'), keras.layers.Dense(2)], name='second')
model = keras.Sequential([first, second], name='both')
""",
    "frozen_base": """
base = keras.Sequential([
    keras.layers.Input((5, 5, 2)),
    keras.layers.Conv2D(3, 3),
    keras.layers.BatchNormalization(),
    keras.layers.ReLU(),
    keras.layers.GlobalAveragePooling2D(),
], name='base')
base.trainable = False
x = keras.Input((5, 5, 2))
y = base(x, training=False)
model = keras.Model(x, keras.layers.Dense(2)(y))
""",
    "thawed_base_in_inference": """
base = keras.Sequential([
    keras.layers.Input((5, 5, 2)), keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization(), keras.layers.Flatten(),
], name='base')
x = keras.Input((5, 5, 2))
model = keras.Model(x, keras.layers.Dense(2)(base(x, training=False)))
""",
    "half_frozen": """
x = keras.Input((4,))
y = keras.layers.Dense(4, activation='tanh', trainable=False)(x)
y = keras.layers.Dense(3, activation='tanh')(y)
model = keras.Model(x, keras.layers.Dense(2)(y))
model.layers[2].trainable = False
""",
    "features_of_another_model": """
whole = keras.Sequential([
    keras.layers.Input((5, 5, 1)),
    keras.layers.Conv2D(2, 3, activation='tanh', name='features'),
    keras.layers.Flatten(),
    keras.layers.Dense(2),
])
y = keras.layers.Flatten()(whole.get_layer('features').output)
model = keras.Model(whole.inputs, keras.layers.Dense(1)(y))
""",
    "the_end_of_another_model": """
x = keras.Input((4,))
y = keras.layers.Dense(3, activation='tanh', name='middle')(x)
z = keras.layers.Dense(2)(y)
whole = keras.Model(x, z)
model = keras.Model(whole.get_layer('middle').output, whole.output)
""",
    "an_input_of_no_use": """
x, other = keras.Input((4,), name='used'), keras.Input((2,), name='unused')
model = keras.Model([x, other], keras.layers.Dense(2)(x))
""",
    "one_output_twice": """
x = keras.Input((4,))
y = keras.layers.Dense(2)(x)
model = keras.Model(x, [y, y])
""",
    "minimum_of_three": """
x = keras.Input((4,))
parts = [keras.layers.Dense(3, name=name)(x) for name in ('c', 'a', 'b')]
model = keras.Model(x, keras.layers.Minimum()(parts))
""",
    "deep_and_wide": """
wide, deep = keras.Input((3,), name='wide'), keras.Input((4,), name='deep')
y = keras.layers.Dense(5, activation='relu')(deep)
y = keras.layers.Dense(4, activation='relu')(y)
y = keras.layers.Concatenate()([wide, y])
model = keras.Model(inputs=(wide, deep), outputs=keras.layers.Dense(1)(y))
""",
    "sequential": """
model = keras.Sequential([
    keras.layers.Conv2D(2, 3, input_shape=(6, 6, 1), activation='relu', name='conv'),
    keras.layers.MaxPooling2D(),
    keras.layers.Permute((3, 1, 2)),
    keras.layers.Rescaling(0.5),
    keras.layers.Flatten(),
    keras.layers.Dropout(0.0),
    keras.layers.Identity(),
    keras.layers.Dense(2),
], name='row')
""",
}
# Not trained: two outputs with one name; an input whose gradient PyTorch misses; and Keras 3.15's `fit` overrules the
# `training=False` of a call, which its guides, and Keras 2, let stand.
UNTRAINED = {"one_output_twice", "an_input_of_no_use", "thawed_base_in_inference"}

SUMMARIES = {  # key -> (program, arguments of summary)
    **{
        key: (MODELS[key], "")
        for key in ("plain", "residual", "branches", "siamese", "shared_encoder", "layer_in_a_loop")
    },
    **{
        key: (MODELS[key], "")
        for key in ("names_of_inputs_and_outputs", "the_end_of_another_model", "one_output_twice")
    },
    **{key: (MODELS[key], "") for key in ("an_input_of_no_use", "features_of_another_model", "frozen_base")},
    "models_in_a_model, expanded": (MODELS["models_in_a_model"], "expand_nested=True"),
    "models_in_a_row, expanded": (MODELS["models_in_a_row"], "expand_nested=True, show_trainable=True"),
    "frozen_base, trainable": (MODELS["frozen_base"], "show_trainable=True, expand_nested=True"),
    "half_frozen, trainable": (MODELS["half_frozen"], "show_trainable=True"),
    "residual, range": (MODELS["residual"], "layer_range=['conv2d_1', 'add']"),
    "residual, range of expressions": (MODELS["residual"], "layer_range=('.*2d.*', 'a.*')"),
    "plain, short lines": (MODELS["plain"], "line_length=60"),
    "siamese, short lines": (MODELS["siamese"], "line_length=70"),
    "plain, positions": (MODELS["plain"], "positions=[0.5, 0.75, 1.0], line_length=64"),
    "plain, positions that end early": (MODELS["plain"], "positions=[0.3, 0.5, 0.7], line_length=79"),
}

REFUSALS = [
    ("keras.Model(keras.Input((4,)), keras.layers.Dense(2)(keras.Input((4,))))", "connected"),
    ("keras.Model([], [])", "inputs"),
    ("keras.Model(keras.Input((4,)), 3)", "outputs"),
    ("keras.Model(3, keras.layers.Dense(2)(keras.Input((4,))))", "inputs"),
    (
        "x = keras.Input((4,)); y = keras.layers.Dense(4, name='k')(x)\n"
        "model = keras.Model(x, keras.layers.Dense(4, name='k')(y))",
        "used 2 times",
    ),
    ("x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2)(x))(np.zeros((2, 5)))", "5)"),
    ("x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2)(x))(keras.Input((5,)))", "(None, 5)"),
    ("x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2, name='a')(x)).get_layer('b')", "b"),
    ("x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2)(x)).get_layer(index=7)", "7"),
    (
        "x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2)(x)).summary(layer_range=['x', 'y'])",
        "layer_range",
    ),
    ("x = keras.Input((4,))\nmodel = keras.Model(x, keras.layers.Dense(2)(x)).summary(line_length=9)", "wid"),
    ("keras.layers.Add()(keras.Input((4,)))", "list of inputs"),
    ("keras.layers.Add()([keras.Input((4,)), keras.Input((3,))])", "incompatible shapes"),
    ("keras.layers.Multiply()([keras.Input((4, 3)), keras.Input((4,))])", "incompatible shapes"),
    ("keras.layers.Subtract()([keras.Input((4,))] * 3)", "exactly 2 inputs"),
    ("keras.layers.Concatenate()([keras.Input((4,)), keras.Input((3, 2))])", "matching shapes"),
    ("keras.layers.Concatenate(axis=1)([keras.Input((4, 3)), keras.Input((4, 2))])", "matching shapes"),
    ("keras.layers.Concatenate()(keras.Input((4,)))", "list of"),
    ("keras.layers.Dot(axes='1')", "axes"),
    ("keras.layers.Dot(axes=(1, 2, 3))", "axes"),
    ("keras.layers.Dot(axes=1)([keras.Input((4,)), keras.Input((3,))])", "ncompatible input shapes"),
    ("keras.layers.Dot(axes=1)([keras.Input((4,))])", "2 inputs"),
    ("keras.layers.Dense(3)([keras.Input((4,)), keras.Input((4,))])", "expects"),
    ("keras.layers.Dense(3)(keras.Input((4,)), 5)", "5"),
    ("keras.layers.Dense(3)(keras.Input((4,)), foo=5)", "foo"),
    ("keras.layers.Dense(3, name='a/b')", "a/b"),
    ("keras.layers.Layer().add_weight('kernel', shape=(3,))", "name"),
    ("class Layer(keras.layers.Layer):\n    pass\nmodel = Layer()(keras.Input((4,)))", "call"),
    (
        "class Early(keras.layers.Layer):\n    def __init__(self):\n        self.units = 3\nmodel = Early()(keras.Input((4,)))",
        "super().__init__()",
    ),
    (
        "model = keras.models.clone_model(keras.Sequential([keras.layers.Dense(3)]), call_function=lambda layer, x: layer(x))",
        "call_function",
    ),
    ("keras.Sequential.from_config({'layers': []})", "name"),
]
