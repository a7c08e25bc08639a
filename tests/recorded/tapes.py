"""Programs with gradients of their own, losses that layers add, and models by subclassing, as users of Keras and TensorFlow
type them. Text only.

PRELUDE stands before each of them; a program leaves its findings in `answer`. `tf` is TensorFlow where it is recorded;
only names that cycnn has, too, are used of it.
"""

from flows import titled

PRELUDE = """
layers, ops, SGD = keras.layers, keras.ops, keras.optimizers.SGD
rng = np.random.default_rng(7)
X = rng.standard_normal((10, 6)).astype("float32")
LABELS = rng.integers(0, 3, 10)
REAL = rng.standard_normal((10, 2)).astype("float32")
WEIGHT = rng.uniform(0.25, 2, 10).astype("float32")
IMAGES = rng.standard_normal((6, 8, 8, 2)).astype("float32")
KINDS = rng.integers(0, 3, 6)


def start(model):
    values = np.random.default_rng(3)
    for weight in model.weights:
        low = 0.25 if weight.name in ("gamma", "moving_variance") else -0.5
        weight.assign(values.uniform(low, low + 1, weight.shape).astype("float32"))
    return model


def n(value):
    if isinstance(value, (list, tuple)):
        return [n(part) for part in value]
    if isinstance(value, dict):
        return {key: n(part) for key, part in value.items()}
    return None if value is None else ops.convert_to_numpy(value)


def answers(model, x, y, loss="mse", epochs=2, **more):
    model.compile(SGD(0.0625), loss, **more)
    before = model.evaluate(x, y, batch_size=4, verbose=0)
    history = model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0).history
    return [before, history, model.evaluate(x, y, verbose=0), [np.abs(w).sum() for w in model.get_weights()]]


def convolutional(name="features", **more):
    x = keras.Input((8, 8, 2))
    y = layers.Conv2D(3, 3, activation="relu", name="conv")(x)
    z = layers.MaxPooling2D(name="pool")(y)
    z = layers.Conv2D(4, 2, activation="tanh", name="last")(z)
    z = layers.Flatten()(z)
    z = layers.Dense(3, activation="softmax", name="head", **more)(z)
    return start(keras.Model(x, z))

"""

