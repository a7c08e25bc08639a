"""Sound classification: a network looks at pictures of sounds.

    python -m cycnn.examples.sounds
    python -m cycnn.examples.sounds --epochs 20 --samples 3000 --output results

The sounds are generated: a second each, of any pitch and loudness, in noise. A Fourier transform of short pieces gives a
picture with time along one side and pitch along the other, the spectrogram; from there on it is a matter for 2D filters.

Bar: an accuracy of at least 0.93 on new sounds.
"""

from collections.abc import Sequence

import numpy as np

from cycnn import layers, models, optimizers, visualization
from cycnn.examples.common import start

KINDS = ("tone", "rising", "falling", "vibrato", "pulses", "chord", "noise")
RATE, WINDOW, HOP = 4000, 128, 64  # readings a second; readings of a piece, and from piece to piece


def generate(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sounds (n, readings), and their kinds (n,)."""
    kinds = random.integers(0, len(KINDS), number)
    return np.stack([play(KINDS[kind], random) for kind in kinds]), kinds


def play(kind: str, random: np.random.Generator) -> np.ndarray:
    """A second of sound."""
    t = np.arange(RATE) / RATE
    hertz = random.uniform(400, 1200) * np.ones(RATE)
    change = random.uniform(0.3, 0.6)
    if kind in ("rising", "falling"):
        hertz *= 1 + change * (t - 0.5) * (1 if kind == "rising" else -1)
    elif kind == "vibrato":
        hertz *= 1 + 0.1 * np.sin(2 * np.pi * random.uniform(4, 7) * t)
    sound = np.sin(2 * np.pi * np.cumsum(hertz) / RATE)
    if kind == "pulses":
        sound *= np.sin(2 * np.pi * random.uniform(4, 7) * t) > 0
    elif kind == "chord":
        sound += sum(np.sin(2 * np.pi * np.cumsum(hertz * ratio) / RATE) for ratio in (1.26, 1.5))
    elif kind == "noise":
        sound = random.normal(0, 0.5, RATE)
    noisy: np.ndarray = sound * random.uniform(0.3, 1) + random.normal(0, 0.3, RATE)
    return noisy


def spectrograms(sounds: np.ndarray) -> np.ndarray:
    """How loud each pitch is in each piece, in units of 20 decibels: (n, pitches, pieces, 1)."""
    pieces = np.lib.stride_tricks.sliding_window_view(sounds, WINDOW, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW))) ** 2
    loudness: np.ndarray = np.log10(power + 1e-2).swapaxes(1, 2)[..., np.newaxis] / 2
    return loudness.astype("float32")


def build(shape: tuple[int, ...]) -> models.Sequential:
    """Three convolutions in time and pitch."""
    return models.Sequential(
        [
            layers.Input(shape),
            layers.Conv2D(12, 5, strides=2, activation="relu"),
            layers.Conv2D(24, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(48, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.2),
            layers.Dense(len(KINDS), activation="softmax"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Run the program; returns the accuracy on new sounds."""
    options = start("sounds", arguments, "Tell sounds apart by their spectrograms.", epochs=15, samples=1500)
    (sounds, y), (new_sounds, y_test) = generate(options.samples, options.random), generate(400, options.random)
    x, x_test = spectrograms(sounds), spectrograms(new_sounds)

    model = build(x.shape[1:])
    model.summary()
    steps = options.epochs * -(-len(x) // 32)
    rate = optimizers.schedules.CosineDecay(4e-3, steps)
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test loss: {loss:.4f}, test accuracy: {accuracy:.4f}")

    path = options.output / "sounds.png"
    pictures = [(image[::-1] - image.min()) / np.ptp(image) for image in x_test[:12]]
    visualization.plot_images(pictures, y_test[:12], model.predict(x_test[:12], verbose=0), KINDS, path=path)
    print(f"Written: {path}")
    return float(accuracy)


if __name__ == "__main__":
    main()
