"""Products with a matrix of weights, by `kernels.gemm`."""

import copy

from cycnn import kernels
from cycnn.core.spec import TensorSpec
from cycnn.core.variable import Variable
from cycnn.engine.graph import Memory, Operation, current_scope, once, per_group
from cycnn.ops.convolution import Sliding


class ByMatrix(Operation):
    """y = x @ kernel + bias, a sample seen as rows of k, the kernel as a (k, f) matrix and the bias as f numbers.

    What makes the weights has them as `kernel` and `bias`, and its `memory` is `_product_memory`.
    """

    takes_activation = True
    kernel = bias = None

    def _product_memory(self, output, k, f):
        self._sides = k, f
        return Memory(
            output,
            {
                "packed": once((kernels.gemm.packed_size(k, f),)),
                "transposed": once((kernels.gemm.packed_size(f, k),)),
                "partial bias": per_group((f,)),
            },
        )

    def flops(self, x):
        return 2 * x.size * self._sides[1]

    def forward(self, emit, x, y, work, *, training, activation=0):
        gemm, (k, f) = kernels.gemm, self._sides
        rows = x.size // k
        x, y, matrix, packed = x.view(rows, k), y.view(rows, f), emit.flat(self.kernel).view(k, f), work["packed"]
        bias = None if self.bias is None else emit.flat(self.bias)
        if emit.repacks and emit.streams(packed.storage.size, x.storage.size + y.storage.size):
            # Packing all of it would take longer than the product.
            emit.whole(gemm.forward_unpacked, x, matrix, bias, y, activation, units=gemm.pack_units(f))
        else:
            emit.prepare(gemm.pack, matrix, packed, units=gemm.pack_units(f))
            emit(gemm.forward, x, packed, bias, y, activation, units=rows, weights=packed)

    def backward(self, emit, x, y, dy, dx, work):
        gemm, update, (k, f) = kernels.gemm, kernels.update, self._sides
        kernel, bias = emit.gradient(self.kernel), emit.gradient(self.bias)
        rows = x.size // k
        x, dy = x.view(rows, k), dy.view(rows, f)
        if bias:
            emit.sums(gemm.backward_bias, dy, work["partial bias"], units=gemm.bias_units(f))
            emit.whole(update.reduce, work["partial bias"], bias.view(f), units=emit.blocks(f))
        if kernel:  # once for the batch: its tiles want many rows, and there is one row a sample
            emit.whole(gemm.backward_kernel, x, dy, kernel.view(k, f), units=gemm.kernel_units(k, f))
        if dx:
            dx, matrix, packed = dx.view(rows, k), emit.flat(self.kernel).view(k, f), work["transposed"]
            if emit.repacks and emit.streams(packed.storage.size, dy.storage.size + dx.storage.size):
                emit.whole(gemm.backward_input, dy, matrix, dx, units=gemm.input_units(k))
            else:
                emit.prepare(gemm.pack_transposed, matrix, packed, units=gemm.pack_units(k))
                emit(gemm.forward, dy, packed, None, dx, 0, units=rows, weights=packed)


class Product(ByMatrix):
    """The product with a weight that a layer's `call` names: `ops.matmul(x, self.w)`."""

    def __init__(self, kernel):
        self.kernel, self.variables = kernel, (kernel,)

    def memory(self, x):
        return self._product_memory(TensorSpec((*x.shape[:-1], self.kernel.shape[1])), *self.kernel.shape)


def biased(x, bias):
    """x + bias as a single operation, where x is a product or a convolution by a weight, of this call; else None."""
    if x.node is None or not isinstance(bias, Variable) or tuple(bias.shape) != x.shape[-1:]:
        return None
    operation, scope = x.node.operation, current_scope()
    here = x.node.layer is scope.layer and x.node.training == scope.training
    if not here or not isinstance(operation, (Product, Sliding)) or operation.bias is not None:
        return None
    both = copy.copy(operation)
    both.bias, both.variables = bias, (operation.kernel, bias)
    return both.record(x.node.inputs[0])
