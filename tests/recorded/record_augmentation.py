"""Record what the real Keras answers for layers that change pictures at random. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_augmentation.py

Keras's random numbers are replaced by ones that the test makes again: `numbers`, between 0 and 1, one column for each
of a layer's draws, in Keras's order. So the whole way from a number to a picture is judged, not just layers that leave
nothing to chance. `augmentation.json.gz` holds the cases' programs, and where the pictures are that came out, in one
float32 vector in `augmentation.npz`, rounded to the nearest 1/64; besides configurations, arguments and refusals.
"""

import inspect
from pathlib import Path

import answers
import keras
import numpy as np
from keras.src.backend.torch import random as backend_random

FOLDER = Path(__file__).parent
SHAPE = (2, 5, 6, 3)

MODES = [f"fill_mode={mode!r}" for mode in ("reflect", "wrap", "constant", "nearest")]
# Not recorded, because Keras does something else than it documents: RandomFlip in both directions (turns both or none),
# RandomCrop of pictures that are not larger on both sides, and in inference; RandomContrast and RandomSaturation with a
# single number; saturation beyond 1, which it allows up to the largest number of a pixel.
CASES = [
    "RandomFlip('horizontal')",
    "RandomFlip('vertical')",
    *(f"RandomRotation(0.4, {mode})" for mode in MODES),
    "RandomRotation((-0.1, 0.9), fill_mode='constant', interpolation='nearest', fill_value=7.5)",
    "RandomRotation(0.3, interpolation='nearest', data_format='channels_first')",
    *(f"RandomZoom((-0.3, 0.9), {mode})" for mode in MODES),
    "RandomZoom(0.5, (0.1, 1.0), interpolation='nearest', fill_mode='wrap')",
    "RandomZoom((-0.9, -0.2), 0.7, fill_mode='constant', fill_value=20.0)",
    *(f"RandomTranslation(0.5, (-0.1, 1.0), {mode})" for mode in MODES),
    "RandomTranslation((-1.0, 0.3), 0.2, fill_mode='constant', fill_value=9, interpolation='nearest')",
    *(f"RandomShear(0.4, 0.7, {mode})" for mode in MODES),
    "RandomShear((0.1, 0.9), interpolation='nearest', fill_mode='constant', fill_value=3.0)",
    "RandomCrop(3, 4)",
    "RandomCrop(1, 5)",
    "RandomContrast((0.6, 0.9))",
    "RandomContrast((0.2, 0.5), value_range=(50, 200))",
    "RandomBrightness(0.7)",
    "RandomBrightness((0.1, 0.4), value_range=(20, 230), data_format='channels_first')",
    "RandomErasing(0.9, (0.1, 0.8), fill_value=5)",
    "RandomErasing((0.3, 1.0), 0.9, fill_value=(1, 20, 300))",
    "RandomGrayscale(0.6)",
    "RandomSaturation((0.1, 0.8), value_range=(0, 1))",
    "RandomSaturation((0.0, 0.9), value_range=(0, 1), data_format='channels_first')",
    "RandomHue(0.9)",
    "RandomHue((0.2, 0.6), value_range=(0, 1))",
    "RandomColorJitter((0, 1), 0.2, (0.3, 0.4), (0.2, 0.9), 0.5)",
    "RandomColorJitter(brightness_factor=(0.1, 0.3), hue_factor=0.4)",
]  # fmt: skip
CONFIGS = [
    "RandomFlip(seed=3, name='flip')",
    "RandomRotation(0.2, name='turn', data_format='channels_first')",
    "RandomZoom(0.2, name='zoom')",
    "RandomZoom((-0.2, 0.1), 0.4, 'wrap', 'nearest', 5, 1.5, name='zoom')",
    "RandomTranslation(0.1, (-0.2, 0.3), seed=1, name='shift')",
    "RandomShear((0.1, 0.2), (0.3, 0.4), name='shear')",
    "RandomCrop(3, 4, seed=2, name='crop')",
    "RandomContrast((0.2, 0.3), name='contrast')",
    "RandomBrightness(0.2, name='light')",
    "RandomErasing(name='erase')",
    "RandomErasing((0.1, 0.4), 0.3, fill_value=(1, 2, 3), name='erase')",
    "RandomGrayscale(name='gray')",
    "RandomSaturation((0.2, 0.6), name='pale')",
    "RandomHue(0.3, (0, 1), name='hue')",
    "RandomColorJitter((0, 1), 0.1, name='jitter')",
    "MixUp(seed=4, name='mix')",
    "CutMix(0.5, name='cut')",
    "Pipeline([keras.layers.RandomFlip(name='a'), keras.layers.RandomHue(0.1, name='b')], name='line')",
]
REFUSED = [
    "RandomRotation(2.0)", "RandomRotation('far')", "RandomRotation((0.1, 0.2, 0.3))", "RandomRotation(0.1, 'mirror')",
    "RandomRotation(0.1, interpolation='cubic')", "RandomZoom(-1.0)", "RandomZoom(0.1, 1.5)", "RandomTranslation(1.5, 0)",
    "RandomTranslation('up', 0)", "RandomShear(1.5)", "RandomContrast(1.5)", "RandomBrightness(1.5)",
    "RandomBrightness(0.1, value_range=1)", "RandomBrightness(0.1, value_range=(1, 2, 3))", "RandomErasing(2.0)",
    "RandomErasing(scale=(0.1, 0.2, 0.3))", "RandomGrayscale(1.2)", "RandomGrayscale(-0.1)", "RandomSaturation(1.5)",
    "RandomHue(1.2)", "CutMix(1.5)",
]  # fmt: skip
NAMES = sorted({text.partition("(")[0] for text in CASES + CONFIGS})


