"""Losses as the last operations of a plan."""

from cycnn.core.shapes import rows_of
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.ops.softmax import Softmax


class Objective:
    """One loss per output.

    Args:
        losses: list of `Loss`.
        feeds: for each output, the function that emits the gathering of its targets.
        weigh: the function that emits the gathering of sample weights, or None.
        differentiates: whether gradients are wanted.
    """

    def __init__(self, losses, feeds, weigh, differentiates):
        self.losses, self.feeds, self.weigh, self.differentiates = losses, feeds, weigh, differentiates

    def absorbs(self, node, k):
        """Whether output `k`'s loss takes the place of this node, which computes it."""
        return type(node.operation) is Softmax and self.losses[k].absorbs_softmax()

    def emit(self, emit, plan, xs, ys):
        """Emit all losses; returns the gradient of each output (of the softmax's input, where that is absorbed)."""
        weight = None
        if self.weigh is not None:
            weight = Buffer.new("sample weight", SAMPLE, ())
            self.weigh(emit, weight)
        gradients = []
        for k, (loss, feed, x, y) in enumerate(zip(self.losses, self.feeds, xs, ys, strict=True)):
            rows, columns = rows_of(y.shape)
            shape = (rows, columns) if loss.targets == "float32" else (rows,)
            target = Buffer.new(f"target {k}", SAMPLE, shape, loss.targets)
            feed(emit, target)
            value = plan.external(f"value {k}", (rows,), samples=True)
            scale = plan.external(f"scale {k}", (1,))
            dx = Buffer.new(f"d output {k}", SAMPLE, x.shape) if self.differentiates else None
            absorbed = x.storage is not y.storage
            loss.emit(
                emit,
                x.view(rows, columns) if absorbed else None,
                y.view(rows, columns),
                target,
                weight,
                scale,
                value,
                dx and dx.view(rows, columns),
            )
            gradients.append(dx)
        return gradients