LOSSES = """
# an activity regularizer of a dense layer
x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2, activity_regularizer="l2")(x))), X, REAL)

# an activity regularizer behind an activation
x = keras.Input((6,))
y = layers.Dense(5, activation="relu", activity_regularizer=keras.regularizers.L1(0.125))(x)
answer = answers(start(keras.Model(x, layers.Dense(2)(y))), X, REAL)

# activity regularizers of convolutions
x = keras.Input((8, 8, 2))
y = layers.Conv2D(3, 3, activation="relu", activity_regularizer=keras.regularizers.L1L2(0.01, 0.02))(x)
y = layers.Conv2D(2, 3, strides=2, activity_regularizer="l1")(y)
y = layers.Dense(3, activation="softmax", activity_regularizer="l2")(layers.Flatten()(y))
answer = answers(start(keras.Model(x, y)), IMAGES, KINDS, "sparse_categorical_crossentropy", metrics=["accuracy"])

# a pooled activation with an activity regularizer
x = keras.Input((8, 8, 2))
y = layers.Activation("relu", activity_regularizer=keras.regularizers.L1(0.0625))(layers.Conv2D(3, 3)(x))
y = layers.Dense(2)(layers.Flatten()(layers.MaxPooling2D()(y)))
answer = answers(start(keras.Model(x, y)), IMAGES, REAL[:6])

# an activity regularizer of a normalization, which differs in training
x = keras.Input((6,))
y = layers.BatchNormalization(activity_regularizer=keras.regularizers.L2(0.125))(layers.Dense(4)(x))
answer = answers(start(keras.Model(x, layers.Dense(2)(y))), X, REAL)

# activity regularizers of layers without weights
model = keras.Sequential([
    keras.Input((8, 8, 2)),
    layers.MaxPooling2D(activity_regularizer="l2"),
    layers.Flatten(activity_regularizer="l1"),
    layers.Dense(2),
])
answer = answers(start(model), IMAGES, REAL[:6])

# an activity regularizer of a last softmax
x = keras.Input((6,))
y = layers.Dense(3, activation="softmax", activity_regularizer=keras.regularizers.L2(0.5))(x)
answer = answers(start(keras.Model(x, y)), X, LABELS, "sparse_categorical_crossentropy")

# a shared layer with an activity regularizer
x = keras.Input((6,))
dense = layers.Dense(6, activation="tanh", activity_regularizer=keras.regularizers.L2(0.125))
answer = answers(start(keras.Model(x, layers.Dense(2)(dense(dense(x))))), X, REAL)

# a nested model with an activity regularizer
inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, activity_regularizer=keras.regularizers.L2(0.125))])
x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(inner(x)))), X, REAL)

# a function as an activity regularizer
def penalty(y):
    return 0.125 * ops.sum(ops.abs(y) ** 3)

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2, activity_regularizer=penalty)(x))), X, REAL)

# an activity regularizer of one's own
class Peak(keras.regularizers.Regularizer):
    def __call__(self, y):
        return 0.25 * ops.max(ops.abs(y))

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2, activity_regularizer=Peak())(x))), X, REAL)

# activity and kernel regularizers together, with sample weights
x = keras.Input((6,))
dense = layers.Dense(2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l1")
model = start(keras.Model(x, dense(x)))
model.compile(SGD(0.0625), "mse", weighted_metrics=["mae"])
history = model.fit(X, REAL, sample_weight=WEIGHT, batch_size=4, epochs=2, shuffle=False, verbose=0).history
answer = [history, model.evaluate(X, REAL, verbose=0), model.get_weights()]

# activity regularizers and two outputs
x = keras.Input((6,))
a = layers.Dense(2, name="a", activity_regularizer="l2")(x)
b = layers.Dense(2, name="b")(a)
model = start(keras.Model(x, [a, b]))
model.compile(SGD(0.0625), ["mse", "mae"], loss_weights=[0.5, 2.0])
history = model.fit(X, [REAL, REAL], batch_size=4, epochs=2, shuffle=False, verbose=0).history
answer = [history, model.evaluate(X, [REAL, REAL], verbose=0), model.get_weights()]

# a frozen layer's activity regularizer
x = keras.Input((6,))
frozen = layers.Dense(4, activity_regularizer="l2", trainable=False)
answer = answers(start(keras.Model(x, layers.Dense(2)(frozen(layers.Dense(3)(x))))), X, REAL)

# the config of a layer with an activity regularizer
x = keras.Input((6,))
dense = layers.Dense(2, activity_regularizer=keras.regularizers.L1L2(0.25, 0.5))
again = layers.Dense.from_config(dense.get_config())
answer = [dense.get_config()["activity_regularizer"]["config"], again.activity_regularizer.get_config(),
          "activity_regularizer" in layers.Flatten().get_config(),
          layers.Flatten(activity_regularizer="l1").get_config()["activity_regularizer"]["class_name"],
          layers.Conv2D(2, 3).get_config()["activity_regularizer"]]

# losses of a layer that was called
dense = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l1")
before = len(dense.losses)
dense(X)
start(dense)
dense(X)
answer = [before, n(dense.losses)]
dense(X[:3])
answer.append(n(dense.losses))

# losses of a model that was called
x = keras.Input((6,))
y = layers.Dense(3, activity_regularizer="l1", kernel_regularizer="l1")(x)
model = start(keras.Model(x, layers.Dense(2, activity_regularizer="l2")(y)))
answer = [n(model.losses)]
model(X)
answer.append(n(model.losses))
answer.append([n(layer.losses) for layer in model.layers[1:]])

# add_loss of the mean of an input
class Sparse(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.125 * ops.mean(ops.abs(inputs)))
        return inputs * 2

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Sparse()(layers.Dense(4)(x))))), X, REAL)

# add_loss of weights
class Scale(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        self.add_loss(0.25 * ops.sum(ops.square(self.scale - 1.0)))
        return inputs * self.scale

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Scale()(x)))), X, REAL)

# add_loss of a weight and an input together
class Centers(layers.Layer):
    def build(self, input_shape):
        self.centers = self.add_weight(shape=(3, input_shape[-1]), name="centers")

    def call(self, inputs):
        gaps = ops.expand_dims(inputs, 1) - self.centers
        self.add_loss(0.0625 * ops.mean(ops.min(ops.sum(gaps * gaps, axis=-1), axis=1)))
        return inputs

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Centers()(layers.Dense(4)(x))))), X, REAL)

# add_loss of statistics of the batch
class Whitened(layers.Layer):
    def call(self, inputs):
        centered = inputs - ops.mean(inputs, axis=0)
        covariance = ops.matmul(ops.transpose(centered), centered) / ops.cast(6.0, "float32")
        self.add_loss(0.125 * ops.sum(ops.square(covariance - ops.eye(4))))
        return inputs

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Whitened()(layers.Dense(4)(x))))), X[:8], REAL[:8])

# add_loss in training only
class Sometimes(layers.Layer):
    def call(self, inputs, training=None):
        if training:
            self.add_loss(0.5 * ops.mean(inputs**2))
        return inputs

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Sometimes()(layers.Dense(4)(x))))), X, REAL)

# add_loss of several numbers at once
class Twice(layers.Layer):
    def call(self, inputs):
        self.add_loss([ops.mean(inputs**2), 0.5 * ops.max(inputs)])
        return inputs

x = keras.Input((6,))
model = start(keras.Model(x, layers.Dense(2)(Twice()(layers.Dense(4)(x)))))
answer = answers(model, X, REAL)
model(X)
answer.append(n(model.losses))

# add_loss of a value for each sample
class Each(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.0625 * ops.sum(inputs**2, axis=-1))
        return inputs

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Each()(layers.Dense(4)(x))))), X, REAL)

# add_loss of two inputs
class Similar(layers.Layer):
    def call(self, inputs):
        a, b = inputs
        self.add_loss(0.25 * ops.mean(ops.square(a - b)))
        return a + b

x = keras.Input((6,))
y = Similar()([layers.Dense(4)(x), layers.Dense(4, activation="tanh")(x)])
answer = answers(start(keras.Model(x, layers.Dense(2)(y))), X, REAL)

# add_loss within a layer within a layer
class Inner(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.25 * ops.mean(inputs**2))
        return inputs

class Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense, self.inner = layers.Dense(4, activity_regularizer="l2"), Inner()

    def call(self, inputs):
        return self.inner(self.dense(inputs)) + self.inner(ops.tanh(inputs[:, :4]))

x = keras.Input((6,))
answer = answers(start(keras.Model(x, layers.Dense(2)(Outer()(x)))), X, REAL)

# add_loss with no other loss
class Encoded(layers.Layer):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = layers.Dense(3, activation="tanh"), layers.Dense(6)

    def call(self, inputs):
        decoded = self.decode(self.encode(inputs))
        self.add_loss(ops.mean(ops.square(decoded - inputs)))
        return decoded

x = keras.Input((6,))
model = start(keras.Model(x, Encoded()(x)))
model.compile(SGD(0.125))
history = model.fit(X, batch_size=4, epochs=3, shuffle=False, verbose=0).history
answer = [history, model.evaluate(X, verbose=0), model.get_weights()]

# a logistic endpoint
class Endpoint(layers.Layer):
    def __init__(self):
        super().__init__()
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    def call(self, targets, logits):
        self.add_loss(self.loss_fn(targets, logits))
        return ops.softmax(logits)

x, targets = keras.Input((6,), name="x"), keras.Input((2,), name="targets")
model = start(keras.Model([x, targets], Endpoint()(targets, layers.Dense(2)(x))))
model.compile(SGD(0.125))
history = model.fit([X, (REAL > 0).astype("float32")], batch_size=5, epochs=3, shuffle=False, verbose=0).history
answer = [history, model.get_weights()]

# losses in a step of one's own
class Mine(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = ops.mean((y_pred - y) ** 2)
        return loss + ops.sum(ops.stack([ops.sum(part) for part in self.losses]))

x = keras.Input((6,))
y = layers.Dense(4, activity_regularizer="l2", kernel_regularizer="l1")(x)
answer = answers(start(Mine(x, layers.Dense(2)(y))), X, REAL, None)
"""

