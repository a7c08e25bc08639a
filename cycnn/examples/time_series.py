"""Time series: a 1D network tells from a sensor what its bearer is doing.

    python -m cycnn.examples.time_series
    python -m cycnn.examples.time_series --epochs 20 --samples 5000 --output results

The data are generated: two seconds of an accelerometer with three axes, 64 readings a second, in units of g. The sensor is
worn at any angle; everybody has a pace and a strength of his own, and there is noise. Filters slide along time.

Bar: an accuracy of at least 0.93 on new people.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, visualization
from cycnn.examples.common import start

KINDS = ("rest", "walk", "run", "fall", "cycle")
RATE, STEPS = 64, 128  # readings a second, readings


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Readings (n, steps, 3) and what was done, (n,)."""
    kinds = random.integers(0, len(KINDS), number)
    return np.stack([record(KINDS[kind], random) for kind in kinds]).astype("float32"), kinds


def record(kind: str, random: np.random.Generator) -> np.ndarray:
    """One recording (steps, 3): along gravity, forward, sideways; then turned as the sensor is worn."""
    t = np.arange(STEPS) / RATE
    pace = {"rest": 0.3, "walk": 1.8, "run": 2.7, "fall": 1.8, "cycle": 1.5}[kind] * random.uniform(0.85, 1.15)
    strength = {"rest": 0.02, "walk": 0.3, "run": 0.8, "fall": 0.3, "cycle": 0.25}[kind] * random.uniform(0.7, 1.3)
    phase = 2 * np.pi * (pace * t + random.uniform())
    if kind == "cycle":  # round and round
        motion = np.stack([np.sin(phase), np.cos(phase), 0.1 * np.sin(phase)], axis=1)
    else:  # a step shakes sharply, and every other one to the other side
        motion = np.stack(
            [np.sin(phase) + 0.5 * np.sin(2 * phase), 0.4 * np.cos(phase), 0.3 * np.sin(phase / 2)], axis=1
        )
    readings = strength * motion + [1, 0, 0]
    if kind == "fall":  # weightless, a blow, then still
        at = random.integers(24, STEPS - 40)
        readings[at : at + 16] *= 0.2
        readings[at + 16 : at + 20] += random.normal(0, 2, (4, 3))
        readings[at + 20 :] = random.normal(0, 0.6, 3)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    worn: np.ndarray = readings @ turn + random.normal(0, 0.08, readings.shape)
    return worn


def build() -> models.Sequential:
    """Three convolutions along time, each with a wider view than the one before; what they found anywhere decides."""
    return models.Sequential(
        [
            layers.Input((STEPS, 3)),
            layers.Conv1D(24, 7, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(32, 5, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(48, 5, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.2),
            layers.Dense(len(KINDS), activation="softmax"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on new recordings."""
    options = start("time_series", arguments, "Tell from a sensor what is going on.", epochs=15, samples=2000)
    x, y = generate(options.samples, options.random)
    x_test, y_test = generate(500, options.random)

    model = build()
    model.summary()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f}")

    path = options.output / "time-series-confusion.png"
    visualization.plot_confusion_matrix(y_test, model.predict(x_test, verbose=0), KINDS, path=path)
    print(f"Written: {path}")
    return float(accuracy)


if __name__ == "__main__":
    main()
