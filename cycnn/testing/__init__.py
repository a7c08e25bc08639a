"""For tests of layers, cycnn's own and yours.

layer_gradients     output and gradients of one layer, by the plan that training uses
check_layer         what every layer must do: shapes, configs, batches, threads, gradients by finite differences
"""

from cycnn.core import checks
from cycnn.testing.layers import check_layer, layer_gradients

__all__ = ["check_layer", "layer_gradients"]


def __getattr__(name):
    raise AttributeError(checks.unknown("function of `cycnn.testing`", name, __all__))
