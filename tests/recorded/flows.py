"""Programs around `compile`, `fit`, `evaluate` and `predict`, as a user of Keras types them. Text only.

PRELUDE stands before each of them. A program of FLOWS leaves its findings in `answer`: numbers, strings, lists and
dictionaries. A program of REFUSED is refused; its title ends with a word that the message should hold.
"""

import re


def titled(text):
    """`{title: program}` of programs under titles like `# title`."""
    _, *parts = re.split(r"^# (.*)\n", text, flags=re.MULTILINE)
    return {title: program.strip() for title, program in zip(parts[::2], parts[1::2])}


PRELUDE = """
rng = np.random.default_rng(7)
X = rng.standard_normal((20, 6)).astype("float32")
LABELS = rng.integers(0, 3, 20)
HOT = np.eye(3, dtype="float32")[LABELS]
REAL = rng.standard_normal((20, 1)).astype("float32")
BINARY = (REAL > 0).astype("float32")
WEIGHT = rng.uniform(0.25, 2, 20).astype("float32")
SERIES = rng.standard_normal((20, 4, 6)).astype("float32")
STEPS = rng.integers(0, 3, (20, 4))
STEP_WEIGHT = rng.uniform(0, 2, (20, 4)).astype("float32")
layers, SGD = keras.layers, keras.optimizers.SGD


def start(model):
    values = np.random.default_rng(3)
    model.set_weights([values.uniform(-0.5, 0.5, w.shape) for w in model.get_weights()])
    return model


def network(units=3, activation="softmax", shape=(6,), **head):
    body = layers.Dense(5, activation="tanh", name="body")
    return keras.Sequential([keras.Input(shape), body, layers.Dense(units, activation=activation, name="head", **head)])


def classifier(loss="sparse_categorical_crossentropy", metrics=("accuracy",), **more):
    model = start(network())
    model.compile(SGD(0.125), loss, metrics=list(metrics), **more)
    return model


def regressor(loss="mse", metrics=(), **more):
    model = start(network(1, None))
    model.compile(SGD(0.125), loss, metrics=list(metrics), **more)
    return model


def two_headed(loss, **more):
    x = keras.Input((6,), name="x")
    h = layers.Dense(5, activation="tanh", name="body")(x)
    value, kind = layers.Dense(1, name="value")(h), layers.Dense(3, activation="softmax", name="kind")(h)
    model = start(keras.Model(x, [value, kind]))
    model.compile(SGD(0.125), loss, **more)
    return model


def two_inputs():
    a, b = keras.Input((6,), name="a"), keras.Input((1,), name="b")
    h = layers.Concatenate()([a, b])
    model = start(keras.Model([a, b], layers.Dense(3, activation="softmax")(layers.Dense(5, activation="tanh")(h))))
    model.compile(SGD(0.125), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


BOTH = {"value": "mse", "kind": "sparse_categorical_crossentropy"}
Y = {"value": REAL, "kind": LABELS}


def fitted(model, *data, **arguments):
    arguments = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0, **arguments}
    return model.fit(*data, **arguments).history


def batches(*arrays, size=8, repeat=1):
    for _ in range(repeat):
        for k in range(0, 20, size):
            yield tuple(a[k : k + size] for a in arrays)


class Dataset(keras.utils.PyDataset):
    def __init__(self, *arrays, size=8, **kwargs):
        super().__init__(**kwargs)
        self.arrays, self.size = arrays, size

    def __len__(self):
        return -(-20 // self.size)

    def __getitem__(self, k):
        return tuple(a[k * self.size : (k + 1) * self.size] for a in self.arrays)


class Hooks(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append(["train begin", sorted(self.params.items())])

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(["epoch begin", epoch])

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(["train batch", batch, dict(logs)])

    def on_test_begin(self, logs=None):
        self.calls.append(["test begin"])

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(["test batch", batch, dict(logs)])

    def on_test_end(self, logs=None):
        self.calls.append(["test end", dict(logs)])

    def on_predict_begin(self, logs=None):
        self.calls.append(["predict begin", sorted(self.params.items())])

    def on_predict_batch_end(self, batch, logs=None):
        self.calls.append(["predict batch", batch, np.asarray(logs["outputs"]).tolist()])

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(["epoch end", epoch, dict(logs)])

    def on_train_end(self, logs=None):
        self.calls.append(["train end", dict(logs)])
"""

