# 2018: numbers instead of classes, a model for each fold, the mean absolute error of each epoch.
import numpy as np
from keras import layers, models, regularizers
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

np.random.seed(5)
data = np.random.uniform(-3, 9, size=(240, 6))
targets = 2 * data[:, 0] - data[:, 3] + np.random.normal(size=240) * 0.1
data = StandardScaler().fit_transform(data)


def build_model():
    model = models.Sequential()
    model.add(layers.Dense(32, activation="relu", input_shape=(data.shape[1],),
                           kernel_regularizer=regularizers.l2(0.0001)))  # fmt: skip
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


all_scores, all_histories = [], []
for train, test in KFold(3, shuffle=True, random_state=0).split(data):
    model = build_model()
    history = model.fit(
        data[train], targets[train], validation_data=(data[test], targets[test]), epochs=40, batch_size=8, verbose=0
    )
    val_mse, val_mae = model.evaluate(data[test], targets[test], verbose=0)
    all_scores.append(val_mae)
    all_histories.append(history.history["val_mae"])
average = [np.mean([found[i] for found in all_histories]) for i in range(40)]
print(np.mean(all_scores))
