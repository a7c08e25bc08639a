# 2019: pictures and numbers into one model, a class and a number out of it.
import numpy as np
from tensorflow.keras.layers import BatchNormalization, Concatenate, Conv2D, Dense, Flatten, Input
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import Adam

np.random.seed(2)
pictures = np.random.rand(400, 8, 8, 3)
numbers = np.random.normal(size=(400, 5))
classes = (pictures[:, :4].mean(axis=(1, 2, 3)) > 0.5).astype(int)
prices = numbers @ [1.0, -2.0, 0.5, 0.0, 3.0] + classes

picture = Input(shape=(8, 8, 3), name="picture")
number = Input(shape=(5,), name="number")
a = Flatten()(Conv2D(6, 3, activation="relu")(picture))
b = BatchNormalization()(Dense(8, activation="relu")(number))
both = Dense(16, activation="relu")(Concatenate()([a, b]))
kind = Dense(2, activation="softmax", name="kind")(both)
price = Dense(1, name="price")(both)

model = Model(inputs=[picture, number], outputs=[kind, price])
model.compile(
    optimizer=Adam(learning_rate=0.01),
    loss={"kind": "sparse_categorical_crossentropy", "price": "mse"},
    loss_weights={"kind": 1.0, "price": 0.2},
    metrics={"kind": ["accuracy"], "price": ["mae"]},
)
history = model.fit(
    {"picture": pictures, "number": numbers},
    {"kind": classes, "price": prices},
    epochs=20,
    batch_size=20,
    validation_split=0.25,
    verbose=0,
)
kinds, found = model.predict([pictures, numbers])
results = model.evaluate([pictures, numbers], [classes, prices], verbose=0, return_dict=True)
