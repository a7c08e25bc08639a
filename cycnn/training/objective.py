"""Losses as the last operations of a plan."""

import numpy as np

from cycnn import kernels
from cycnn.core.shapes import rows_of
from cycnn.engine.buffers import SAMPLE, Buffer
from cycnn.ops.softmax import Softmax


class Objective:
    """The losses of a model's outputs.

    Args:
        terms: list of `compiled.Term`.
        targets: for each term, the shape of one sample's target.
        weights: for each term, the shape of one sample's weights, or None where there are none.
        feeds: `{name: function that emits the gathering}` of the buffers `target j`, j the term, and `weight k`, k the
            output.
        differentiates: whether gradients are wanted.
    """

    def __init__(self, terms, targets, weights, feeds, differentiates):
        self.terms, self.targets, self.weights, self.feeds = terms, targets, weights, feeds
        self.differentiates = differentiates
        outputs = [term.output for term in terms]
        self._only_loss_of = {term.output: term.loss for term in terms if outputs.count(term.output) == 1}

    def absorbs(self, node, k):
        """Whether output `k`'s loss takes the place of this node, which computes it, and for nobody else."""
        loss = self._only_loss_of.get(k)
        return type(node.operation) is Softmax and loss is not None and loss.has_kernel and loss.absorbs_softmax()

    def emit(self, emit, plan, xs, ys):
        """Emit all losses; returns the gradient of each output (of the softmax's input, where that is absorbed)."""
        gradients, gathered = [None] * len(ys), {}
        for j, (term, shape, weights) in enumerate(zip(self.terms, self.targets, self.weights, strict=True)):
            k = term.output
            x, y = xs[k], ys[k]
            target = self._gathered(emit, f"target {j}", shape, term.loss.targets)
            if weights is not None and k not in gathered:
                gathered[k] = self._gathered(emit, f"weight {k}", weights)
            dx = Buffer.new(f"d output {k}", SAMPLE, x.shape) if self.differentiates else None
            emit_loss = _emit_kernel if term.loss.has_kernel else _emit_python
            emit_loss(emit, plan, j, term, x, y, target, gathered.get(k), dx)
            if gradients[k] is None:
                gradients[k] = dx
            else:
                emit(kernels.elementwise.add, dx.view(dx.size), gradients[k].view(dx.size))
        return gradients

    def add(self, emit, plan, k, loss, xs):
        """Emit what a layer adds to the loss; returns the gradient of each tensor that it reads."""
        value = plan.external(f"added {k}", (1,))
        if not self.differentiates:
            loss.forward(emit, xs, value)
            return [None] * len(xs)
        dxs = loss.gradient_buffers(xs)
        loss.backward(emit, xs, dxs, value=value)
        return dxs

    def _gathered(self, emit, name, shape, dtype="float32"):
        buffer = Buffer.new(name, SAMPLE, shape, dtype)
        self.feeds[name](emit, buffer)
        return buffer


def _emit_kernel(emit, plan, j, term, x, y, target, weight, dx):
    """One value per sample and position, before weighting; `scale` is set for every batch."""
    rows, columns = rows_of(y.shape)
    value = plan.external(f"value {j}", (rows,), samples=True)
    scale = plan.external(f"scale {j}", (1,))
    absorbed = x.storage is not y.storage
    term.loss.emit(
        emit,
        x.view(rows, columns) if absorbed else None,
        y.view(rows, columns),
        target.view(*((rows, columns) if term.loss.targets == "float32" else (rows,))),
        weight,
        scale,
        value,
        dx and dx.view(rows, columns),
    )


def _emit_python(emit, plan, j, term, x, y, target, weight, dx):
    """A user's loss: one value per batch, and its gradient by automatic differentiation."""
    loss, factor = term.loss, np.float32(term.factor)
    loss.must_reduce()
    value = plan.external(f"value {j}", (1,))

    def evaluate(y, target, weight, value):
        value[0] = loss(target, y, weight)

    def differentiate(y, target, weight, value, dx):
        value[0], gradient = loss.value_and_gradient(target, y, weight)
        np.multiply(gradient, factor, out=dx)

    if dx is None:
        emit.host(evaluate, y, target, weight, value, modes="rrrw")
    else:
        emit.host(differentiate, y, target, weight, value, dx, modes="rrrww")
