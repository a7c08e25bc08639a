"""What users pass to `fit`, `evaluate` and `predict` → batches that fit the model.

    forms         arrays, lists, DataFrames, tensors, dictionaries by name → arrays in the order of inputs and outputs
    samples       arrays that belong together: one row of each is one sample
    batches       epochs of batches; here of whole arrays, whose rows the plan gathers where they lie
    streams       the same, of batches that somebody else makes: generators, datasets, loaders
    py_dataset    `utils.PyDataset`, and the threads that work ahead of it
    dataset       `utils.Dataset`: streams put together from steps, `map`, `shuffle`, `batch`, `prefetch`, ...

Whole arrays are checked once, at the door; the batches of a stream one by one, with their number in the error.
"""

from cycnn.training.data.batches import ArrayBatches
from cycnn.training.data.forms import as_array, as_inputs, as_values
from cycnn.training.data.samples import Samples
from cycnn.training.data.streams import StreamBatches, is_stream, unpack

__all__ = ["ArrayBatches", "Samples", "StreamBatches", "as_array", "as_inputs", "as_values", "is_stream", "unpack"]
