"""What `fit` takes as one batch: x, (x, y), or (x, y, sample_weight)."""


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """A batch of what is given: `x` itself or, where it is a list, `(x,)`; `(x, y)`; `(x, y, sample_weight)`."""
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, (list, tuple)) else x


def unpack_x_y_sample_weight(data):
    """`(x, y, sample_weight)` of a batch, None for what it does not hold.

    Raises:
        ValueError: a tuple of more than three.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"A batch must be x, (x, y) or (x, y, sample_weight). Received: a tuple of {len(data)}.")
    return (*data, None, None)[:3]
