"""Pictures of models, under the name that programs for Keras 2 use. Not there yet: the names say what to use instead."""

INSTEAD = {
    "model_to_dot": "`model.summary()`, a table of the layers, or `model.to_json()`, all of the model as text",
    "plot_model": "`model.summary()`, a table of the layers with their shapes and parameters",
}

__all__: list[str] = []


def __getattr__(name):
    if name in INSTEAD:
        # An AttributeError would lose its text in `from cycnn.utils import plot_model`.
        raise ImportError(f"cycnn has no {name}. Use {INSTEAD[name]}.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
