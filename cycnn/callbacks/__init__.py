"""What others may do between batches and epochs.

    fit(callbacks=[...])  →  CallbackList  →  on_epoch_end(epoch, logs) of each callback, in order
                                              └ one dictionary of logs for all of them; `History` reads it last

    EarlyStopping TerminateOnNaN                      end it
    ModelCheckpoint BackupAndRestore                  files
    LearningRateScheduler ReduceLROnPlateau           learning rates
    History CSVLogger RemoteMonitor ProgbarLogger     records
    TensorBoard (event_file)                          records, as TensorBoard draws them
    SwapEMAWeights LambdaCallback Callback            anything else

Callbacks see a model, never a plan: a step's plan is lent to the loop of `fit`, and a `predict` inside a hook runs on
another one.
"""

from typing import TYPE_CHECKING

from cycnn.core import lazy

if TYPE_CHECKING:
    from cycnn.callbacks.backup_and_restore import BackupAndRestore
    from cycnn.callbacks.callback import Callback
    from cycnn.callbacks.callback_list import CallbackList
    from cycnn.callbacks.csv_logger import CSVLogger
    from cycnn.callbacks.early_stopping import EarlyStopping
    from cycnn.callbacks.history import History
    from cycnn.callbacks.lambda_callback import LambdaCallback
    from cycnn.callbacks.learning_rate_scheduler import LearningRateScheduler
    from cycnn.callbacks.model_checkpoint import ModelCheckpoint
    from cycnn.callbacks.progbar_logger import ProgbarLogger
    from cycnn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
    from cycnn.callbacks.remote_monitor import RemoteMonitor
    from cycnn.callbacks.swap_ema_weights import SwapEMAWeights
    from cycnn.callbacks.tensorboard import TensorBoard
    from cycnn.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]

# One file a callback, named after it.
_FILES = {
    "": "backup_and_restore callback callback_list csv_logger early_stopping history lambda_callback "
    "learning_rate_scheduler model_checkpoint progbar_logger reduce_lr_on_plateau remote_monitor "
    "swap_ema_weights tensorboard terminate_on_nan"
}

# Keras has them, cycnn has not: what to use instead.
_INSTEAD = {
    "OrbaxCheckpoint": "ModelCheckpoint, or BackupAndRestore to go on after an interruption",
}

_find, __dir__ = lazy.attributes(__name__, "callback", __all__, lazy.by_file(__name__, _FILES, __all__))


def __getattr__(name):
    if name in _INSTEAD:
        # An AttributeError would lose its text in `from cycnn.callbacks import OrbaxCheckpoint`.
        raise ImportError(f"cycnn has no callback {name}. Use {_INSTEAD[name]}.")
    return _find(name)
