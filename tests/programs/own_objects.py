# 2019: a layer, a loss, metrics and an activation of one's own, written with the backend, and the file of such a model.
import numpy as np
from keras import backend as K
from keras.layers import Activation, Dense, Layer
from keras.models import Sequential, load_model

np.random.seed(1)
x = np.random.normal(size=(512, 10)).astype("float32")
y = (np.abs(x[:, :3]).sum(axis=1) > 2.2).astype("float32")


class MyDense(Layer):
    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super(MyDense, self).__init__(**kwargs)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[1], self.output_dim), initializer="uniform", trainable=True
        )
        super(MyDense, self).build(input_shape)

    def call(self, x):
        return K.dot(x, self.kernel)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.output_dim)

    def get_config(self):
        config = super(MyDense, self).get_config()
        config["output_dim"] = self.output_dim
        return config


def bent(x):
    return (K.sqrt(K.square(x) + 1) - 1) / 2 + x


def weighted_crossentropy(y_true, y_pred):
    y_pred = K.clip(y_pred, K.epsilon(), 1 - K.epsilon())
    return -K.mean(2 * y_true * K.log(y_pred) + (1 - y_true) * K.log(1 - y_pred), axis=-1)


def recall(y_true, y_pred):
    hits = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    return hits / (K.sum(K.round(K.clip(y_true, 0, 1))) + K.epsilon())


def precision(y_true, y_pred):
    hits = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    return hits / (K.sum(K.round(K.clip(y_pred, 0, 1))) + K.epsilon())


def f1(y_true, y_pred):
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return 2 * p * r / (p + r + K.epsilon())


model = Sequential()
model.add(MyDense(32, input_shape=(10,)))
model.add(Activation(bent))
model.add(Dense(16, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss=weighted_crossentropy, metrics=["accuracy", recall, precision, f1])
history = model.fit(x, y, epochs=30, batch_size=32, verbose=0)

model.save("own.h5")
names = {"MyDense": MyDense, "bent": bent, "weighted_crossentropy": weighted_crossentropy,
         "recall": recall, "precision": precision, "f1": f1}  # fmt: skip
again = load_model("own.h5", custom_objects=names)
