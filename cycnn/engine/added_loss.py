"""What a layer adds to the loss of whoever trains it."""

from cycnn.engine.buffers import SAMPLE, Buffer


class AddedLoss:
    """A number, computed from whole batches: an activity regularizer's penalty, or what `add_loss` was given.

    A subclass says what it is by `value` and `value_and_gradients`, which plans call in the place of kernels.

    Attributes:
        layer: whose it is.
        inputs: tuple of the symbolic tensors that it is computed from.
        variables: tuple of those that it reads besides.
    """

    variables = ()

    def __init__(self, layer, inputs):
        self.layer, self.inputs = layer, tuple(inputs)

    def value(self, *arrays):
        """The number, for the values of the inputs."""
        raise NotImplementedError(f"{type(self).__name__} has no value")

    def value_and_gradients(self, *arrays):
        """The number, and the gradients of the inputs and then of the variables: a list of arrays."""
        raise NotImplementedError(f"{type(self).__name__} has no gradients")

    def forward(self, emit, xs, value):
        """Emit the number. `xs` are the inputs' buffers."""

        def evaluate(*operands):
            operands[-1][0] = self.value(*operands[: len(xs)])

        emit.host(evaluate, *xs, *self.variables, value, modes="r" * (len(xs) + len(self.variables)) + "w")

    def gradient_buffers(self, xs):
        """Where `backward` writes the gradients of the inputs."""
        return [Buffer.new(f"d {self.layer.name}", SAMPLE, x.shape) for x in xs]

    def backward(self, emit, xs, dxs, value=None, seed=None):
        """Emit the gradients.

        Args:
            value: where to put the number too, or None.
            seed: its own gradient, one number; None: 1.
        """
        read = (*xs, *self.variables, seed)
        written = (value, *dxs, *map(emit.gradient, self.variables))

        def differentiate(*operands):
            seed, value, *gradients = operands[len(read) - 1 :]
            found, parts = self.value_and_gradients(*operands[: len(xs)])
            if value is not None:
                value[0] = found
            for gradient, part in zip(gradients, parts, strict=True):
                if gradient is not None:
                    gradient[...] = part if seed is None else seed[0] * part

        emit.host(differentiate, *read, *written, modes="r" * len(read) + "w" * len(written))