def pictures(text):
    """Whole numbers that the test makes again from the program's text."""
    x = np.random.default_rng(list(text.encode())).integers(0, 256, SHAPE).astype(np.float32)
    x = x / 255 if "(0, 1)" in text else x
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if "channels_first" in text else x


def numbers(text):
    """Of each picture: more than any layer draws."""
    return np.random.default_rng(list(text[::-1].encode())).random((len(pictures(text)), 8), np.float32)


class Numbers:
    """In the place of Keras's uniform random numbers: a column of `numbers` at each call, two for two in a row."""

    def __init__(self, columns):
        self.columns, self.next = columns, 0

    def __call__(self, shape=(), minval=0.0, maxval=1.0, dtype=None, seed=None):
        shape = tuple(shape)
        count = 2 if len(shape) == 2 and shape[1] == 2 else 1
        drawn = self.columns[:, self.next : self.next + count]
        self.next += count
        drawn = drawn[0, 0] if shape == () else drawn.reshape(shape)
        return backend_random.convert_to_tensor(np.float32(minval + (maxval - minval) * drawn))


def answer(text):
    """The picture that Keras makes, each with its own numbers."""
    layer, x = eval(f"keras.layers.{text}"), pictures(text)
    found = []
    # One picture at a time: what Keras draws for a batch is then drawn for the picture.
    for picture, row in zip(x, numbers(text), strict=True):
        keras.src.backend.random.uniform = Numbers(row[None])
        found.append(keras.ops.convert_to_numpy(layer(picture[None], training=True))[0])
    return np.stack(found)


def config(text):
    """What Keras writes of a layer."""
    found = keras.layers.serialize(eval(f"keras.layers.{text}"))["config"]
    return {"program": text, "config": found}


def defaults(name):
    """The arguments of a constructor, in order, with their defaults."""
    parameters = list(inspect.signature(getattr(keras.layers, name).__init__).parameters.values())[1:]
    return [
        [p.name, None if p.default is p.empty else p.default] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD
    ]


def refusal(text):
    """The exception's name."""
    try:
        eval(f"keras.layers.{text}")
    except Exception as error:
        return type(error).__name__
    raise AssertionError(f"Keras takes {text}")


def main():
    cases, found, at = [], [], 0
    for text in CASES:
        y = answer(text)
        scale = 1 / 2**14 if "(0, 1)" in text else 1 / 64
        found.append((np.round(y / scale) * scale).astype(np.float32).ravel())
        cases.append({"program": text, "at": at, "shape": list(y.shape)})
        at += y.size
    np.savez_compressed(FOLDER / "augmentation.npz", y=np.concatenate(found))
    answers.save(
        "augmentation",
        {
            "keras": keras.__version__,
            "cases": cases,
            "configs": [config(text) for text in CONFIGS],
            "arguments": {name: defaults(name) for name in NAMES},
            "refused": [text for text in REFUSED if refusal(text)],
        },
    )


if __name__ == "__main__":
    main()
