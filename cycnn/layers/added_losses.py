"""What layers add to the loss: penalties on their outputs, and the numbers that `add_loss` is given."""

from cycnn import ops
from cycnn.engine.added_loss import AddedLoss
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops.symbolic import Expression, Whole


class ActivityPenalty(AddedLoss):
    """An activity regularizer's penalty of one output, divided by the number of samples."""

    def __init__(self, layer, output):
        super().__init__(layer, [output])

    def value(self, y):
        return self.value_and_gradients(y)[0]

    def value_and_gradients(self, y):
        rule = self.layer.activity_regularizer
        if hasattr(rule, "value_and_gradient"):
            value, gradient = rule.value_and_gradient(y)
        else:
            value, (gradient,), _ = ops.value_and_gradient(rule, [y])
        return value / len(y), [gradient / len(y)]


class AddedFunction(AddedLoss):
    """The sum of what a function of symbolic tensors and variables gives.

    Args:
        layer: whose it is.
        function: `ops.symbolic.Whole` or `Expression`.
    """

    def __init__(self, layer, function):
        super().__init__(layer, getattr(function, "inputs", ()))
        self.function, self.variables = function, tuple(function.variables)
        self._dtypes = [tensor.dtype for tensor in self.inputs]

    def value(self, *arrays):
        return self._sum(*self._typed(arrays)).item()

    def value_and_gradients(self, *arrays):
        value, dxs, dvs = ops.value_and_gradient(self._sum, self._typed(arrays), self.variables)
        return value, [*dxs, *dvs]

    def _sum(self, *values):
        found = self.function.evaluate(values) if self.inputs else self.function.evaluate()
        return ops.sum(ops.cast(found, "float32"))

    def _typed(self, arrays):
        return [array.astype(dtype, copy=False) for array, dtype in zip(arrays, self._dtypes, strict=True)]


def added_function(layer, loss):
    """The `AddedLoss` of what stands for a number while a layer is recorded; None where it does not.

    Args:
        layer: whose it is.
        loss: function of symbolic tensors or variables, or a symbolic tensor, whose elements are added up.
    """
    if isinstance(loss, SymbolicTensor):
        loss = ops.sum(loss)
    return AddedFunction(layer, loss) if isinstance(loss, (Whole, Expression)) else None
