"""The rest of cycnn.ops beside what keras.ops answered (recorded/more_ops.json.gz), told as in `test_beside_keras.py`."""

import numpy as np
import pytest

from cycnn import ops
from tests.recorded.answers import load

RECORDED = load("more_ops")
CASES = RECORDED["ops"]
ARRAYS = {
    name: np.array(case["values"], case["dtype"])
    for name, case in {**load("ops")["arrays"], **RECORDED["arrays"]}.items()
}
LIMIT = 2e-5  # recorded with six digits


def arrays_of(program):
    return {name: ARRAYS[name] for name in compile(program, "case", "eval").co_names if name in ARRAYS}


def evaluate(program, arrays):
    return eval(program, {"ops": ops, "np": np, **arrays})


def assert_close(found, expected, scale=None):
    """Within a share of the largest number: sums of large numbers may be small."""
    expected = np.array(expected, float)
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1) if scale is None else scale
    np.testing.assert_allclose(found, expected, rtol=LIMIT, atol=LIMIT * scale)


@pytest.mark.parametrize("program", CASES)
def test_values_are_keras_s(program):
    expected, found = CASES[program], evaluate(program, arrays_of(program))
    assert isinstance(found, np.ndarray | np.generic)
    assert found.dtype == expected["dtype"]
    assert found.shape == tuple(expected["shape"])
    assert_close(found.ravel(), expected["values"])


@pytest.mark.parametrize("program", [program for program, case in CASES.items() if "gradients" in case])
def test_gradients_are_those_of_keras_s_backends(program):
    expected, arrays = CASES[program]["gradients"], arrays_of(program)

    def weighted(*tensors):
        y = evaluate(program, {**arrays, **dict(zip(expected, tensors, strict=True))})
        return ops.sum(y * np.cos(np.arange(y.size, dtype=y.dtype)).reshape(y.shape))

    _, gradients, _ = ops.value_and_gradient(weighted, [arrays[name] for name in expected])
    for found, want in zip(gradients, expected.values(), strict=True):
        assert_close(found.ravel(), want)
