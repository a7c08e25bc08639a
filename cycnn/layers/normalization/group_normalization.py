"""GroupNormalization: each sample's groups of channels by their own mean and variance."""

import math

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, once, per_group, per_sample
from cycnn.layers.layer import Layer
from cycnn.layers.normalization.scale_and_center import ScaleAndCenter
from cycnn.ops.layout import Transpose


@export("keras.layers")
class GroupNormalization(ScaleAndCenter, Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the mean and variance of each sample over all axes but
    the channels', and over `groups` parts of these; gamma and beta are for each channel.

    With one group this is layer normalization over the whole sample, with as many as channels instance normalization.

    Args:
        groups: integer that divides the number of channels; -1: as many as channels.
        axis: the channel axis.
        epsilon: number added to the variance.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: name, object or function.
        beta_regularizer, gamma_regularizer: penalty added to the loss, or None.
        beta_constraint, gamma_constraint: projection after each update, or None.

    Input shape:
        Any with at least two axes.

    Output shape:
        The input's.

    Reference:
        Wu and He, Group Normalization, ECCV 2018.
    """

    supports_masking = True
    min_ndim = 2

    def __init__(
        self,
        groups=32,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.groups = checks.as_integer(groups)
        if self.groups is None or (self.groups < 1 and self.groups != -1):
            raise checks.refuse("groups", "a positive integer, or -1 for as many as channels", groups)
        self.axis = checks.as_integer(axis)
        if self.axis is None or self.axis == 0:
            raise checks.refuse("axis", "an integer other than 0, the sample axis", axis)
        self.epsilon = checks.number("epsilon", epsilon, 0)
        self._take(
            center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint,
            gamma_constraint,
        )  # fmt: skip

    def build(self, input_shape):
        rank = len(input_shape)
        if not -rank < self.axis < rank:
            raise ValueError(
                f"Layer {self.name!r} (GroupNormalization): the input has no axis {self.axis}. "
                f"Received: input shape {input_shape}."
            )
        channels = input_shape[self.axis]
        if channels is None:
            self._refuse_input("a known number of channels, on which its weights depend", f"shape={tuple(input_shape)}")
        self.groups = channels if self.groups == -1 else self.groups
        if channels % self.groups:
            raise ValueError(
                f"Layer {self.name!r} (GroupNormalization): `groups` must divide the number of channels. "
                f"Received: groups={self.groups}, {channels} channels."
            )
        self.channels = channels
        self._add_weights((channels,))
        self.built = True

    def call(self, x):
        place = self.axis % x.ndim
        order = [*(axis for axis in range(1, x.ndim) if axis != place), place]
        back = [order.index(axis) + 1 for axis in range(1, x.ndim)]
        return Transpose(back).record(self.record(Transpose(order).record(x)))

    def memory(self, x):
        c = x.shape[-1]
        if c != self.channels:
            raise ValueError(
                f"Layer {self.name!r} (GroupNormalization) was built for {self.channels} channels. "
                f"Received: input of shape {x.shape}."
            )
        size = 2 * c + 1
        return Memory(
            TensorSpec(x.shape),
            {
                "moments": per_sample((size,)),
                "sums": per_sample((size,)),
                "partial sums": per_group((size,)),
                "all sums": once((size,)),
            },
        )

    @staticmethod
    def _rows(x):
        return x.view(math.prod(x.shape[:-1]), x.shape[-1])

    def flops(self, x):
        return 8 * x.size

    def forward(self, emit, x, y, work, *, training):
        x, y, numbers = self._rows(x), self._rows(y), (self.groups, self.epsilon)
        emit(kernels.norm.group_forward, x, self.gamma, self.beta, y, work["moments"], *numbers)

    def backward(self, emit, x, y, dy, dx, work):
        norm, gemm = kernels.norm, kernels.gemm
        x, dy, sums = self._rows(x), self._rows(dy), work["sums"]
        dgamma, dbeta = emit.gradient(self.gamma), emit.gradient(self.beta)
        if dgamma or dbeta or dx:
            emit(norm.group_sums, x, dy, work["moments"], sums, self.epsilon)
        if dgamma or dbeta:
            units = gemm.bias_units(sums.size)
            emit.sums(gemm.backward_bias, sums.view(1, sums.size), work["partial sums"], units=units)
            emit.whole(norm.merge_sums, work["partial sums"], work["all sums"], dgamma, dbeta)
        if dx:
            numbers = (self.groups, self.epsilon)
            emit(norm.group_backward, dy, x, self.gamma, work["moments"], sums, self._rows(dx), *numbers)

    def get_config(self):
        return {
            **super().get_config(),
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            **self._weights_config(),
        }
