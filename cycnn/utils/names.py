"""Automatic names, from the beginning."""

from cycnn.core import names


def clear_session(free_memory=True):
    """Number automatic names from the beginning again: the next `Conv2D` is `conv2d`.

    Args:
        free_memory: accepted for Keras's sake; nothing is kept behind a model's back.
    """
    names.reset()
