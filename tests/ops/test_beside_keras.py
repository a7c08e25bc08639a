"""Functions of cycnn.ops and cycnn.backend beside what keras.ops, and Keras 2's backend, answered (recorded/ops.json)."""

import numpy as np
import pytest

from cycnn import backend, ops
from tests.recorded.answers import load

RECORDED = load("ops")
ARRAYS = {name: np.array(case["values"], case["dtype"]) for name, case in RECORDED["arrays"].items()}


def arrays_of(program):
    return {name: ARRAYS[name] for name in compile(program, "case", "eval").co_names if name in ARRAYS}


def evaluate(program, arrays):
    return eval(program, {"ops": ops, "K": backend, "np": np, **arrays})


def assert_close(found, expected, scale=1e-5):
    np.testing.assert_allclose(found, expected, rtol=scale, atol=scale)


@pytest.mark.parametrize("program", RECORDED["ops"])
def test_values_are_keras_s(program):
    expected, found = RECORDED["ops"][program], evaluate(program, arrays_of(program))
    assert isinstance(found, np.ndarray)
    assert found.dtype == expected["dtype"]
    assert found.shape == tuple(expected["shape"])
    assert_close(found.ravel(), expected["values"])


ALL = {**RECORDED["ops"], **RECORDED["K"]}

# Keras divides 0 by 0 there.
UNDEFINED = {"ops.normalize(ties * 0)", "K.sqrt(a)"}


@pytest.mark.parametrize("program", [p for p, case in ALL.items() if "gradients" in case and p not in UNDEFINED])
def test_gradients_are_those_of_keras_s_backends(program):
    expected, arrays = ALL[program]["gradients"], arrays_of(program)

    def weighted(*tensors):
        y = evaluate(program, {**arrays, **dict(zip(expected, tensors, strict=True))})
        return ops.sum(y * np.cos(np.arange(y.size, dtype=y.dtype)).reshape(y.shape))

    _, gradients, _ = ops.value_and_gradient(weighted, [arrays[name] for name in expected])
    for found, (name, want) in zip(gradients, expected.items(), strict=True):
        assert found.dtype == np.float32
        assert found.shape == arrays[name].shape
        assert_close(found.ravel(), want, 1e-5 * max(1.0, np.abs(want).max()))


@pytest.mark.parametrize("program", RECORDED["K"])
def test_the_backend_s_functions_are_keras_2_s(program):
    expected, found = RECORDED["K"][program], np.asarray(evaluate(program, arrays_of(program)))
    assert found.dtype == expected["dtype"]
    assert found.shape == tuple(expected["shape"])
    assert_close(found.ravel(), expected["values"])


def test_every_function_has_a_case():
    """Or stands here: what needs no numbers of Keras is tested by itself."""
    text = " ".join([*RECORDED["ops"], *load("more_ops")["ops"]])
    elsewhere = (
        "Elementwise LogSoftmax Reshape Softmax Tape Tensor Transpose cond convert_to_numpy custom_gradient dtype eig empty "
        "empty_like get_item hard_swish image is_tensor l2_normalize linalg ndim nonzero shape size value_and_gradient vjp"
    )
    named = {name for name in ops.__all__ if f"ops.{name}(" not in text and f"(ops.{name}," not in text}
    assert named == set(elsewhere.split())
    assert all(f"ops.image.{name}(" in text for name in ops.image.__all__ if name != "elastic_transform")
