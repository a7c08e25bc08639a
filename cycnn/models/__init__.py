"""Models: layers in a row (`Sequential`) or in any graph (`Model`), with compile, fit, evaluate and predict."""

from cycnn.models.model import Model
from cycnn.models.sequential import Sequential

Functional = Model

__all__ = ["Functional", "Model", "Sequential"]
