"""TensorBoard: event files of a training."""

import json
import os
import time
import warnings
from collections import Counter

import numpy as np

from cycnn.callbacks.callback import Callback
from cycnn.callbacks.event_file import EventFile
from cycnn.callbacks.model_checkpoint import check_save_freq
from cycnn.core import checks
from cycnn.layers import Embedding


class TensorBoard(Callback):
    """Writes what TensorBoard draws: the loss and the metrics, the graph, histograms and pictures of the weights.

    The numbers of an epoch are `epoch_NAME`, those of batches `batch_NAME`, those of an evaluation, in `fit` or alone,
    `evaluation_NAME_vs_iterations`; the learning rate is `epoch_learning_rate`. Nothing has to be installed to write
    them. To look at them: `pip install tensorboard`, `tensorboard --logdir logs`.

    Args:
        log_dir: path of a folder; the files go into `train` and `validation` within.
        histogram_freq: epochs from one histogram of each weight to the next; 0: none.
        write_graph: whether to write the model's layers, and the operations that run.
        write_images: whether to draw the weights, too, from the least (black) to the greatest (white), whenever there
            are histograms. A kernel of a 2D convolution has its filters from left to right, and each one's channels
            from top to bottom, or, if there are three, as a colour picture.
        write_steps_per_second: whether to write how fast it goes.
        update_freq: `"epoch"`; `"batch"`, or a number of batches: the numbers of the epoch so far, as often.
        profile_batch: accepted as 0, which is no batch.
        embeddings_freq: epochs from one table of each embedding's vectors to the next, for TensorBoard's projector;
            0: none.
        embeddings_metadata: what the vectors stand for: path of a file with a line for each, from `log_dir` on; or a
            dictionary of such paths by the layers' names.

    Raises:
        ValueError: the frequencies are none, `embeddings_metadata` names a layer that is no `Embedding`, or a batch is
            to be profiled: `model.profile(x, y)` does that.

    Example:

    ```python
    board = cycnn.callbacks.TensorBoard("logs/first", histogram_freq=1)
    model.fit(x, y, validation_split=0.2, epochs=10, callbacks=[board])
    ```
    """

    def __init__(self, log_dir="logs", histogram_freq=0, write_graph=True, write_images=False, write_steps_per_second=False,
                 update_freq="epoch", profile_batch=0, embeddings_freq=0, embeddings_metadata=None):  # fmt: skip
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = checks.non_negative_int("histogram_freq", histogram_freq)
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else check_save_freq(update_freq, "update_freq")
        self.embeddings_freq = checks.non_negative_int("embeddings_freq", embeddings_freq)
        self.embeddings_metadata = embeddings_metadata
        if profile_batch:
            raise ValueError(
                "`profile_batch` must be 0: `model.profile(x, y)` shows where the time of a step goes, and its `trace(path)` "
                f"writes it for chrome://tracing. Received: profile_batch={profile_batch!r}."
            )
        self._files = {}
        self._batches = 0  # of training, in this fit
        self._graph_written = False
        self._epoch_begin = self._batch_begin = 0.0  # seconds
        self._epoch_batches = 0

    def set_model(self, model):
        super().set_model(model)
        self._files, self._graph_written = {}, not self.write_graph
        if self.write_graph:
            self._write_configuration()
        if self.embeddings_freq:
            self._write_projector()

    def on_train_begin(self, logs=None):
        self._batches = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_begin, self._epoch_batches = time.perf_counter(), self._batches

    def on_train_batch_begin(self, batch, logs=None):
        self._batch_begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._batches += 1
        if not self._graph_written:
            self._write_graph()
        if self.update_freq == "epoch" or self._batches % self.update_freq:
            return
        if self.write_steps_per_second:
            logs = {**(logs or {}), "steps_per_second": 1 / (time.perf_counter() - self._batch_begin)}
        self._write_scalars("train", "batch_{}", logs, self._batches)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train |= _learning_rates(self.model.optimizer)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._epoch_begin
            train["steps_per_second"] = (self._batches - self._epoch_batches) / seconds
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        self._write_scalars("train", "epoch_{}", train, epoch)
        self._write_scalars("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        self._flush()

    def on_test_end(self, logs=None):
        if self.model.optimizer is not None:
            iterations = int(self.model.optimizer.iterations)
            self._write_scalars("validation", "evaluation_{}_vs_iterations", logs, iterations)
            self._flush()

    def on_train_end(self, logs=None):
        self._flush()

    def _file(self, name):
        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def _flush(self):
        for file in self._files.values():
            file.flush()

    def _write_scalars(self, file, tag, logs, step):
        for name, value in (logs or {}).items():
            if np.ndim(value) == 0:
                self._file(file).scalar(tag.format(name), value, step)

    def _write_configuration(self):
        """The layers, where the model's configuration lists them."""
        try:
            text = self.model.to_json()
        except Exception as error:  # a layer's own `get_config` may raise anything; training does not depend on it
            warnings.warn(f"TensorBoard gets no conceptual graph: no configuration of the model: {error}", stacklevel=2)
            return
        if "layers" in (json.loads(text)["config"] or {}):
            self._file("train").model(text)

    def _write_graph(self):
        """The operations, in the order in which they run; known with the first batch."""
        self._graph_written = True
        if not self.model._knows_graph():
            return
        graph, counts, names = self.model._the_graph(), Counter(), {}
        nodes = []

        def add(tensor, name, operation, inputs):
            counts[name] += 1
            names[id(tensor)] = name if counts[name] == 1 else f"{name}_{counts[name] - 1}"
            nodes.append((names[id(tensor)], operation, inputs, tensor.shape))

        for tensor in graph.inputs:
            add(tensor, tensor.name, "Placeholder", [])
        for node in graph.nodes:
            operation = type(node.operation).__name__
            within = [node.layer._path] if node.layer is not None else []
            add(node.output, "/".join([*within, operation]), operation, [names[id(tensor)] for tensor in node.inputs])
        self._file("train").graph(nodes)

    def _write_weights(self, epoch):
        file = self._file("train")
        for weight in self.model.weights:
            value = weight.numpy()
            file.histogram(f"{weight.path}/histogram", value, epoch)
            images = as_images(value) if self.write_images else None
            if images is not None:
                file.images(f"{weight.path}/image", images, epoch)

    def _embeddings(self):
        return [layer for layer in self.model._flatten_layers() if isinstance(layer, Embedding)]

    def _write_projector(self):
        """The projector's configuration: which tables there are, in Protocol Buffers' text format."""
        layers, metadata = self._embeddings(), self.embeddings_metadata
        if isinstance(metadata, dict):
            unknown = sorted(set(metadata) - {layer.name for layer in layers})
            if unknown:
                raise ValueError(
                    f"The keys of `embeddings_metadata` must be names of Embedding layers, of "
                    f"{', '.join(layer.name for layer in layers) or 'which there are none'}. Received: {', '.join(unknown)}."
                )
        lines = []
        for layer in layers:
            fields = {"tensor_name": f"{layer.name}/embeddings", "tensor_path": _table(layer)}
            labels = metadata.get(layer.name) if isinstance(metadata, dict) else metadata
            if labels is not None:
                fields["metadata_path"] = os.fspath(labels)
            lines += ["embeddings {", *(f"  {name}: {json.dumps(value)}" for name, value in fields.items()), "}"]
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def _write_embeddings(self):
        for layer in self._embeddings():
            np.savetxt(os.path.join(self.log_dir, _table(layer)), layer.embeddings.numpy(), "%.9g", "\t")


def _table(layer):
    return f"{layer.name}.tsv"


def _learning_rates(optimizer):
    """`{name: number}` of an optimizer, of the one within, or of several."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if hasattr(optimizer, "optimizers"):
        return {f"learning_rate_{each.name}": float(each.learning_rate) for each in optimizer.optimizers}
    return {} if optimizer is None else {"learning_rate": float(optimizer.learning_rate)}


def as_images(weight):
    """A weight as pictures, uint8 (n, height, width, 1 or 3), from its least number to its greatest; None for those
    of which there is none: scalars, kernels of three dimensions.

    A vector is a column, a matrix lies on its longer side, a kernel (k, c, f) of a 1D convolution is f pictures (k, c),
    one of a 2D convolution, (kh, kw, c, f), a picture of f x c of (kh, kw), or of f in colours.
    """
    if not 1 <= weight.ndim <= 4 or not weight.size or not np.isfinite(weight).all():
        return None
    grey = weight.astype(np.float64) - weight.min()
    grey = np.rint(grey * (255 / (grey.max() or 1))).astype(np.uint8)
    if weight.ndim == 1:
        return grey.reshape(1, -1, 1, 1)
    if weight.ndim == 2:
        return (grey.T if grey.shape[0] > grey.shape[1] else grey)[None, :, :, None]
    if weight.ndim == 3:
        return grey.transpose(2, 0, 1)[..., None]
    kh, kw, c, f = grey.shape
    if c == 3:
        return grey.transpose(0, 3, 1, 2).reshape(1, kh, f * kw, 3)
    return grey.transpose(2, 0, 3, 1).reshape(1, c * kh, f * kw, 1)
