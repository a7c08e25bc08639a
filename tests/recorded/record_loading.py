"""Record what the real Keras answers to programs that load and prepare data. Imports Keras, never cycnn.

    KERAS_BACKEND=tensorflow python record_loading.py          with Pillow and SciPy

loading.py holds the programs; their text is recorded with the answers, and the tests run the same text with cycnn in
Keras's place. loading.json.gz: the answers, numbers with seven digits.
"""

import tempfile
import warnings

import keras
import numpy as np
from answers import save
from keras.src.legacy.preprocessing import image, sequence, text
from loading import PRELUDE, PROGRAMS


def run(program):
    with tempfile.TemporaryDirectory() as folder:
        names = {"keras": keras, "np": np, "folder": folder, "image": image, "sequence": sequence, "text": text}
        exec(PRELUDE + program, names)
    return names["answer"]


def plain(answer):
    """What JSON can hold of an answer."""
    if isinstance(answer, dict):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [plain(value) for value in answer]
    if hasattr(answer, "numpy") or isinstance(answer, np.ndarray):
        return plain(np.asarray(answer).tolist())
    if isinstance(answer, float | np.floating):
        return float(f"{float(answer):.7g}")
    return int(answer) if isinstance(answer, np.integer | bool | np.bool_) else answer


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = {name: {"program": program, "answer": plain(run(program))} for name, program in PROGRAMS.items()}
    save("loading", {"about": {"keras": keras.__version__}, "prelude": PRELUDE, "cases": cases})
    print(f"{len(cases)} answers")
