"""Record what the real Keras, and TensorFlow's tapes, answer to the programs of tapes.py. Imports them, never cycnn.

    KERAS_BACKEND=tensorflow python record_gradients.py
    KERAS_BACKEND=torch python record_gradients.py

TensorFlow records, as it has the tapes; PyTorch repeats what uses none, and a difference beyond rounding fails.
gradients.json.gz: the programs and their answers, numbers with six digits.
"""

import sys
import warnings

import keras
import numpy as np
from answers import load, save
from tapes import PRELUDE, PROGRAMS


def run(program, tensorflow):
    keras.utils.clear_session()
    names = {"keras": keras, "np": np, "tf": tensorflow}
    exec(PRELUDE + program, names)
    return plain(names["answer"])


def plain(answer):
    """What JSON can hold of an answer."""
    if isinstance(answer, dict):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [plain(value) for value in answer]
    if answer is None or isinstance(answer, bool | str | int):
        return answer
    answer = keras.ops.convert_to_numpy(answer)
    if answer.ndim:
        return plain(answer.tolist())
    return float(f"{float(answer):.6g}") if answer.dtype.kind == "f" else int(answer)


def compare(found, expected, where):
    if isinstance(expected, dict | list):
        pairs = expected.items() if isinstance(expected, dict) else enumerate(expected)
        assert len(found) == len(expected), where
        for key, value in pairs:
            compare(found[key], value, f"{where}[{key!r}]")
    elif isinstance(expected, float):
        assert abs(found - expected) <= 1e-4 * max(1, abs(expected)), f"{where}: {found} and {expected}"
    else:
        assert found == expected, where


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if keras.backend.backend() == "torch":
        cases = load("gradients")["cases"]
        repeated = [name for name, case in cases.items() if "tf." not in case["program"]]
        for name in repeated:
            compare(run(cases[name]["program"], None), cases[name]["answer"], name)
        sys.exit(print(f"{len(repeated)} of {len(cases)} repeated"))
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    cases = {name: {"program": program, "answer": run(program, tensorflow)} for name, program in PROGRAMS.items()}
    about = {"keras": keras.__version__, "tensorflow": tensorflow.__version__}
    save("gradients", {"about": about, "prelude": PRELUDE, "cases": cases})
    print(f"{len(cases)} answers")