TAPES = """
# a square
x = ops.convert_to_tensor(np.array([1.0, -2.0, 3.0], "float32"))
with tf.GradientTape() as tape:
    tape.watch(x)
    y = ops.square(x)
answer = [n(y), n(tape.gradient(y, x))]

# a variable is watched by itself
v = tf.Variable(np.array([1.0, -2.0, 3.0], "float32"))
with tf.GradientTape() as tape:
    y = ops.sum(v * v + 2 * v)
answer = [n(y), n(tape.gradient(y, v))]

# nothing is watched
x = ops.convert_to_tensor(X)
with tf.GradientTape() as tape:
    y = ops.sum(x * x)
answer = tape.gradient(y, x)

# sources in structures
a, b = tf.Variable(X[:2]), tf.Variable(X[2:4])
with tf.GradientTape() as tape:
    y = ops.sum(a * b)
answer = n(tape.gradient(y, {"a": a, "b": [b, (a,)]}))

# a persistent tape
v = tf.Variable(np.array([1.0, -2.0, 3.0], "float32"))
with tf.GradientTape(persistent=True) as tape:
    y = v * v
    z = ops.sum(y * v)
answer = [n(tape.gradient(z, v)), n(tape.gradient(y, v)), n(tape.gradient(z, y)), n(tape.gradient(z, [y, v]))]

# a second gradient of a tape that is not persistent
v = tf.Variable(np.array([1.0, -2.0, 3.0], "float32"))
with tf.GradientTape() as tape:
    y = v * v
tape.gradient(y, v)
try:
    tape.gradient(y, v)
except RuntimeError as error:
    answer = type(error).__name__

# unconnected gradients
a, b = tf.Variable(X[:2]), tf.Variable(X[2:4])
with tf.GradientTape(persistent=True) as tape:
    y = ops.sum(a)
answer = [tape.gradient(y, b), n(tape.gradient(y, [a, b], unconnected_gradients="zero"))]

# given gradients of the target
v = tf.Variable(X[:2])
with tf.GradientTape() as tape:
    y = v * v
answer = n(tape.gradient(y, v, output_gradients=ops.convert_to_tensor(X[2:4])))

# several targets
v = tf.Variable(X[:2])
with tf.GradientTape() as tape:
    y, z = v * v, ops.sin(v)
answer = n(tape.gradient([y, z], v))

# watched variables only
a, b = tf.Variable(X[:2]), tf.Variable(X[2:4])
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(a)
    y = ops.sum(a * b)
answer = n(tape.gradient(y, [a, b]))

# variables that are not trainable
a, b = tf.Variable(X[:2]), tf.Variable(X[2:4], trainable=False)
with tf.GradientTape() as tape:
    y = ops.sum(a * b)
answer = [n(tape.gradient(y, [a, b])), len(tape.watched_variables())]

# recording is stopped for a while
a = tf.Variable(X[:2])
with tf.GradientTape(persistent=True) as tape:
    y = ops.sum(a * a)
    with tape.stop_recording():
        z = ops.sum(a * a * a)
        inside = tape.gradient(y, a)
answer = [n(tape.gradient(y, a)), tape.gradient(z, a), n(inside)]

# a tape is reset
a = tf.Variable(X[:2])
with tf.GradientTape() as tape:
    y = ops.sum(a * a)
    tape.reset()
    z = ops.sum(a * a * a)
answer = [n(tape.gradient(z + y, a))]

# two tapes at once
a, b = tf.Variable(X[:2]), tf.Variable(X[2:4])
with tf.GradientTape() as first, tf.GradientTape() as second:
    y, z = ops.sum(a * b), ops.sum(a * b * b)
answer = [n(first.gradient(y, [a, b])), n(second.gradient(z, [a, b]))]

# gradients within the scope of the tape
a = tf.Variable(X[:2])
with tf.GradientTape() as tape:
    y = ops.sum(a * a)
    answer = n(tape.gradient(y, a))

# a list of numbers is added up
a = tf.Variable(X[:2])
with tf.GradientTape() as tape:
    parts = [ops.mean(a * a), ops.max(a), ops.mean(ops.abs(a))]
    y = ops.sum(parts)
answer = [n(y), n(tape.gradient(y, a))]

# of a dense layer
dense = layers.Dense(3, activation="tanh")
dense(X)
start(dense)
x = ops.convert_to_tensor(X)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = ops.sum(ops.square(dense(x)))
answer = [n(y), n(tape.gradient(y, [x, *dense.trainable_weights]))]

# of a layer that is called twice
dense = layers.Dense(6, activation="tanh")
dense(X)
start(dense)
with tf.GradientTape() as tape:
    y = ops.mean(dense(dense(X)))
answer = n(tape.gradient(y, dense.trainable_weights))

# of layers called one by one
first, second = layers.Conv2D(3, 3, activation="relu"), layers.Dense(2)
flat = layers.Flatten()
second(flat(first(IMAGES)))
start(first), start(second)
with tf.GradientTape() as tape:
    y = first(IMAGES)
    z = second(flat(y))
    loss = ops.mean(ops.square(z))
answer = n(tape.gradient(loss, [y, z, first.kernel, second.kernel, second.bias]))

# of a layer with batch statistics
norm = layers.BatchNormalization()
norm(X)
start(norm)
x = ops.convert_to_tensor(X)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y, z = ops.sum(norm(x, training=True) ** 3), ops.sum(norm(x, training=False) ** 3)
answer = [n(tape.gradient(y, [x, *norm.trainable_weights])), n(tape.gradient(z, [x, *norm.trainable_weights])),
          norm.get_weights()]

# of a model, in inference and in training
x = keras.Input((6,))
y = layers.BatchNormalization()(layers.Dense(4, activation="relu")(x))
model = start(keras.Model(x, layers.Dense(2)(y)))
answer = []
for training in (False, True):
    with tf.GradientTape() as tape:
        loss = ops.mean(ops.abs(model(X, training=training) - REAL))
    answer += [n(loss), n(tape.gradient(loss, model.trainable_weights))]

# of a frozen model
model = convolutional()
model.get_layer("conv").trainable = False
with tf.GradientTape() as tape:
    loss = ops.mean(model(IMAGES)[:, 0])
answer = [len(model.trainable_weights), n(tape.gradient(loss, model.trainable_weights))]

# a loop of training
model = convolutional()
optimizer, loss_fn = keras.optimizers.Adam(0.03125), keras.losses.SparseCategoricalCrossentropy()
accuracy, answer = keras.metrics.SparseCategoricalAccuracy(), []
for epoch in range(3):
    for first in range(0, 6, 3):
        x, y = IMAGES[first : first + 3], KINDS[first : first + 3]
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = loss_fn(y, predictions)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(gradients, model.trainable_weights))
        accuracy.update_state(y, predictions)
        answer.append(float(loss))
    answer.append(float(accuracy.result()))
    accuracy.reset_state()
answer += [np.abs(w).sum() for w in model.get_weights()]

# a loop with regularizers
model = convolutional(kernel_regularizer="l2", activity_regularizer="l1")
optimizer, loss_fn, answer = SGD(0.125), keras.losses.SparseCategoricalCrossentropy(from_logits=False), []
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = loss_fn(KINDS, model(IMAGES, training=True))
        loss = loss + sum(model.losses)
    optimizer.apply(tape.gradient(loss, model.trainable_weights), model.trainable_weights)
    answer.append(float(loss))
answer += [np.abs(w).sum() for w in model.get_weights()]

# a saliency map
model = convolutional()
image = ops.convert_to_tensor(IMAGES[:1])
with tf.GradientTape() as tape:
    tape.watch(image)
    predictions = model(image)
    top = int(np.argmax(predictions[0]))
    score = predictions[:, top]
gradients = tape.gradient(score, image)
answer = [top, n(ops.max(ops.abs(gradients), axis=-1))]

# Grad-CAM
model = convolutional()
grad_model = keras.Model(model.inputs, [model.get_layer("last").output, model.output])
with tf.GradientTape() as tape:
    maps, predictions = grad_model(IMAGES[:1])
    channel = predictions[:, 1]
gradients = tape.gradient(channel, maps)
pooled = ops.mean(gradients, axis=(0, 1, 2))
heatmap = ops.squeeze(maps[0] @ pooled[..., None])
heatmap = ops.maximum(heatmap, 0) / ops.max(heatmap)
answer = [n(gradients), n(heatmap)]

# Grad-CAM with two models
model = convolutional()
last = model.get_layer("last")
features = keras.Model(model.inputs, last.output)
x = keras.Input(last.output.shape[1:])
y = x
for name in model.layers[model.layers.index(last) + 1 :]:
    y = name(y)
classifier = keras.Model(x, y)
with tf.GradientTape() as tape:
    maps = features(IMAGES[:2])
    tape.watch(maps)
    predictions = classifier(maps)
    score = predictions[:, 2]
answer = n(tape.gradient(score, maps))

# guided by a layer's output and the input at once
model = convolutional()
inner = keras.Model(model.input, [model.get_layer(name).output for name in ("conv", "pool", "last", "head")])
image = ops.convert_to_tensor(IMAGES[:2])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(image)
    conv, pool, last, head = inner(image)
    score = ops.sum(head[:, 0]) + 0.5 * ops.mean(pool)
answer = n(tape.gradient(score, [image, conv, pool, last, head])) + n(tape.gradient(ops.sum(last), [conv, head]))

# deep dream
model = convolutional()
dream = keras.Model(model.input, [model.get_layer(name).output for name in ("conv", "last")])
image, answer = ops.convert_to_tensor(IMAGES[0]), []
for _ in range(3):
    with tf.GradientTape() as tape:
        tape.watch(image)
        batch = ops.expand_dims(image, axis=0)
        activations = dream(batch)
        loss = ops.sum([ops.mean(ops.square(activation)) for activation in activations])
    gradients = tape.gradient(loss, image)
    gradients = gradients / (ops.std(gradients) + 1e-8)
    image = ops.clip(image + gradients * 0.0625, -2, 2)
    answer += [float(loss), n(image)[::3, ::3]]

# deep dream of a variable
model = convolutional()
image = tf.Variable(IMAGES[:1])
optimizer, answer = keras.optimizers.SGD(2.0), []
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = -ops.mean(model(image)[:, 2])
    image.assign(n(image) - 2.0 * n(tape.gradient(loss, image)))
    answer.append(float(loss))
answer.append(n(image)[:, ::3, ::3])

# style and content
model = convolutional()
extractor = keras.Model(model.input, {name: model.get_layer(name).output for name in ("conv", "last")})
def gram(maps):
    maps = ops.reshape(maps[0], (-1, maps.shape[-1]))
    return ops.matmul(ops.transpose(maps), maps)

style, content = extractor(IMAGES[:1]), extractor(IMAGES[1:2])
image = tf.Variable(IMAGES[1:2])
with tf.GradientTape() as tape:
    found = extractor(image)
    loss = ops.mean(ops.square(gram(found["conv"]) - gram(style["conv"])))
    loss = loss + 4.0 * ops.mean(ops.square(found["last"] - content["last"]))
    loss = loss + 0.125 * ops.sum(ops.abs(image[:, 1:] - image[:, :-1]))
answer = [n(loss), n(tape.gradient(loss, image))]

# an adversarial example
model = convolutional()
image, loss_fn = ops.convert_to_tensor(IMAGES), keras.losses.SparseCategoricalCrossentropy()
with tf.GradientTape() as tape:
    tape.watch(image)
    loss = loss_fn(KINDS, model(image))
signed = ops.sign(tape.gradient(loss, image))
answer = [n(signed), n(model(image + 0.0625 * signed))]

# a step of a GAN
discriminator = start(keras.Sequential([
    keras.Input((8, 8, 2)), layers.Conv2D(3, 3, strides=2, padding="same"), layers.LeakyReLU(negative_slope=0.25),
    layers.Flatten(), layers.Dense(1),
]))
generator = start(keras.Sequential([
    keras.Input((4,)), layers.Dense(32), layers.LeakyReLU(negative_slope=0.25), layers.Reshape((4, 4, 2)),
    layers.UpSampling2D(), layers.Conv2D(2, 3, padding="same", activation="tanh"),
]))
loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
d_optimizer, g_optimizer, answer = keras.optimizers.Adam(0.0625), keras.optimizers.Adam(0.03125), []
noise = np.random.default_rng(5).standard_normal((4, 6, 4)).astype("float32")
for step in range(2):
    generated = generator(noise[2 * step])
    combined = ops.concatenate([generated, ops.convert_to_tensor(IMAGES)], axis=0)
    labels = ops.concatenate([ops.ones((6, 1)), ops.zeros((6, 1))], axis=0)
    with tf.GradientTape() as tape:
        predictions = discriminator(combined)
        d_loss = loss_fn(labels, predictions)
    grads = tape.gradient(d_loss, discriminator.trainable_weights)
    d_optimizer.apply_gradients(zip(grads, discriminator.trainable_weights))
    with tf.GradientTape() as tape:
        predictions = discriminator(generator(noise[2 * step + 1]))
        g_loss = loss_fn(ops.zeros((6, 1)), predictions)
    grads = tape.gradient(g_loss, generator.trainable_weights)
    g_optimizer.apply_gradients(zip(grads, generator.trainable_weights))
    answer += [float(d_loss), float(g_loss)]
answer += [np.abs(w).sum() for w in (*discriminator.get_weights(), *generator.get_weights())]

# a step of a GAN with two tapes
discriminator = start(keras.Sequential([
    keras.Input((8, 8, 2)), layers.Conv2D(3, 3, strides=2, activation="relu"), layers.Flatten(), layers.Dense(1),
]))
generator = start(keras.Sequential([
    keras.Input((4,)), layers.Dense(128, use_bias=False), layers.BatchNormalization(), layers.Reshape((8, 8, 2)),
]))
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
d_optimizer, g_optimizer, answer = SGD(0.0625), SGD(0.0625), []
noise = np.random.default_rng(5).standard_normal((2, 6, 4)).astype("float32")
for step in range(2):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise[step], training=True)
        real_output = discriminator(IMAGES, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = cross_entropy(ops.ones_like(fake_output), fake_output)
        real_loss = cross_entropy(ops.ones_like(real_output), real_output)
        disc_loss = real_loss + cross_entropy(ops.zeros_like(fake_output), fake_output)
    gen_gradients = gen_tape.gradient(gen_loss, generator.trainable_variables)
    disc_gradients = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    g_optimizer.apply_gradients(zip(gen_gradients, generator.trainable_variables))
    d_optimizer.apply_gradients(zip(disc_gradients, discriminator.trainable_variables))
    answer += [float(gen_loss), float(disc_loss)]
answer += [np.abs(w).sum() for w in (*discriminator.get_weights(), *generator.get_weights())]

# a gradient penalty's first half
critic = start(keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(1)]))
points = ops.convert_to_tensor(0.25 * X[:5] + 0.75 * X[5:])
with tf.GradientTape() as tape:
    tape.watch(points)
    predictions = critic(points, training=True)
gradients = tape.gradient(predictions, [points])[0]
answer = n(ops.sqrt(ops.sum(ops.square(gradients), axis=1)))

# a step of a VAE
encoder_input = keras.Input((6,))
h = layers.Dense(5, activation="relu")(encoder_input)
encoder = start(keras.Model(encoder_input, [layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_var")(h)]))
decoder = start(keras.Sequential([keras.Input((2,)), layers.Dense(5, activation="relu"), layers.Dense(6)]))
optimizer, answer = keras.optimizers.Adam(0.03125), []
epsilon = np.random.default_rng(5).standard_normal((10, 2)).astype("float32")
weights = encoder.trainable_weights + decoder.trainable_weights
for _ in range(3):
    with tf.GradientTape() as tape:
        z_mean, z_log_var = encoder(X)
        z = z_mean + ops.exp(0.5 * z_log_var) * epsilon
        reconstruction = decoder(z)
        reconstruction_loss = ops.mean(ops.sum(ops.square(X - reconstruction), axis=1))
        kl_loss = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
        kl_loss = ops.mean(ops.sum(kl_loss, axis=1))
        total_loss = reconstruction_loss + kl_loss
    grads = tape.gradient(total_loss, weights)
    optimizer.apply_gradients(zip(grads, weights))
    answer += [float(total_loss), float(kl_loss)]
answer += [np.abs(n(w)).sum() for w in weights]

# a function of two models
first = start(keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="tanh")]))
second = start(keras.Sequential([keras.Input((4,)), layers.Dense(2)]))
with tf.GradientTape() as tape:
    inner = first(X) * 2.0
    loss = ops.mean(ops.square(second(inner) - REAL)) + ops.mean(inner)
answer = n(tape.gradient(loss, [inner, *first.trainable_weights, *second.trainable_weights]))

# distillation
teacher, student = convolutional(), start(keras.Sequential([keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(3)]))
answer = []
with tf.GradientTape() as tape:
    soft = ops.softmax(student(IMAGES, training=True) / 2.0)
    loss = keras.losses.KLDivergence()(teacher(IMAGES, training=False), soft)
answer = [n(loss), n(tape.gradient(loss, student.trainable_weights))]

# a siamese network
tower = start(keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(3)]))
with tf.GradientTape() as tape:
    a, p, q = tower(X[:3]), tower(X[3:6]), tower(X[6:9])
    ap, an = ops.sum(ops.square(a - p), -1), ops.sum(ops.square(a - q), -1)
    loss = ops.mean(ops.maximum(ap - an + 0.5, 0.0))
answer = [n(loss), n(tape.gradient(loss, tower.trainable_weights))]
"""

