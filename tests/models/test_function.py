"""Function, Operation and remat: as in Keras 3.15, which prints the same for these programs."""

import numpy as np
import pytest

import cycnn
from cycnn import layers

ONES = np.ones((4, 3), np.float32)


class Scaled(cycnn.Operation):
    def call(self, x, by=2.0):
        return x * by


def test_a_function_of_several_tensors():
    a, b = layers.Input((3,), name="a"), layers.Input((3,), name="b")
    dense = layers.Dense(2, kernel_initializer="ones")
    function = cycnn.Function([a, b], {"sum": a + 2 * b, "dense": dense(a)})
    found = function([ONES, 2 * ONES])
    np.testing.assert_array_equal(found["sum"], np.full((4, 3), 5))
    np.testing.assert_array_equal(found["dense"], np.full((4, 2), 3))
    assert function.compute_output_shape([(4, 3), (4, 3)]) == {"sum": (4, 3), "dense": (4, 2)}
    assert (len(function.inputs), len(function.outputs)) == (2, 2)
    assert dense in function.operations
    assert len(function.trainable_weights) == 2
    assert function([a, b])["dense"].shape == (None, 2)
    with cycnn.GradientTape() as tape:
        y = function([ONES, ONES])["dense"]
    np.testing.assert_array_equal(tape.gradient(y, dense.bias), [4, 4])


def test_a_function_begins_where_it_is_told():
    x = layers.Input((3,))
    middle = layers.Dense(5)(x)
    end = layers.Dense(2, activation="relu")(middle)
    model = cycnn.Model(x, end)
    np.testing.assert_allclose(cycnn.Function(middle, end)(cycnn.Function(x, middle)(ONES)), model(ONES), rtol=1e-6)
    with pytest.raises(ValueError, match="depend on"):
        cycnn.Function(end, model.layers[0](layers.Input((3,))))
    with pytest.raises(NotImplementedError, match="not a configuration"):
        cycnn.Function(x, end).get_config()


def test_an_operation_of_ones_own():
    cycnn.utils.clear_session()
    scaled, x = Scaled(), layers.Input((3,))
    assert scaled.name == "scaled"
    np.testing.assert_array_equal(scaled(ONES), 2 * ONES)
    model = cycnn.Model(x, layers.Dense(1, kernel_initializer="ones")(scaled(x, by=3.0)))
    np.testing.assert_array_equal(model.predict(ONES, verbose=0), np.full((4, 1), 9))
    assert scaled.symbolic_call(x).shape == (None, 3)
    dx = cycnn.gradients(model.output, x, ONES)
    np.testing.assert_array_equal(dx, np.full((4, 3), 3))


def test_remat_changes_no_number():
    dense = layers.Dense(3)

    @cycnn.remat
    def twice(x):
        """Dense, twice."""
        return dense(dense(x))

    with cycnn.RematScope(mode="larger_than", output_size_threshold=2):
        np.testing.assert_array_equal(twice(ONES), dense(dense(ONES)))
    assert twice.__doc__ == "Dense, twice."
    x = layers.Input((3,))
    assert cycnn.Model(x, cycnn.remat(dense)(x)).count_params() == 12
    with pytest.raises(ValueError, match="`mode` must be"):
        cycnn.RematScope(mode="some")
    with pytest.raises(ValueError, match="`f` must be a function"):
        cycnn.remat(3)


@pytest.mark.parametrize(
    "name", ["StatelessScope", "SymbolicScope", "Quantizer", "distribution", "quantizers", "export"]
)
def test_what_is_left_out_says_why(name):
    with pytest.raises(ImportError, match=f"cycnn has no `{name}`: .{{20}}"):
        getattr(cycnn, name)
