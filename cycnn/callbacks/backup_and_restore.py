"""BackupAndRestore: go on where an interrupted training stopped."""

import json
import os
import shutil

from cycnn.callbacks.callback import Callback
from cycnn.callbacks.model_checkpoint import check_save_freq


class BackupAndRestore(Callback):
    """Keeps a copy of the training in a folder, and begins from it.

    Weights and the state of the optimizer are in `latest.weights.h5`, the epoch in `training_metadata.json`. A `fit`
    that finds them loads them and begins with the epoch after the last one that was finished. A `fit` that comes to
    its end removes them.

    Args:
        backup_dir: path of the folder, for this training alone.
        save_freq: `"epoch"`, or a number of batches, counted on from epoch to epoch. What was saved within an epoch
            goes on with that epoch's first batch.
        double_checkpoint: whether to keep the copy before the last, too, for the case that the last one cannot be read.
        delete_checkpoint: whether to remove the copy at the end of `fit`.

    Raises:
        ValueError: No `backup_dir`; a `save_freq` that is none of the above.
        OSError: In `fit`, if the copy (and the one before) cannot be read.

    Example:

    ```python
    model.fit(x, y, epochs=100, callbacks=[cycnn.callbacks.BackupAndRestore("backup")])
    ```

    Run again after a power cut, this program goes on.
    """

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True):
        if not backup_dir:
            raise ValueError(f"`backup_dir` must be the path of a folder. Received: backup_dir={backup_dir!r}.")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = check_save_freq(save_freq)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._weights = os.path.join(self.backup_dir, "latest.weights.h5")
        self._metadata = os.path.join(self.backup_dir, "training_metadata.json")
        self._epoch = 0  # the next fit's first one
        self._batch = 0
        self._batches = 0  # since the last save

    def on_train_begin(self, logs=None):
        try:
            self._load()
        except (OSError, ValueError):
            if not os.path.exists(f"{self._weights}.bkp"):
                raise
            for path in (self._weights, self._metadata):
                if os.path.exists(f"{path}.bkp"):
                    shutil.copyfile(f"{path}.bkp", path)
                elif os.path.exists(path):
                    os.remove(path)
            self._load()

    def _load(self):
        if os.path.exists(self._weights):
            optimizer = self.model.optimizer
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_weights)  # what the file holds of it needs a place
            self.model.load_weights(self._weights)
        if os.path.exists(self._metadata):
            with open(self._metadata, encoding="utf-8") as file:
                self.model._initial_epoch = json.load(file)["epoch"]

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._batch = epoch, 0

    def on_epoch_end(self, epoch, logs=None):
        self._epoch, self._batch = epoch + 1, 0
        if self.save_freq == "epoch":
            self._save()

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self._batch = batch
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save()

    def _save(self):
        from cycnn.saving import paths  # only here: it brings all that files need

        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._metadata):
                if os.path.exists(path):
                    shutil.copyfile(path, f"{path}.bkp")
        self.model.save_weights(self._weights, overwrite=True)
        with paths.replacing(self._metadata) as file:
            file.write(json.dumps({"epoch": self._epoch, "batch": self._batch}).encode())

    def on_train_end(self, logs=None):
        if not self.delete_checkpoint:
            return
        for path in (self._weights, self._metadata):
            for name in (path, f"{path}.bkp"):
                if os.path.exists(name):
                    os.remove(name)
        # Not the folder with all that is in it: it may be somebody's working directory.
        if os.path.isdir(self.backup_dir) and not os.listdir(self.backup_dir):
            os.rmdir(self.backup_dir)
