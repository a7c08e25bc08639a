"""Record what the real Keras's architectures are and predict. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_applications.py

architectures.py holds the programs, and makes weights and images from seeds. applications.json.gz:

    predicted     parameters, digest of the layers and their settings, and the first numbers of each sample's prediction
    channels_first    the same with that layout
    built         parameters and digest of the layers
    signatures    arguments and defaults
    preprocess    `preprocess_input` of each module on the same few pixels
    refusals      the exception
"""

import inspect
import sys
import warnings

import keras
import numpy as np
from answers import save
from architectures import (
    BUILT,
    CHANNELS_FIRST,
    MODULES,
    NAMES,
    PREDICTED,
    REFUSALS,
    digest,
    images,
    layers,
    pixels,
    weights,
)

FIRST = 8  # numbers of a prediction that are kept


def run(program):
    keras.utils.clear_session()
    return eval(f"keras.applications.{program}", {"keras": keras, "np": np})


def built(program):
    model = run(program)
    return model, {"parameters": model.count_params(), "layers": digest(layers(model))}


def predicted(program):
    model, case = built(program)
    x = images(program, model.input_shape)
    model.set_weights(weights(program, model.weights))
    y = model.predict(x, verbose=0).reshape(len(x), -1)
    case["size"] = y.shape[1]
    case["largest"] = float(np.abs(y).max())
    case["apart"] = float(np.abs(y[0] - y[1]).max())  # how far the images' predictions are: the measure of errors
    step = max(1, y.shape[1] // FIRST)
    case["y"] = [[float(f"{value:.7g}") for value in row[::step][:FIRST]] for row in y]
    print(f"{program}: largest {case['largest']:.3g}, apart {case['apart']:.3g}", file=sys.stderr)
    return case


def refused(program):
    try:
        run(program)
    except Exception as error:
        return type(error).__name__
    raise AssertionError(f"Keras accepts {program}")


def signature(name):
    return [[p.name, p.default] for p in inspect.signature(getattr(keras.applications, name)).parameters.values()]


def preprocessed():
    found = {}
    for module in MODULES:
        function = getattr(keras.applications, module).preprocess_input
        found[module] = function(pixels().astype("float64")).ravel().tolist()
    for mode in ("caffe", "tf", "torch"):
        x = pixels().astype("float32").transpose(2, 0, 1)
        y = keras.applications.imagenet_utils.preprocess_input(x, "channels_first", mode)
        found[f"channels_first {mode}"] = np.float64(y).ravel().tolist()
    return found


def main():
    warnings.simplefilter("ignore")
    answers = {
        "keras": keras.__version__,
        "signatures": {name: signature(name) for name in NAMES},
        "preprocess": preprocessed(),
        "refusals": {program: refused(program) for program in REFUSALS},
        "built": {program: built(program)[1] for program in BUILT},
        "predicted": {program: predicted(program) for program in PREDICTED},
    }
    keras.config.set_image_data_format("channels_first")
    answers["channels_first"] = {program: predicted(program) for program in CHANNELS_FIRST}
    save("applications", answers)


if __name__ == "__main__":
    main()
