"""Pictures of models, under the name of the module in Keras 2."""

from cycnn.utils.model_visualization import model_to_dot, plot_model

__all__ = ["model_to_dot", "plot_model"]
