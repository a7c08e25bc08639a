"""SpectralNormalization: a kernel divided by its largest singular value."""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.engine.graph import Alias
from cycnn.initializers import TruncatedNormal
from cycnn.layers.core.wrapper import Wrapper


@export("keras.layers")
class SpectralNormalization(Wrapper):
    """Applies a layer whose kernel is divided by an estimate of its spectral norm, in each step of training.

    With W the kernel as (rows, output channels), v = W u / |W u|, u = Wᵀ v / |Wᵀ v|, and then kernel = kernel / (vᵀ W u);
    u is kept from step to step. The layer then enlarges no difference of its inputs, which steadies GANs' discriminators.

    Args:
        layer: layer with a `kernel` or with `embeddings`.
        power_iterations: integer; how often v and u are computed in a step.

    Input shape:
        The layer's.

    Output shape:
        The layer's.

    Raises:
        ValueError: the layer has neither; or no power iterations.

    Reference:
        Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018, algorithm 1.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        self.power_iterations = checks.positive_int("power_iterations", power_iterations)

    def build(self, input_shape=None):
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        self.kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if self.kernel is None:
            raise ValueError(
                f"`layer` must be a layer with a `kernel` or with `embeddings`. Received: layer={self.layer!r}."
            )
        shape, start = (1, self.kernel.shape[-1]), TruncatedNormal(stddev=0.02)
        self.vector_u = self.add_weight(shape=shape, initializer=start, trainable=False, name="vector_u")

    def call(self, x, training=False):
        return self.layer(Normalized(self).record(x) if training else x)

    def normalize(self):
        """Divide the kernel by its spectral norm, as `vector_u` estimates it."""
        kernel, u = self.kernel.value.reshape(-1, self.kernel.shape[-1]), self.vector_u.value
        if not kernel.any():
            return
        for _ in range(self.power_iterations):
            v = _unit(u @ kernel.T)
            u = _unit(v @ kernel)
        self.vector_u.assign(u)
        self.kernel.assign(self.kernel.value / (v @ kernel @ u.T).item())

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}


class Normalized(Alias):
    """The input of a layer whose kernel is normalized before each run."""

    def __init__(self, layer):
        self.layer = layer

    def before_run(self):
        self.layer.normalize()


def _unit(x):
    return x / np.maximum(np.sqrt(np.sum(np.square(x))), np.float32(1e-12))
