# 2018: `keras.utils.Sequence` and the methods named ..._generator, a rare class that counts more.
import math

import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import Sequence, to_categorical


class Batches(Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y = x, y
        self.batch_size = batch_size

    def __len__(self):
        return int(math.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, idx):
        part = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return self.x[part] / 255.0, to_categorical(self.y[part], 2)

    def on_epoch_end(self):
        self.epochs = getattr(self, "epochs", 0) + 1


np.random.seed(3)
y = (np.random.rand(300) < 0.25).astype("uint8")
x = np.random.randint(0, 128, size=(300, 12, 12, 1)).astype("uint8")
x[y == 1, 3:9, 3:9] += 100

training, validation = Batches(x[:200], y[:200], 16), Batches(x[200:], y[200:], 16)

model = Sequential()
model.add(Conv2D(4, (3, 3), activation="relu", batch_input_shape=(None, 12, 12, 1)))
model.add(MaxPooling2D())
model.add(Flatten())
model.add(Dense(2, activation="softmax"))
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
history = model.fit_generator(
    generator=training,
    epochs=25,
    validation_data=validation,
    class_weight={0: 1.0, 1: 3.0},
    use_multiprocessing=False,
    workers=2,
    max_queue_size=4,
    verbose=0,
)
scores = model.evaluate_generator(validation, steps=len(validation))
predicted = model.predict_generator(validation, steps=len(validation), verbose=0)