FLOWS = titled("""
# fit
answer = fitted(classifier(), X, LABELS)

# default batch size
model = classifier()
h = model.fit(X, LABELS, shuffle=False, verbose=0)
answer = h.history, h.params

# labels (n, 1)
answer = fitted(classifier(), X, LABELS[:, None])

# labels as float64
answer = fitted(classifier(), X, LABELS.astype("float64"))

# one-hot labels
answer = fitted(classifier("categorical_crossentropy"), X, HOT)

# binary labels as int64
model = start(network(1, "sigmoid"))
model.compile(SGD(0.125), "binary_crossentropy", metrics=["accuracy"])
answer = fitted(model, X, BINARY.astype("int64"))

# float64 samples
answer = fitted(regressor(), X.astype("float64"), REAL.astype("float64"))

# zero epochs
answer = fitted(classifier(), X, LABELS, epochs=0)

# initial epoch
model = classifier()
h = model.fit(X, LABELS, initial_epoch=3, epochs=5, shuffle=False, verbose=0)
answer = h.epoch, h.history

# initial epoch behind the last
answer = fitted(classifier(), X, LABELS, initial_epoch=4, epochs=2)

# steps without a batch size
answer = fitted(classifier(), X, LABELS, batch_size=None, steps_per_epoch=3)

# steps go on in the next epoch
answer = fitted(classifier(), X, LABELS, batch_size=4, steps_per_epoch=2, epochs=4)

# steps that divide the data
answer = fitted(classifier(), X, LABELS, batch_size=5, steps_per_epoch=2, epochs=5)

# more steps than batches
answer = fitted(classifier(), X, LABELS, batch_size=8, steps_per_epoch=5)

# evaluate
answer = classifier().evaluate(X, LABELS, batch_size=8, verbose=0)

# evaluate a dictionary
answer = classifier().evaluate(X, LABELS, verbose=0, return_dict=True)

# evaluate without metrics
answer = classifier(metrics=[]).evaluate(X, LABELS, verbose=0)

# evaluate steps
answer = classifier().evaluate(X, LABELS, batch_size=6, steps=2, verbose=0)

# evaluate steps without a batch size
answer = classifier().evaluate(X, LABELS, steps=3, verbose=0)

# predict
answer = classifier().predict(X, batch_size=8, verbose=0)

# predict steps
answer = classifier().predict(X, batch_size=6, steps=2, verbose=0)

# two inputs in a list
answer = fitted(two_inputs(), [X, REAL], LABELS)

# two inputs by name
answer = fitted(two_inputs(), {"b": REAL, "a": X}, LABELS)

# two inputs in a generator
answer = fitted(
    two_inputs(), (((x, b), y) for x, b, y in batches(X, REAL, LABELS, repeat=2)), batch_size=None, steps_per_epoch=3
)

# two inputs predict
answer = two_inputs().predict({"a": X, "b": REAL}, verbose=0)

# class weights
answer = fitted(classifier(), X, LABELS, class_weight={0: 2.0, 1: 0.5, 2: 1.5})

# class weights of some classes
answer = fitted(classifier(), X, LABELS, class_weight={1: 3.0})

# class weights of one-hot labels
answer = fitted(classifier("categorical_crossentropy"), X, HOT, class_weight={0: 2, 2: 0.5})

# class weights of labels (n, 1)
answer = fitted(classifier(), X, LABELS[:, None], class_weight={0: 2.0, 2: 0.25})

# class weights of two classes
model = start(network(1, "sigmoid"))
model.compile(SGD(0.125), "binary_crossentropy")
answer = fitted(model, X, BINARY, class_weight={0: 0.25, 1: 2.0})

# class weights and weighted metrics
answer = fitted(classifier(weighted_metrics=["accuracy"]), X, LABELS, class_weight={0: 2.0, 1: 0.5})

# class weights and a split
answer = fitted(classifier(), X, LABELS, class_weight={0: 2.0, 1: 0.5}, validation_split=0.25)

# class weights of a dataset
answer = fitted(classifier(), Dataset(X, LABELS), batch_size=None, class_weight={0: 2.0, 1: 0.5})

# class weights on a batch
answer = classifier().train_on_batch(X, LABELS, class_weight={0: 2.0, 1: 0.5})

# sample weights
answer = fitted(classifier(), X, LABELS, sample_weight=WEIGHT)

# sample weights (n, 1)
answer = fitted(classifier(), X, LABELS, sample_weight=WEIGHT[:, None])

# sample weights as integers
answer = fitted(classifier(), X, LABELS, sample_weight=np.arange(20) % 3)

# sample weights, weighted metrics
answer = fitted(
    classifier(weighted_metrics=["accuracy", "sparse_categorical_crossentropy"]), X, LABELS, sample_weight=WEIGHT
)

# weights of positions
model = start(network(shape=(4, 6)))
model.compile(SGD(0.125), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
answer = fitted(model, SERIES, STEPS, sample_weight=STEP_WEIGHT)

# positions
model = start(network(shape=(4, 6)))
model.compile(SGD(0.125), "sparse_categorical_crossentropy", metrics=["accuracy"])
answer = fitted(model, SERIES, STEPS)

# sample weights of a validation
answer = fitted(classifier(weighted_metrics=["accuracy"]), X, LABELS, validation_data=(X[:9], LABELS[:9], WEIGHT[:9]))

# sample weights and a split
answer = fitted(classifier(), X, LABELS, sample_weight=WEIGHT, validation_split=0.25)

# evaluate with weights
answer = classifier(weighted_metrics=["accuracy"]).evaluate(X, LABELS, sample_weight=WEIGHT, batch_size=8, verbose=0)

# reduction sum
answer = fitted(regressor(keras.losses.MeanSquaredError("sum")), X / 4, REAL)

# reduction sum with weights
answer = fitted(regressor(keras.losses.MeanSquaredError("sum")), X / 4, REAL, sample_weight=WEIGHT)

# reduction mean_with_sample_weight
answer = fitted(regressor(keras.losses.MeanSquaredError("mean_with_sample_weight")), X, REAL, sample_weight=WEIGHT)

# validation split
answer = fitted(classifier(), X, LABELS, validation_split=0.3)

# validation data
answer = fitted(classifier(), X, LABELS, validation_data=(X[3:10], LABELS[3:10]), validation_batch_size=3)

# validation every second epoch
answer = fitted(classifier(), X, LABELS, epochs=5, validation_data=(X, LABELS), validation_freq=2)

# validation after some epochs
answer = fitted(classifier(), X, LABELS, epochs=5, validation_data=(X, LABELS), validation_freq=[1, 4])

# validation steps
answer = fitted(classifier(), X, LABELS, validation_data=(X, LABELS), validation_batch_size=4, validation_steps=2)

# validation data and split
answer = fitted(classifier(), X, LABELS, validation_data=(X[:5], LABELS[:5]), validation_split=0.5)

# validation by a dataset
answer = fitted(classifier(), X, LABELS, validation_data=Dataset(X, LABELS, size=6))

# validation by a generator
answer = fitted(classifier(), X, LABELS, epochs=1, validation_data=batches(X, LABELS), validation_steps=2)

# generator
answer = fitted(classifier(), batches(X, LABELS, repeat=2), batch_size=None, steps_per_epoch=3)

# generator with weights
answer = fitted(classifier(), batches(X, LABELS, WEIGHT, repeat=2), batch_size=None, steps_per_epoch=3)

# generator of one epoch
answer = fitted(classifier(), batches(X, LABELS), batch_size=None, epochs=1)

# generator without an end
answer = fitted(classifier(), batches(X, LABELS, repeat=1000), batch_size=None, steps_per_epoch=4)

# generator of too few batches
answer = fitted(classifier(), batches(X, LABELS), batch_size=None, epochs=1, steps_per_epoch=5)

# evaluate a generator
answer = classifier().evaluate(batches(X, LABELS, repeat=5), steps=4, verbose=0)

# predict a generator
answer = classifier().predict(batches(X), steps=2, verbose=0)

# predict a generator with targets
answer = classifier().predict(batches(X, LABELS), steps=3, verbose=0)

# dataset
answer = fitted(classifier(), Dataset(X, LABELS), batch_size=None)

# dataset with weights
answer = fitted(classifier(), Dataset(X, LABELS, WEIGHT), batch_size=None)

# dataset by steps
answer = fitted(classifier(), Dataset(X, LABELS, size=4), batch_size=None, steps_per_epoch=2, epochs=5)

# dataset in a random order
data = Dataset(X, LABELS, size=20)
answer = fitted(classifier(), data, batch_size=None, shuffle=True)

# dataset of older programs
class Older(keras.utils.Sequence):
    def __len__(self):
        return 4

    def __getitem__(self, k):
        return X[k::4], LABELS[k::4]

answer = fitted(classifier(), Older(), batch_size=None)

# dataset whose length is a property
class Endless(Dataset):
    num_batches = None

    def __getitem__(self, k):
        return X[k % 3 :: 3], LABELS[k % 3 :: 3]

answer = fitted(classifier(), Endless(), batch_size=None, steps_per_epoch=4)

# evaluate a dataset
answer = classifier().evaluate(Dataset(X, LABELS), verbose=0, return_dict=True)

# predict a dataset
answer = classifier().predict(Dataset(X, LABELS), verbose=0)

# outputs: losses by name
answer = fitted(two_headed(BOTH), X, Y)

# outputs: losses in a list
answer = fitted(two_headed(["mse", "sparse_categorical_crossentropy"]), X, [REAL, LABELS])

# outputs: one loss for all
answer = fitted(two_headed("mse"), X, [REAL, HOT])

# outputs: one without a loss
answer = fitted(two_headed([None, "sparse_categorical_crossentropy"]), X, [REAL, LABELS])

# outputs: loss weights by name
answer = fitted(two_headed(BOTH, loss_weights={"kind": 2.0, "value": 0.25}), X, Y)

# outputs: loss weights in a list
answer = fitted(two_headed(["mse", "sparse_categorical_crossentropy"], loss_weights=[0.5, 3]), X, [REAL, LABELS])

# outputs: metrics by name
answer = fitted(two_headed(BOTH, metrics={"kind": ["accuracy"], "value": ["mae", "mse"]}), X, Y)

# outputs: metrics of one
answer = fitted(two_headed(BOTH, metrics={"kind": "accuracy"}), X, Y)

# outputs: metrics in lists
answer = fitted(two_headed(BOTH, metrics=[["mae"], ["accuracy"]]), X, Y)

# outputs: one metric each
answer = fitted(two_headed(BOTH, metrics=["mae", "accuracy"]), X, Y)

# outputs: weighted metrics
answer = fitted(
    two_headed(BOTH, metrics={"kind": ["accuracy"]}, weighted_metrics={"kind": ["accuracy"], "value": ["mae"]}),
    X,
    [REAL, LABELS],
    sample_weight=WEIGHT,
)

# outputs: weights in a list
answer = fitted(
    two_headed(["mse", "sparse_categorical_crossentropy"]), X, [REAL, LABELS], sample_weight=[WEIGHT, WEIGHT[::-1]]
)

# outputs: weights of all samples
answer = fitted(two_headed(BOTH), X, [REAL, LABELS], sample_weight=WEIGHT)

# outputs: evaluate
answer = two_headed(BOTH, metrics={"kind": ["accuracy"], "value": ["mae"]}).evaluate(X, Y, batch_size=8, verbose=0)

# outputs: evaluate a dictionary
answer = two_headed(BOTH, metrics={"kind": ["accuracy"], "value": ["mae"]}).evaluate(
    X, Y, verbose=0, return_dict=True
)

# outputs: validation
answer = fitted(two_headed(BOTH, metrics={"kind": ["accuracy"]}), X, Y, validation_split=0.25)

# outputs: generator
answer = fitted(
    two_headed(BOTH),
    ((x, {"kind": k, "value": v}) for x, v, k in batches(X, REAL, LABELS, repeat=2)),
    batch_size=None,
    steps_per_epoch=3,
)

# outputs: on a batch
model = two_headed(BOTH, metrics={"kind": ["accuracy"]})
answer = model.train_on_batch(X, Y), model.test_on_batch(X, Y, return_dict=True)

# outputs: predict
answer = two_headed(BOTH).predict(X, batch_size=7, verbose=0)

# loss crossentropy, labels
answer = fitted(classifier("crossentropy"), X, LABELS)

# loss ce, one-hot
answer = fitted(classifier("ce"), X, HOT)

# loss crossentropy, binary
model = start(network(1, "sigmoid"))
model.compile(SGD(0.125), "crossentropy")
answer = fitted(model, X, BINARY)

# loss object
answer = fitted(classifier(keras.losses.CategoricalCrossentropy(label_smoothing=0.25)), X, HOT)

# loss function of Keras
answer = fitted(regressor(keras.losses.mean_absolute_error), X, REAL)

# loss class
answer = fitted(regressor(keras.losses.Huber), X, REAL)

# loss in a list
answer = fitted(regressor(["mse"]), X, REAL)

# loss from logits
model = start(network(3, None))
model.compile(SGD(0.125), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
answer = fitted(model, X, LABELS)

# loss weight of one output
answer = fitted(regressor(loss_weights=0.5), X, REAL)

# a loss of one's own
def cube(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true) ** 3, axis=-1)

answer = fitted(regressor(cube), X, REAL), regressor(cube).evaluate(X, REAL, batch_size=8, verbose=0)

# a loss of one's own with weights
def cube(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true) ** 3, axis=-1)

answer = fitted(regressor(cube, weighted_metrics=["mae"]), X, REAL, sample_weight=WEIGHT)

# a loss class of one's own
class Scaled(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return 0.5 * keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1)

answer = fitted(regressor(Scaled(name="scaled")), X, REAL)

# outputs: a loss of one's own
def cube(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_pred - y_true) ** 3, axis=-1)

answer = fitted(
    two_headed({"value": cube, "kind": "sparse_categorical_crossentropy"}, loss_weights={"value": 0.5, "kind": 2.0}),
    X,
    Y,
)

# metrics acc
answer = fitted(classifier(metrics=["acc"]), X, LABELS)

# metrics twice
answer = fitted(classifier(metrics=["accuracy", "accuracy"]), X, LABELS)

# metrics by names
answer = fitted(regressor(metrics=["mae", "mean_squared_error", "MSE"]), X, REAL)

# metrics as objects
answer = fitted(
    classifier(
        metrics=[keras.metrics.SparseCategoricalAccuracy("mine"), keras.metrics.SparseTopKCategoricalAccuracy(2)]
    ),
    X,
    LABELS,
)

# metrics as functions
def error(y_true, y_pred):
    return keras.ops.abs(keras.ops.reshape(y_true, (-1,)) - keras.ops.reshape(y_pred, (-1,)))

answer = fitted(regressor(metrics=[error, keras.metrics.mean_squared_error]), X, REAL)

# metrics both ways, evaluated
answer = classifier(weighted_metrics=["accuracy"]).evaluate(
    X, LABELS, sample_weight=WEIGHT, verbose=0, return_dict=True
)

# a metric class of one's own
class Largest(keras.metrics.Metric):
    def __init__(self, name="largest", **kwargs):
        super().__init__(name=name, **kwargs)
        self.found = self.add_weight(shape=(), initializer="zeros", name="found")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found.assign(keras.ops.maximum(self.found, keras.ops.max(keras.ops.abs(y_true - y_pred))))

    def result(self):
        return self.found + 0

answer = fitted(regressor(metrics=[Largest()]), X, REAL, validation_data=(X[:5], REAL[:5]))

# a regularizer of one's own
def penalty(w):
    return 0.125 * keras.ops.sum(keras.ops.abs(w) ** 3)

model = start(network(1, None, kernel_regularizer=penalty))
model.compile(SGD(0.125), "mse")
answer = fitted(model, X, REAL), model.evaluate(X, REAL, verbose=0)

# an orthogonal regularizer
model = start(network(3, None, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.5)))
model.compile(SGD(0.125), "mse")
answer = fitted(model, X, HOT), model.evaluate(X, HOT, verbose=0)

# regularizers by name
model = start(network(1, None, kernel_regularizer="l2", bias_regularizer="l1"))
model.compile(SGD(0.125), "mse")
answer = fitted(model, X, REAL), model.evaluate(X, REAL, verbose=0)

# compiled again
model = classifier()
fitted(model, X, LABELS)
model.compile(SGD(0.25), "sparse_categorical_crossentropy", metrics=["acc"])
answer = fitted(model, X, LABELS)

# another optimizer
model = classifier()
fitted(model, X, LABELS)
model.optimizer = SGD(0.5)
answer = fitted(model, X, LABELS)

# moving averages at the end
model = start(network())
model.compile(SGD(0.125, use_ema=True, ema_momentum=0.75), "sparse_categorical_crossentropy")
answer = fitted(model, X, LABELS), [w.tolist() for w in model.get_weights()]

# compiled before it is built
model = keras.Sequential()
model.compile(SGD(0.125), "mse")
model.add(layers.Dense(1, kernel_initializer="ones"))
answer = fitted(model, X, REAL)

# frozen before compile
model = start(network())
model.get_layer("body").trainable = False
model.compile(SGD(0.125), "sparse_categorical_crossentropy")
answer = fitted(model, X, LABELS), [w.tolist() for w in model.get_weights()]

# compile config
model = classifier(
    keras.losses.SparseCategoricalCrossentropy(name="mine"),
    ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)],
)
config = model.get_compile_config()
config["optimizer"] = None
answer = config

# compile config of two outputs
config = two_headed(
    BOTH, loss_weights={"value": 1.0, "kind": 2.0}, metrics={"kind": ["accuracy"]}
).get_compile_config()
config["optimizer"] = None
answer = config

# compile from config
model = start(network())
model.compile_from_config(classifier(weighted_metrics=["accuracy"]).get_compile_config())
answer = fitted(model, X, LABELS)

# not compiled config
answer = network().get_compile_config()

# train on batches
model = classifier()
answer = [model.train_on_batch(X[k::3], LABELS[k::3]) for k in range(3)]

# train on a batch with weights
answer = classifier(weighted_metrics=["accuracy"]).train_on_batch(X, LABELS, sample_weight=WEIGHT, return_dict=True)

# test on a batch
model = classifier()
model.train_on_batch(X, LABELS)
answer = model.test_on_batch(X[:5], LABELS[:5], sample_weight=WEIGHT[:5])

# predict on a batch
answer = classifier().predict_on_batch(X[:5])

# on a batch without metrics
answer = classifier(metrics=[]).train_on_batch(X, LABELS)

# hooks of fit
hooks = Hooks()
fitted(classifier(), X, LABELS, validation_split=0.25, callbacks=[hooks])
answer = hooks.calls

# hooks of a generator
hooks = Hooks()
fitted(classifier(), batches(X, LABELS, repeat=2), batch_size=None, steps_per_epoch=3, callbacks=[hooks])
answer = hooks.calls

# hooks of evaluate
hooks = Hooks()
classifier().evaluate(X, LABELS, batch_size=8, verbose=0, callbacks=[hooks])
answer = hooks.calls

# hooks of predict
hooks = Hooks()
classifier().predict(X, batch_size=8, verbose=0, callbacks=[hooks])
answer = hooks.calls

# stopped after a batch
class Stop(Hooks):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        self.model.stop_training = batch == 1

hooks = Stop()
answer = fitted(classifier(), X, LABELS, batch_size=4, epochs=3, callbacks=[hooks], validation_split=0.2), hooks.calls

# evaluation stopped
class Stop(keras.callbacks.Callback):
    def on_test_batch_end(self, batch, logs=None):
        self.model.stop_evaluating = batch == 1

answer = classifier().evaluate(X, LABELS, batch_size=4, verbose=0, callbacks=[Stop()])

# prediction stopped
class Stop(keras.callbacks.Callback):
    def on_predict_batch_end(self, batch, logs=None):
        self.model.stop_predicting = batch == 1

answer = classifier().predict(X, batch_size=4, verbose=0, callbacks=[Stop()])
""")

