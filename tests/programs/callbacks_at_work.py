# 2018: all the callbacks at once.
import keras
import numpy as np
from keras.callbacks import (
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD

np.random.seed(0)
x = np.random.normal(size=(600, 20))
y = (x[:, :4].sum(axis=1) > 0).astype("int32")


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get("loss"))


def step_decay(epoch):
    return 0.5 * 0.5 ** (epoch // 10)


model = Sequential([Dense(16, activation="tanh", input_dim=20), Dense(1, activation="sigmoid")])
model.compile(optimizer=SGD(lr=0.1), loss="binary_crossentropy", metrics=["acc"])

losses = LossHistory()
seen = []
callbacks = [
    losses,
    EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
    ModelCheckpoint("best.h5", monitor="val_acc", save_best_only=True, mode="max", verbose=1),
    ModelCheckpoint("model-{epoch:02d}.h5", period=2),
    ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=2, min_lr=0.001),
    CSVLogger("training.csv"),
    LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs)))),
    TerminateOnNaN(),
]
history = model.fit(x, y, batch_size=16, epochs=6, validation_split=0.2, callbacks=callbacks, verbose=0)
print(history.history.keys())

rates = []
watch = LambdaCallback(
    on_epoch_begin=lambda epoch, logs: rates.append(float(keras.backend.get_value(model.optimizer.lr)))
)
model.fit(x, y, epochs=12, initial_epoch=8, callbacks=[LearningRateScheduler(step_decay), watch], verbose=0)
best = keras.models.load_model("best.h5")
