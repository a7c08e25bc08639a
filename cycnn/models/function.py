"""Operation and Function: what computes tensors from tensors, without training."""

from cycnn.core import names
from cycnn.core.registry import export
from cycnn.layers.layer import Layer
from cycnn.models.model import Functional


@export("keras")
class Operation(Layer):
    """A computation that a program names: `call`, written with `cycnn.ops`. On symbolic tensors it becomes a part of their
    graph, on arrays it is computed at once; gradients flow through.

    Where it needs weights, write a `Layer`.

    Args:
        name: string; made from the name of the class where it is None.

    Example:

    ```python
    class Scaled(cycnn.Operation):
        def call(self, x, by):
            return x * by

    Scaled()(np.ones((2, 3)), by=2.0)
    ```
    """

    def __init__(self, name=None, **kwargs):
        super().__init__(name=name, **kwargs)

    def symbolic_call(self, *args, **kwargs):
        """The symbolic outputs for symbolic inputs."""
        return self(*args, **kwargs)


@export("keras")
class Function(Operation):
    """What leads from some symbolic tensors to others, as a function: a `Model` that is not trained.

    Args:
        inputs, outputs: symbolic tensors, or lists or dictionaries of them. Inputs may be what layers gave.
        name: string.

    Attributes:
        inputs, outputs: symbolic tensors, flat.
        operations: the layers between them, in order.

    Raises:
        ValueError: the outputs depend on more than the inputs.

    Example:

    ```python
    a, b = cycnn.Input((3,)), cycnn.Input((3,))
    function = cycnn.Function([a, b], a + 2 * b)
    function([np.ones((1, 3)), np.ones((1, 3))])  # array([[3., 3., 3.]], dtype=float32)
    ```
    """

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name or names.auto_name("function"))
        self._model = Functional(inputs, outputs, name=self.name)

    @property
    def inputs(self):
        return self._model.inputs

    @property
    def outputs(self):
        return self._model.outputs

    @property
    def operations(self):
        return list(dict.fromkeys(self._model._topology.operations))

    @property
    def input(self):
        return self._model.input

    @property
    def output(self):
        return self._model.output

    def call(self, inputs):
        return self._model.call(inputs)

    def get_config(self):
        raise NotImplementedError(
            f"A `Function` holds tensors, not a configuration: save a `Model` of them. Received: {self.name!r}."
        )