REFUSED = titled("""
# not compiled -> compile
network().fit(X, LABELS)

# no loss -> loss
model = network()
model.compile("sgd")
model.fit(X, LABELS, verbose=0)

# targets beside a dataset -> `y`
classifier().fit(Dataset(X, LABELS), LABELS)

# targets beside a generator -> `y`
classifier().fit(batches(X, LABELS), LABELS)

# weights beside a dataset -> sample_weight
classifier().fit(Dataset(X, LABELS), sample_weight=WEIGHT)

# split of a dataset -> validation_split
classifier().fit(Dataset(X, LABELS), validation_split=0.5)

# split of a generator -> validation_split
classifier().fit(batches(X, LABELS), validation_split=0.5)

# split without an end -> validation_split
classifier().fit(X, LABELS, validation_split=0.99)

# an empty generator -> at least one batch
classifier().fit((b for b in ()), verbose=0)

# lengths that differ -> same number of samples
classifier().fit(X, LABELS[:5])

# frequency -> validation_freq
classifier().fit(X, LABELS, validation_data=(X, LABELS), validation_freq="a", verbose=0)

# class weights of two outputs -> class_weight
two_headed(BOTH).fit(X, Y, class_weight={0: 1.0})

# targets of one output only -> value
two_headed(BOTH).fit(X, {"value": REAL}, verbose=0)

# one array for two outputs -> y
two_headed(BOTH).fit(X, REAL, verbose=0)

# an unknown output in a loss -> other
two_headed({"value": "mse", "other": "mse"}).fit(X, Y, verbose=0)

# an unknown output in metrics -> other
two_headed(BOTH, metrics={"other": ["mae"]}).fit(X, Y, verbose=0)

# metrics that are no list -> metrics
classifier().compile("sgd", "mse", metrics="mae")

# loss weights that are no numbers -> loss_weights
classifier().compile("sgd", "mse", loss_weights="a")

# another number of loss weights -> loss_weights
two_headed(["mse", "mse"], loss_weights=[1.0]).fit(X, [REAL, HOT], verbose=0)

# a missing input -> b
two_inputs().fit({"a": X}, LABELS, verbose=0)

# an argument that there is not -> colour
classifier().evaluate(X, LABELS, colour="red")

# a batch of four -> 4
classifier().fit(Dataset(X, LABELS, WEIGHT, WEIGHT), verbose=0)

# matrix of weights for two outputs -> sample_weight
two_headed(BOTH).fit(X, Y, sample_weight=STEP_WEIGHT, verbose=0)
""")
