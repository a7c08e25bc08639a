"""BatchNormalization: statistics of the batch, and of all batches seen."""

import math

from cycnn import constraints, initializers, kernels, regularizers
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, once, per_group
from cycnn.layers.layer import Layer, serialize
from cycnn.ops.layout import Transpose


@export("keras.layers")
class BatchNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, for each channel.

    While training, mean and variance are those of the batch, and `moving = moving * momentum + batch * (1 - momentum)`
    follows them; else they are the moving ones. A layer with `trainable = False` always uses the moving ones.

    Args:
        axis: the channel axis.
        momentum: number between 0 and 1.
        epsilon: number added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: name, object or function.
        beta_regularizer, gamma_regularizer: penalty added to the loss, or None.
        beta_constraint, gamma_constraint: projection after each update, or None.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.

    Reference:
        Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift,
        ICML 2015. The variance is the biased one, as in Keras; statistics of parts are merged by Chan et al., 1979.
    """

    min_ndim = 2
    takes_mask = True
    keeps_gradient = True
    takes_any_activation = True

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        self.axis = checks.as_integer(axis)
        if self.axis is None or self.axis == 0:
            raise ValueError(f"`axis` must be an integer other than 0, the sample axis. Received: axis={axis!r}.")
        self.momentum = checks.number("momentum", momentum, 0, 1)
        self.epsilon = checks.number("epsilon", epsilon, 0)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.synchronized = bool(synchronized)
        self.gamma = self.beta = self.moving_mean = self.moving_variance = None

    def build(self, input_shape):
        rank = len(input_shape)
        if not -rank < self.axis < rank:
            raise ValueError(
                f"Layer {self.name!r}: the input has no axis {self.axis}. Received: input shape {input_shape}."
            )
        shape = (input_shape[self.axis],)
        if self.scale:
            self.gamma = self.add_weight(
                shape, self.gamma_initializer, name="gamma", regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )  # fmt: skip
        if self.center:
            self.beta = self.add_weight(
                shape, self.beta_initializer, name="beta", regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )  # fmt: skip
        self.moving_mean = self.add_weight(shape, self.moving_mean_initializer, name="moving_mean", trainable=False)
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, name="moving_variance", trainable=False
        )
        self.built = True

    def call(self, x):
        rank = x.ndim
        place = self.axis % rank
        if place == rank - 1:
            return self.record(x)
        there = [a for a in range(1, rank) if a != place] + [place]
        back = [there.index(a) + 1 for a in range(1, rank)]
        return Transpose(back).record(self.record(Transpose(there).record(x)))

    def memory(self, x):
        c = x.shape[-1]
        if c != self.moving_mean.shape[0]:
            raise ValueError(
                f"Layer {self.name!r} (BatchNormalization) was built for {self.moving_mean.shape[0]} channels. "
                f"Received: input of shape {x.shape}."
            )
        return Memory(
            TensorSpec(x.shape),
            {
                "moments": per_group((2 * c + 1,)),
                "mean": once((c,)),
                "variance": once((c,)),
                "partial sums": per_group((2 * c + 1,)),
                "sums": once((2 * c + 1,)),
            },
        )

    @staticmethod
    def _rows(x):
        return x.view(math.prod(x.shape[:-1]), x.shape[-1])

    def flops(self, x):
        return 4 * x.size

    def is_constant(self, training):
        """Whether mean and variance do not depend on the batch."""
        return not (training and self.trainable)

    def fold(self, emit, kernel, bias, folded, offset):
        """Emit, as a preparation, the weights with which a product gives what this layer makes of its output.

        Args:
            kernel, folded: buffers (rows, channels, weights of each in a row).
            bias, offset: buffers or variables (channels,); `bias` may be None.
        """
        emit.prepare(
            kernels.norm.fold, kernel, bias, self.moving_mean, self.moving_variance, self.gamma, self.beta, folded,
            offset, self.epsilon, units=kernel.shape[0],
        )  # fmt: skip

    @staticmethod
    def _kind(activation):
        """What the kernels take of an activation: the number of its kind, and its parameters."""
        return (0, (0.0, 0.0, 0.0)) if activation is None else (activation.code, activation.parameters)

    def forward(self, emit, x, y, work, *, training, activation=None):
        norm, (kind, parameters) = kernels.norm, self._kind(activation)
        x, y = self._rows(x), self._rows(y)
        mean, variance = self.moving_mean, self.moving_variance
        work["batch"] = not self.is_constant(training)
        if work["batch"]:
            emit.sums(norm.moments, x, work["moments"])
            emit.whole(
                norm.merge_moments, work["moments"], work["mean"], work["variance"], mean, variance, self.momentum
            )
            mean, variance = work["mean"], work["variance"]
        emit(norm.normalize, x, mean, variance, self.gamma, self.beta, y, kind, self.epsilon, *parameters)

    def backward(self, emit, x, y, dy, dx, work, activation=None):
        """With an activation, y and dy are of its output; `activated_sums` makes dy that of its input."""
        norm, (kind, parameters) = kernels.norm, self._kind(activation)
        x, y, dy, dx = self._rows(x), self._rows(y), self._rows(dy), dx and self._rows(dx)
        dgamma = emit.gradient(self.gamma)
        dbeta = emit.gradient(self.beta)
        mean, variance = self.moving_mean, self.moving_variance
        if work["batch"]:
            mean, variance = work["mean"], work["variance"]
        if activation:
            y = None if activation.from_input else y
            statistics = mean, variance, self.gamma, self.beta
            emit.sums(norm.activated_sums, x, dy, *statistics, y, work["partial sums"], kind, self.epsilon, *parameters)
        if work["batch"] or dgamma or dbeta:
            if not activation:
                emit.sums(norm.backward_sums, x, dy, mean, variance, work["partial sums"], self.epsilon)
            emit.whole(norm.merge_sums, work["partial sums"], work["sums"], dgamma, dbeta)
        if not dx:
            return
        if work["batch"]:
            emit(norm.backward_input, dy, x, mean, variance, self.gamma, work["sums"], dx, self.epsilon)
        else:
            emit(norm.backward_fixed, dy, variance, self.gamma, dx, self.epsilon)

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": serialize(self.beta_initializer),
            "gamma_initializer": serialize(self.gamma_initializer),
            "moving_mean_initializer": serialize(self.moving_mean_initializer),
            "moving_variance_initializer": serialize(self.moving_variance_initializer),
            "beta_regularizer": serialize(self.beta_regularizer),
            "gamma_regularizer": serialize(self.gamma_regularizer),
            "beta_constraint": serialize(self.beta_constraint),
            "gamma_constraint": serialize(self.gamma_constraint),
            "synchronized": self.synchronized,
        }
