"""Sequences of any length as one array."""

import numpy as np

from cycnn.core import checks


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Sequences as the rows of one array: shorter ones are filled up, longer ones cut off.

    Args:
        sequences: List of sequences: of numbers, or of arrays of the same shape.
        maxlen: Length of all rows; `None`: that of the longest sequence.
        dtype: Type of the array; `object` for texts of any length.
        padding: Where a row is filled up: `"pre"`, before the sequence, or `"post"`, behind it.
        truncating: Where a sequence is cut off: `"pre"` or `"post"`.
        value: What rows are filled up with.

    Returns:
        A new array (sequences, maxlen, ...).

    Raises:
        ValueError: If there is something else among the sequences, or their items differ in shape.

    Example:

    ```python
    >>> cycnn.utils.pad_sequences([[1], [2, 3, 4]], maxlen=2)
    array([[0, 1],
           [3, 4]], dtype=int32)
    ```
    """
    padding = checks.one_of("padding", padding, ("pre", "post"))
    truncating = checks.one_of("truncating", truncating, ("pre", "post"))
    try:
        lengths = [len(sequence) for sequence in sequences]
    except TypeError:
        raise checks.refuse("sequences", "a list of sequences", sequences) from None
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"`dtype` must be object to fill up with texts. Received: dtype={dtype!r}, value={value!r}.")
    maxlen = max(lengths, default=0) if maxlen is None else checks.positive_int("maxlen", maxlen)
    item = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    rows = np.full((len(lengths), maxlen, *item), value, dtype)
    for k, sequence in enumerate(sequences):
        if not len(sequence):
            continue
        kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype)
        if kept.shape[1:] != item:
            raise ValueError(
                f"The items of all sequences must have the shape {item} of the first one's. "
                f"Received: {kept.shape[1:]} in sequence {k}."
            )
        if padding == "pre":
            rows[k, maxlen - len(kept) :] = kept
        else:
            rows[k, : len(kept)] = kept
    return rows