MODELS = """
# a subclassed model
class Plain(keras.Model):
    def __init__(self):
        super().__init__()
        self.body, self.head = layers.Dense(4, activation="relu"), layers.Dense(2)

    def call(self, inputs):
        return self.head(self.body(inputs))

model = Plain()
model(X)
names = [weight.path.split("/", 1)[1] for weight in model.weights]
answer = [names, [layer.name for layer in model.layers], *answers(start(model), X, REAL)]

# a subclassed model that depends on the flag
class Flagged(keras.Model):
    def __init__(self, units=4):
        super().__init__()
        self.conv, self.norm = layers.Conv2D(units, 3), layers.BatchNormalization()
        self.flat, self.head = layers.Flatten(), layers.Dense(3, activation="softmax")

    def call(self, x, training=None):
        x = self.norm(self.conv(x), training=training)
        if training:
            x = x * 1.5
        return self.head(self.flat(ops.relu(x)))

model = Flagged()
model(IMAGES)
answer = answers(start(model), IMAGES, KINDS, "sparse_categorical_crossentropy", metrics=["accuracy"])
answer += [n(model(IMAGES, training=True)), n(model(IMAGES)), model.predict(IMAGES, verbose=0)]

# a subclassed model built by fit
class Lazy(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2, kernel_initializer="ones")

    def call(self, inputs):
        return self.dense(inputs)

answer = answers(Lazy(), X, REAL, metrics=["mae"])

# layers in lists and dictionaries
class Stack(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(4, activation="tanh") for _ in range(3)]
        self.heads = {"a": layers.Dense(2), "b": layers.Dense(2)}

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.heads["a"](x) + self.heads["b"](x)

model = Stack()
model(X)
answer = [len(model.layers), *answers(start(model), X, REAL)]

# a subclassed model of two inputs
class Pair(keras.Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(2), layers.Dense(2, activation="tanh")

    def call(self, inputs):
        first, second = inputs
        return self.a(first) + self.b(second)

model = Pair()
model([X, X[:, :3]])
start(model)
answer = [*answers(model, [X, X[:, :3]], REAL), model.predict([X, X[:, :3]], verbose=0)]

# a subclassed model of a dictionary
class Named(keras.Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(2), layers.Dense(2, activation="tanh")

    def call(self, inputs):
        return {"sum": self.a(inputs["x"]) + self.b(inputs["z"]), "a": self.a(inputs["x"])}

model, data = Named(), {"x": X, "z": X[:, :3]}
model(data)
start(model)
model.compile(SGD(0.0625), {"sum": "mse", "a": "mae"})
history = model.fit(data, {"sum": REAL, "a": REAL}, batch_size=4, epochs=2, shuffle=False, verbose=0).history
found = model.predict(data, verbose=0)
answer = [history, found["a"], found["sum"]]

# a subclassed model with a weight of its own and add_loss
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2, activity_regularizer="l2")
        self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")

    def call(self, inputs):
        y = self.dense(inputs) * self.scale
        self.add_loss(0.125 * ops.mean(ops.abs(y)))
        return y

model = Own()
model(X)
answer = answers(start(model), X, REAL)

# a VAE as a subclass
class Sampling(layers.Layer):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        return z_mean + ops.exp(0.5 * z_log_var) * ops.convert_to_tensor(np.array([0.5, -0.25], "float32"))

class VAE(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encode, self.mean, self.log_var = layers.Dense(5, activation="relu"), layers.Dense(2), layers.Dense(2)
        self.sampling = Sampling()
        self.decode = keras.Sequential([layers.Dense(5, activation="relu"), layers.Dense(6)])

    def call(self, inputs):
        h = self.encode(inputs)
        z_mean, z_log_var = self.mean(h), self.log_var(h)
        reconstructed = self.decode(self.sampling((z_mean, z_log_var)))
        kl_loss = -0.5 * ops.mean(z_log_var - ops.square(z_mean) - ops.exp(z_log_var) + 1)
        self.add_loss(kl_loss)
        return reconstructed

model = VAE(name="vae")
model(X)
answer = answers(start(model), X, X)

# a VAE with a step of its own
class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var = self.encoder(data)
            reconstruction = self.decoder(z_mean + ops.exp(0.5 * z_log_var) * 0.5)
            reconstruction_loss = ops.mean(ops.sum(keras.losses.mean_squared_error(data, reconstruction)))
            kl_loss = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
            kl_loss = ops.mean(ops.sum(kl_loss, axis=1))
            total_loss = reconstruction_loss + kl_loss
        grads = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        self.total_loss_tracker.update_state(total_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {"loss": self.total_loss_tracker.result(), "kl_loss": self.kl_loss_tracker.result()}

x = keras.Input((6,))
h = layers.Dense(5, activation="relu")(x)
encoder = start(keras.Model(x, [layers.Dense(2)(h), layers.Dense(2)(h)]))
decoder = start(keras.Sequential([keras.Input((2,)), layers.Dense(6)]))
vae = VAE(encoder, decoder)
vae.compile(optimizer=keras.optimizers.Adam(0.03125))
answer = [vae.fit(X, epochs=3, batch_size=4, shuffle=False, verbose=0).history, decoder.get_weights()]

# a GAN with a step of its own
class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")
        self.noise = np.random.default_rng(5).standard_normal((5, 3)).astype("float32")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real):
        batch_size = ops.shape(real)[0]
        fake = self.generator(self.noise)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            predictions = self.discriminator(ops.concatenate([fake, real], axis=0))
            d_loss = self.loss_fn(labels, predictions)
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(-self.noise))
            g_loss = self.loss_fn(ops.zeros((batch_size, 1)), predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}

discriminator = start(keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(1)]))
generator = start(keras.Sequential([keras.Input((3,)), layers.Dense(6, activation="tanh")]))
gan = GAN(discriminator, generator)
gan.compile(keras.optimizers.Adam(0.0625), keras.optimizers.Adam(0.03125), keras.losses.BinaryCrossentropy(from_logits=True))
answer = [gan.fit(X, batch_size=5, epochs=3, shuffle=False, verbose=0).history, generator.get_weights()]

# a train_step of a functional model
class Custom(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply(gradients, trainable_vars)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(layers.Dense(4, activation="relu", kernel_regularizer="l2")(x))))
model.compile(SGD(0.0625), "mse", metrics=["mae"])
answer = [model.fit(X, REAL, batch_size=5, epochs=2, shuffle=False, verbose=0).history["loss"], model.get_weights()]

# metrics of a step's own
class Custom(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = keras.losses.mean_squared_error(y, y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
model.compile(optimizer=SGD(0.0625))
answer = [model.fit(X, REAL, batch_size=4, epochs=3, shuffle=False, verbose=0).history, model.get_weights()]

# weights of samples in a step of one's own
class Custom(keras.Model):
    def train_step(self, data):
        if len(data) == 3:
            x, y, sample_weight = data
        else:
            sample_weight, (x, y) = None, data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
model.compile(SGD(0.0625), "mse")
answer = [model.fit(X, REAL, sample_weight=WEIGHT, batch_size=10, epochs=3, shuffle=False, verbose=0).history,
          model.fit(X, REAL, batch_size=10, epochs=1, shuffle=False, verbose=0).history, model.get_weights()]

# a test_step of one's own
class Custom(keras.Model):
    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        loss = self.compute_loss(y=y, y_pred=y_pred, training=False)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(2 * loss)
        return {"loss": 2 * loss, "largest": ops.max(y_pred)}

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
model.compile(SGD(0.0625), "mse")
history = model.fit(X, REAL, batch_size=10, epochs=2, shuffle=False, verbose=0, validation_data=(X, REAL)).history
answer = [history, model.evaluate(X, REAL, batch_size=10, verbose=0, return_dict=True)]

# a predict_step of one's own
class Custom(keras.Model):
    def predict_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        return {"y": self(x, training=False), "twice": 2 * self(x, training=False)}

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
found = model.predict(X, batch_size=4, verbose=0)
answer = [found["twice"], found["y"]]

# compute_loss of one's own
class Custom(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.abs(y_pred - y) ** 3) + ops.mean(x) * 0.5

x = keras.Input((6,))
answer = answers(start(Custom(x, layers.Dense(2)(x))), X, REAL, None)

# compute_loss around that of compile
class Custom(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        return loss + 0.25 * ops.mean(ops.square(y_pred))

x = keras.Input((6,))
y = layers.Dense(2)(layers.Dense(3, activation="tanh", kernel_regularizer="l2", activity_regularizer="l1")(x))
answer = answers(start(Custom(x, y)), X, REAL, metrics=["mae"])

# compute_metrics of one's own
class Custom(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.largest = keras.metrics.Mean(name="largest")

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        self.largest.update_state(ops.max(y_pred))
        results["largest"] = self.largest.result()
        return results

x = keras.Input((6,))
answer = answers(start(Custom(x, layers.Dense(2)(x))), X, REAL, metrics=["mae"])

# steps of one's own on single batches
class Custom(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.abs(ops.subtract(y_pred, y)))

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
model.compile(SGD(0.0625))
answer = [model.train_on_batch(X, REAL), model.test_on_batch(X, REAL, return_dict=True), model.predict_on_batch(X)]

# steps of one's own with several outputs
class Custom(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y, y_pred, sample_weight) * 2

x = keras.Input((6,))
a = layers.Dense(2, name="a")(x)
model = start(Custom(x, [a, layers.Dense(2, name="b")(a)]))
model.compile(SGD(0.0625), ["mse", "mae"], loss_weights=[0.5, 2.0], metrics=[["mae"], ["mse"]])
answer = [model.fit(X, [REAL, REAL], batch_size=4, epochs=2, shuffle=False, verbose=0).history, model.get_weights()]

# steps of one's own with a generator
class Custom(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(self(x) - y))
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        return {"loss": loss}

x = keras.Input((6,))
model = start(Custom(x, layers.Dense(2)(x)))
model.compile(SGD(0.0625))
batches = [(X[:5], REAL[:5]), (X[5:], REAL[5:])]
history = model.fit((batch for batch in batches * 2), steps_per_epoch=2, epochs=2, verbose=0).history
answer = [history, model.get_weights()]

# a subclass within a functional model
class Block(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense, self.norm = layers.Dense(units), layers.BatchNormalization()

    def call(self, x, training=None):
        return ops.relu(self.norm(self.dense(x), training=training))

x = keras.Input((6,))
model = start(keras.Model(x, layers.Dense(2)(Block(3)(Block(4)(x)))))
answer = [[layer.name for layer in model.layers][1:], *answers(model, X, REAL)]

# a sequential model within a subclass
class Wrapped(keras.Model):
    def __init__(self):
        super().__init__()
        self.features = keras.Sequential([layers.Conv2D(2, 3, activation="relu"), layers.Flatten()])
        self.head = layers.Dense(2)

    def call(self, x):
        return self.head(self.features(x))

model = Wrapped()
model(IMAGES)
answer = [len(model.weights), *answers(start(model), IMAGES, REAL[:6])]

# freezing a subclass
class Plain(keras.Model):
    def __init__(self):
        super().__init__()
        self.body, self.head = layers.Dense(4, activation="relu"), layers.Dense(2)

    def call(self, inputs):
        return self.head(self.body(inputs))

model = Plain()
model(X)
model.body.trainable = False
answer = [len(model.trainable_weights), *answers(start(model), X, REAL)]

# a subclass that is called on several shapes
class Pooled(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.pool, self.head = layers.Conv2D(3, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)

    def call(self, x):
        return self.head(self.pool(self.conv(x)))

model = Pooled()
model(IMAGES)
start(model)
answer = [model.predict(IMAGES, verbose=0), model.predict(IMAGES[:, :5], verbose=0), n(model(IMAGES[:, :, :6]))]

# the config of a subclass
class Sized(keras.Model):
    def __init__(self, units, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units, activation=activation)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

model = Sized(3)
again = Sized.from_config(model.get_config())
again(X)
answer = [again.units, again(X).shape[1], len(again.weights)]
"""

PROGRAMS = {
    f"{kind}: {title}": program
    for kind, text in (("losses", LOSSES), ("tapes", TAPES), ("models", MODELS))
    for title, program in titled(text).items()
}
