"""Record what the real Keras answers to programs around `compile` and `fit`. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_training.py

flows.py holds the programs; their text is recorded with the answers, and the tests run the same text with cycnn in
Keras's place. training.json.gz: the answers, numbers with seven digits, and for refused programs the kind of the error.
"""

import warnings

import keras
import numpy as np
from answers import save
from flows import FLOWS, PRELUDE, REFUSED


def run(program):
    keras.utils.clear_session()
    names = {"keras": keras, "np": np}
    exec(PRELUDE + program, names)
    return names.get("answer")


def plain(answer):
    """What JSON can hold of an answer."""
    if isinstance(answer, dict):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [plain(value) for value in answer]
    if isinstance(answer, np.ndarray):
        return plain(answer.tolist())
    if isinstance(answer, float | np.floating):
        return float(f"{float(answer):.7g}")
    return int(answer) if isinstance(answer, np.integer) else answer


def refusal(program):
    try:
        run(program)
    except Exception as error:
        return type(error).__name__
    raise AssertionError(f"Keras takes {program}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Keras warns of its own default, shuffle=True, at every generator
    cases = {name: {"program": program, "answer": plain(run(program))} for name, program in FLOWS.items()}
    refused = {}
    for title, program in REFUSED.items():
        name, word = title.split(" -> ")
        refused[name] = {"program": program, "word": word, "error": refusal(program)}
    about = {"keras": keras.__version__}
    save("training", {"about": about, "prelude": PRELUDE, "cases": cases, "refused": refused})
    print(f"{len(cases)} answers, {len(refused)} refusals")
