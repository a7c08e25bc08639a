"""Record what the real Keras's callbacks do. Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_callbacks.py

Each case is an expression as a Keras user would type it; the tests evaluate the same text, after the same `PRELUDE`, with
cycnn in Keras's place. callbacks.json.gz: the prelude, `answers` by program, and `refusals`: the kinds of errors.

`play` drives a callback with given logs and a model that is not there: rules about numbers, exactly. `Given` makes the
losses of a training what they should be: the network is y = w x with x = 1, so that the mean absolute error is w.
"""

import os
import tempfile
import warnings

import keras
from answers import save

PRELUDE = '''
import math
import os
from types import SimpleNamespace

import numpy as np

C = keras.callbacks
nan = math.nan


class Stand:
    """What callbacks ask of a model. `done` is what they did to it."""

    def __init__(self, rate):
        self.optimizer = SimpleNamespace(learning_rate=rate)
        self.metrics, self.done, self.epoch, self.stop_training = [], [], None, False

    def get_weights(self):
        return [np.array([self.epoch])]

    def set_weights(self, weights):
        self.done.append(["set_weights", int(weights[0][0])])

    def save(self, filepath, overwrite=False):
        self.done.append(["save", filepath, overwrite])

    def save_weights(self, filepath, overwrite=False):
        self.done.append(["save_weights", filepath, overwrite])


def play(callback, losses, name="loss", batches=0, rate=0.5, **more):
    model = Stand(rate)
    callback.set_model(model)
    callback.set_params({"epochs": len(losses), "steps": batches, "verbose": 0})
    callback.on_train_begin({})
    rates, seen = [], []
    for model.epoch, loss in enumerate(losses):
        callback.on_epoch_begin(model.epoch, {})
        for batch in range(batches):
            callback.on_train_batch_begin(batch, {})
            callback.on_train_batch_end(batch, {name: loss - batch / 8, **more})
        logs = {name: loss, **more}
        callback.on_epoch_end(model.epoch, logs)
        rates.append(float(model.optimizer.learning_rate))
        seen.append(sorted(logs))
        if model.stop_training:
            break
    callback.on_train_end(logs)
    state = ("best", "wait", "stopped_epoch", "best_epoch", "cooldown_counter", "baseline", "min_delta")
    return {
        "epochs": model.epoch + 1,
        "rates": rates,
        "logs": seen[-1],
        "done": model.done,
        "state": {key: getattr(callback, key) for key in state if hasattr(callback, key)},
    }


ONES, ZEROS = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")


def network(rate=0.25, w=1.0, loss="mse", metrics=(), **optimizer):
    """y = w x. A step on `ONES, ZEROS` with the mean squared error makes w (1 - 2 rate) of w."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(rate, **optimizer), loss, metrics=list(metrics))
    model.set_weights([np.array([[w]], "float32")])
    return model


def fit(model, epochs=1, x=ONES, y=ZEROS, **arguments):
    return model.fit(x, y, epochs=epochs, verbose=0, shuffle=False, **arguments)


def weight(model):
    return float(model.get_weights()[0][0, 0])


class Given(C.Callback):
    """w at the beginning of each epoch, and of its validation."""

    def __init__(self, losses, val_losses=None):
        super().__init__()
        self.losses, self.val_losses = losses, val_losses

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.model.set_weights([np.array([[self.losses[epoch]]], "float32")])

    def on_test_begin(self, logs=None):
        if self.val_losses is not None:
            self.model.set_weights([np.array([[self.val_losses[self.epoch]]], "float32")])


class Watch(C.Callback):
    """Every hook that is called, with the names and types of its logs."""

    def __init__(self):
        super().__init__()
        self.calls = []


def watched(hook):
    def method(self, *position, logs=None):
        if position and not isinstance(position[-1], int):
            *position, logs = position
        kinds = {key: type(value).__name__ for key, value in logs.items()}
        self.calls.append([hook, *position, list(map(list, kinds.items()))])

    return method


for kind in ("train", "test", "predict"):
    for part in ("begin", "end", "batch_begin", "batch_end"):
        setattr(Watch, f"on_{kind}_{part}", watched(f"on_{kind}_{part}"))
for part in ("begin", "end"):
    setattr(Watch, f"on_epoch_{part}", watched(f"on_epoch_{part}"))


def files(folder="."):
    return sorted(os.listdir(folder))


def text(path):
    with open(path, newline="") as file:
        return file.read()


def table(path, separator=","):
    """Rows of a CSV file; numbers as numbers."""
    def cell(text):
        try:
            return float(text)
        except ValueError:
            return text
    return [[cell(part) for part in line.split(separator)] for line in text(path).split("\\r\\n")]


def interrupted(callback, at, model, epochs, batch=None, **arguments):
    """Fit until an error: epochs and steps before it."""
    class Stop(C.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch
            if epoch == at and batch is None:
                raise RuntimeError

        def on_train_batch_begin(self, number, logs=None):
            if self.epoch == at and number == batch:
                raise RuntimeError

    try:
        fit(model, epochs, callbacks=[callback, Stop()], **arguments)
    except RuntimeError:
        pass
    return [weight(model), int(model.optimizer.iterations)]


def resumed(make, at, epochs=5, batch=None, optimizer={}, **arguments):
    """A training that is interrupted, and goes on in a new model: what it had come to, and how it goes on."""
    before = interrupted(make(), at, network(**optimizer), epochs, batch, **arguments)
    kept = files("backup") if os.path.isdir("backup") else None
    model = network(w=-7.0, **optimizer)
    history = fit(model, epochs, callbacks=[make()], **arguments)
    after = [weight(model), int(model.optimizer.iterations)]
    return [before, kept, history.epoch, history.history, after, files()]
'''

SEQUENCES = {
    "up_and_down": "[1.0, 0.5, 0.25, 0.5, 0.75, 0.25, 0.125, 0.25, 0.25, 0.25, 0.25]",
    "plateau": "[1.0] * 12",
    "down": "[8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]",
    "up": "[0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]",
    "near": "[1.0, 0.99995, 0.9999, 0.99985, 0.9998, 0.99975, 0.9997, 0.99965]",
    "beyond_float32": "[1.0, 1.0 - 1e-9, 1.0 - 2e-9, 1.0 - 3e-9, 1.0 - 4e-9]",
    "not_a_number": "[1.0, nan, 0.5, nan, nan, 0.25, nan, nan, nan]",
    "nan_first": "[nan, 1.0, 0.5, 0.25, 0.125]",
    "signed": "[-1.0, -3.0, 2.0, -2.0, -5.0, 0.0, -4.0, -6.0]",
}

STOPPING = [
    "'loss'",
    "'loss', patience=1",
    "'loss', patience=3",
    "'loss', min_delta=0.25, patience=2",
    "'loss', min_delta=-0.25, patience=2",
    "'loss', min_delta=1e-4, patience=2, restore_best_weights=True",
    "'loss', 0, 2, 0, 'max'",
    "'loss', mode='min', patience=2, restore_best_weights=True",
    "'loss', mode='max', patience=3, restore_best_weights=True, min_delta=0.5",
    "'loss', baseline=0.375, patience=2",
    "'loss', baseline=0.375, patience=2, restore_best_weights=True",
    "'loss', baseline=3.0, mode='max', patience=4",
    "'loss', start_from_epoch=3, patience=1",
    "'loss', start_from_epoch=3, patience=0, restore_best_weights=True",
    "'loss', start_from_epoch=99, restore_best_weights=True",
]

REDUCING = [
    "'loss'",
    "'loss', patience=1",
    "'loss', patience=0",
    "'loss', factor=0.5, patience=2",
    "'loss', 0.25, 2, 0, 'max'",
    "'loss', factor=0.5, patience=1, cooldown=1",
    "'loss', factor=0.5, patience=2, cooldown=3",
    "'loss', factor=0.5, patience=1, min_lr=0.125",
    "'loss', factor=0.1, patience=1, min_lr=0.001",
    "'loss', factor=0.5, patience=1, min_delta=0.5",
    "'loss', factor=0.5, patience=1, min_delta=0.0",
    "'loss', mode='min', factor=0.0, patience=3",
]

SAVING = [
    "'m.keras', monitor='loss'",
    "'m.h5', monitor='loss', save_best_only=True",
    "'{epoch:02d}-{loss:.2f}.keras', 'loss', save_best_only=True",
    "'{epoch}.weights.h5', 'loss', save_weights_only=True",
    "'m.weights.h5', 'loss', save_best_only=True, save_weights_only=True, mode='max'",
    "'m.weights.h5', 'loss'",  # a whole model
    "'{epoch}.keras', monitor='loss', save_best_only=True, initial_value_threshold=0.5",
    "'{epoch}.keras', 'loss', 0, True, False, 'max', 'epoch', 2.0",
]
BATCHES = [
    "'{epoch}-{batch:03d}.keras', monitor='loss', save_freq=1",
    "'{epoch}-{batch}.keras', monitor='loss', save_freq=2",
    "'{epoch}-{batch}.keras', monitor='loss', save_freq=5",
    "'{epoch}-{batch}-{loss:.3f}.weights.h5', save_weights_only=True, save_freq=4",
    "'{epoch}-{batch}.keras', monitor='loss', save_freq=7, mode='min', save_best_only=True",
]

ANSWERS = [
    *(f"play(C.EarlyStopping({call}), {values})" for call in STOPPING for values in SEQUENCES.values()),
    *(f"play(C.ReduceLROnPlateau({call}), {values})" for call in REDUCING for values in SEQUENCES.values()),
    *(
        f"play(C.ModelCheckpoint({call}), {SEQUENCES[name]})"
        for call in SAVING
        for name in ("up_and_down", "not_a_number", "nan_first", "signed", "beyond_float32")
    ),
    *(
        f"play(C.ModelCheckpoint({call}), {SEQUENCES[name]}, batches=3)"
        for call in BATCHES
        for name in ("down", "up_and_down")
    ),
    "play(C.EarlyStopping('val_loss'), [4.0, 3.0, 3.5], name='val_loss', loss=1.0)",
    "play(C.ReduceLROnPlateau('learning_rate', 0.5, 1, mode='min'), [1.0] * 6)",
    "play(C.ModelCheckpoint('{batch}-{loss}.keras', save_freq=1), [1.0], batches=2, batch=77)",
    # Hooks and their logs
    "(watch := Watch(), fit(network(metrics=['mae']), 2, batch_size=2, callbacks=[watch]), watch.calls)[-1]",
    "(watch := Watch(), fit(network(), validation_data=(ONES, ZEROS), batch_size=2, callbacks=[watch]), watch.calls)[-1]",
    "(watch := Watch(), network(metrics=['mae']).evaluate(ONES, ZEROS, batch_size=3, verbose=0, callbacks=[watch]),"
    " watch.calls)[-1]",
    "(watch := Watch(), network().predict(ONES, batch_size=3, verbose=0, callbacks=[watch]), watch.calls)[-1]",
    "(watch := Watch(), fit(network(), callbacks=[C.LearningRateScheduler(lambda epoch: 0.5), watch]), watch.calls)[-1]",
    "(watch := Watch(), fit(network(), callbacks=[watch, C.LearningRateScheduler(lambda epoch: 0.5)]), watch.calls)[-1]",
    "(watch := Watch(), fit(network(), 3, callbacks=[watch], batch_size=2), watch.params)[-1]",
    "(watch := Watch(), network().evaluate(ONES, ZEROS, batch_size=2, verbose=0, callbacks=[watch]), watch.params)[-1]",
    "(calls := [], fit(network(), callbacks=[C.LambdaCallback("
    "on_train_begin=lambda logs: calls.append('train begin'), on_train_end=lambda logs: calls.append(logs),"
    "on_epoch_begin=lambda epoch, logs: calls.append(epoch), on_epoch_end=lambda epoch, logs: calls.append(logs),"
    "on_train_batch_begin=lambda batch, logs: calls.append(batch),"
    "on_train_batch_end=lambda batch, logs: calls.append([batch, logs]))]), calls)[-1]",
    "(calls := [], fit(network(), batch_size=3, callbacks=[C.LambdaCallback("
    "on_batch_end=lambda batch, logs: calls.append([batch, logs]))]), calls)[-1]",
    "(calls := [], fit(network(), validation_split=0.5, callbacks=[C.LambdaCallback("
    "on_test_end=lambda logs: calls.append(logs))]), calls)[-1]",
    # History
    "(lambda history: [history.history, history.epoch, history.params])(fit(network(), 3, initial_epoch=1))",
    "(model := network(), history := fit(model, 2), fit(model, 3, callbacks=[history]), history.history, history.epoch)[-2:]",
    "(model := network(), mine := C.History(), fit(model, 2, callbacks=[mine]) is mine, model.history is mine)[-2:]",
    "(model := network(), fit(model, 2) is model.history)[-1]",
    "list(fit(network(metrics=['mae']), validation_split=0.5).history)",
    # Learning rates
    "fit(network(), 3, callbacks=[C.LearningRateScheduler(lambda epoch: [0.5, 0.25, 0.125][epoch])]).history",
    "fit(network(), 4, callbacks=[C.LearningRateScheduler(lambda epoch, rate: rate / 2)]).history",
    "fit(network(), 2, callbacks=[C.LearningRateScheduler(lambda epoch, rate=3.0: rate / 2)]).history",
    "fit(network(), 2, callbacks=[C.LearningRateScheduler(lambda epoch, rate: np.float64(rate / 2))]).history",
    "fit(network(), 2, callbacks=[C.LearningRateScheduler(lambda *both: both[1] / 4)]).history",
    "fit(network(), 3, initial_epoch=1, callbacks=[C.LearningRateScheduler(lambda epoch: 0.5 / (1 + epoch))]).history",
    "fit(network(loss='mae'), 6, callbacks=[Given([3, 2, 2, 2, 1, 1]), C.ReduceLROnPlateau('loss', 0.5, patience=1)]).history",
    "fit(network(loss='mae'), 5, validation_data=(ONES, ZEROS), callbacks=[Given([1] * 5, [4, 3, 3, 3, 2]),"
    " C.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1)]).history",
    "(model := network(), fit(model, 2, batch_size=2, callbacks=[C.LambdaCallback(on_train_batch_end=lambda batch, logs:"
    " setattr(model.optimizer, 'learning_rate', 0.125 * (1 + batch)))]).history, weight(model))[-2:]",
    # Early stopping
    "(model := network(loss='mae'), fit(model, 9, callbacks=[Given([4, 3, 2, 3, 5, 1]), C.EarlyStopping('loss', patience=2)])"
    ".history, weight(model))[-2:]",
    "(model := network(loss='mae'), fit(model, 9, callbacks=[Given([4, 3, 2, 3, 5, 1]), C.EarlyStopping('loss', patience=2,"
    " restore_best_weights=True)]).history, weight(model))[-2:]",
    "(model := network(loss='mae'), fit(model, 6, validation_data=(ONES, ZEROS), callbacks=[Given([1] * 6,"
    " [4, 3, 3.5, 3, 2, 1]), C.EarlyStopping(patience=2, restore_best_weights=True)]).history, weight(model))[-2:]",
    # w x > 0.5 for so many of x = 1, 2, 4, 8: accuracies 1/4, 3/4, 1/2, 3/4, 1
    "(model := network(1.0, loss='mae', metrics=['accuracy']), fit(model, 5, x=np.array([[1.0], [2], [4], [8]]), y=ONES,"
    " batch_size=4, callbacks=[Given([0.1, 0.4, 0.2, 0.4, 1.0]), C.EarlyStopping('accuracy', patience=2)]).history)[-1]",
    "(stop := C.EarlyStopping('loss', patience=1), [fit(network(loss='mae'), 5, callbacks=[Given(g), stop]).epoch for g in"
    " ([2, 1, 1, 1, 1], [4, 3, 2, 2, 1])], stop.stopped_epoch, stop.best)[1:]",
    "(model := network(), fit(model, 5, batch_size=1, callbacks=[C.LambdaCallback(on_train_batch_end=lambda batch, logs:"
    " setattr(model, 'stop_training', batch == 1))]).history, int(model.optimizer.iterations))[-2:]",
    "(model := network(), fit(model, 5, batch_size=1, callbacks=[C.LambdaCallback(on_epoch_begin=lambda epoch, logs:"
    " setattr(model, 'stop_training', epoch == 1))]).epoch, int(model.optimizer.iterations))[-2:]",
    # NaN
    "(model := network(), fit(model, 5, batch_size=1, x=np.array([[1], [1], [nan], [1.0]]), callbacks=[C.TerminateOnNaN()])"
    ".epoch, int(model.optimizer.iterations))[-2:]",
    "(model := network(), fit(model, 5, batch_size=1, x=np.array([[1], [math.inf], [1], [1.0]]), callbacks="
    "[C.TerminateOnNaN(raise_error=False)]).epoch, int(model.optimizer.iterations))[-2:]",
    # CSV files
    "(fit(network(metrics=['mae']), 3, callbacks=[C.CSVLogger('a.csv')]), table('a.csv'))[-1]",
    "(fit(network(), 3, validation_split=0.5, callbacks=[C.CSVLogger('a.csv')]), table('a.csv'))[-1]",
    "(fit(network(), 2, callbacks=[C.CSVLogger('a.csv', separator=';')]), table('a.csv', ';'))[-1]",
    "(fit(network(), 2, callbacks=[C.CSVLogger('a.csv', '\\t')]), table('a.csv', '\\t'))[-1]",
    "(model := network(), log := C.CSVLogger('a.csv'), fit(model, 2, callbacks=[log]), fit(model, callbacks=[log]),"
    " table('a.csv'))[-1]",
    "(model := network(), log := C.CSVLogger('a.csv', append=True), fit(model, 2, callbacks=[log]), fit(model, 3,"
    " initial_epoch=2, callbacks=[log]), table('a.csv'))[-1]",
    "(model := network(), fit(model, 2, callbacks=[C.CSVLogger('a.csv')]), fit(model, 3, initial_epoch=2, callbacks="
    "[C.CSVLogger('a.csv', append=True)]), table('a.csv'))[-1]",
    "(fit(network(), 2, callbacks=[C.LearningRateScheduler(lambda epoch: 0.5), C.CSVLogger('a.csv')]), table('a.csv'))[-1]",
    "(fit(network(), 2, callbacks=[C.CSVLogger('a.csv'), C.LearningRateScheduler(lambda epoch: 0.5)]), table('a.csv'))[-1]",
    "(fit(network(), 4, validation_data=(ONES, ZEROS), validation_freq=2, callbacks=[C.CSVLogger('a.csv')]),"
    " table('a.csv'))[-1]",
    "(play(C.CSVLogger('a.csv'), [1.5, 2.5], pair=np.array([1, 2]), word='one', zero=np.array(0.5), triple=[1, 2, 3]),"
    " text('a.csv'))[-1]",
    "(play(C.CSVLogger('a.csv', separator=';'), ['1;5', 'say \"x\"']), text('a.csv'))[-1]",
    # Files of models
    "(fit(network(), 2, callbacks=[C.ModelCheckpoint('{epoch:02d}-{loss:.2f}.keras', 'loss')]), files())[-1]",
    "(fit(network(), 2, callbacks=[C.ModelCheckpoint('a/b/{epoch}.weights.h5', save_weights_only=True)]), files('a/b'))[-1]",
    "(fit(network(), 2, batch_size=1, callbacks=[C.ModelCheckpoint('{epoch}-{batch}.weights.h5', save_weights_only=True,"
    " save_freq=3)]), files())[-1]",
    "(model := network(loss='mae'), fit(model, 4, callbacks=[Given([3, 1, 2, 4]), C.ModelCheckpoint('best.weights.h5', 'loss',"
    " save_best_only=True, save_weights_only=True)]), model.load_weights('best.weights.h5'), weight(model))[-1]",
    "(fit(network(), 3, callbacks=[C.ModelCheckpoint('m.keras', 'loss')]), weight(keras.models.load_model('m.keras')))[-1]",
    # Backups
    "resumed(lambda: C.BackupAndRestore('backup'), at=3)",
    "resumed(lambda: C.BackupAndRestore('backup'), at=0)",
    "resumed(lambda: C.BackupAndRestore('backup'), at=2, optimizer={'momentum': 0.5})",
    "resumed(lambda: C.BackupAndRestore('backup', double_checkpoint=True), at=2)",
    "resumed(lambda: C.BackupAndRestore('backup', delete_checkpoint=False), at=4)[:-1]",
    "resumed(lambda: C.BackupAndRestore('backup', save_freq=3), at=1, batch=3, epochs=3, batch_size=1)",
    "resumed(lambda: C.BackupAndRestore('backup', save_freq='epoch'), at=1, batch=3, epochs=3, batch_size=1)",
    # Averages of the weights
    "(model := network(use_ema=True, ema_momentum=0.5), fit(model, 3, batch_size=2, validation_data=(ONES, ZEROS), callbacks="
    "[C.SwapEMAWeights()]).history, weight(model))[-2:]",
    "(model := network(use_ema=True, ema_momentum=0.5), seen := [], fit(model, 3, batch_size=2, callbacks=[C.SwapEMAWeights("
    "swap_on_epoch=True), C.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(weight(model)))]).history, seen,"
    " weight(model))[-3:]",
    "(model := network(use_ema=True, ema_momentum=0.5), fit(model, 2, batch_size=2, validation_data=(ONES, ZEROS), callbacks="
    "[C.SwapEMAWeights(swap_on_epoch=True)]).history, weight(model))[-2:]",
    # A list of callbacks in a loop of one's own
    "(model := network(), watch := Watch(), both := C.CallbackList([watch, C.LambdaCallback()], add_history=True, model=model,"
    " epochs=2), both.on_train_begin(), [both.on_epoch_end(epoch, {'loss': np.float32(0.5), 'a': 1}) for epoch in (0, 1)],"
    " both.on_train_end({'loss': 0.5}), watch.calls, watch.params, model.history.history)[-3:]",
    # Inside a hook
    "(model := network(), seen := [], fit(model, 2, batch_size=2, callbacks=[C.LambdaCallback(on_train_batch_end=lambda batch,"
    " logs: seen.append([weight(model), model.predict(ONES, verbose=0).tolist()]))]).history, seen, weight(model))[1:]",
    "(model := network(), seen := [], fit(model, 3, callbacks=[C.LambdaCallback(on_epoch_end=lambda epoch, logs:"
    " seen.append(model.evaluate(ONES, ZEROS, verbose=0)))]).history, seen)[1:]",
    "(model := network(), fit(model, 2, batch_size=1, callbacks=[C.LambdaCallback(on_train_batch_begin=lambda batch, logs:"
    " model.set_weights([np.array([[1.0 + batch]], 'float32')]))]).history, weight(model))[1:]",
]

REFUSALS = [
    "C.ModelCheckpoint('m.hdf5')",
    "C.ModelCheckpoint('m')",
    "C.ModelCheckpoint('m.keras', save_weights_only=True)",
    "C.ModelCheckpoint('m.h5', save_weights_only=True)",
    "C.ModelCheckpoint('m.keras', save_freq='batch')",
    "C.ModelCheckpoint('m.keras', save_freq=None)",
    "C.ReduceLROnPlateau(factor=1.0)",
    "C.BackupAndRestore('')",
    "C.BackupAndRestore(None)",
    "C.BackupAndRestore('backup', save_freq='batch')",
    "C.NoSuchCallback",
    "fit(network(), callbacks=[C.EarlyStopping('val_nothing')])",
    "fit(network(), callbacks=[C.ModelCheckpoint('m.keras', 'nothing')])",
    "fit(network(), callbacks=[C.ReduceLROnPlateau('accuracy')])",
    "fit(network(), callbacks=[C.ModelCheckpoint('{nothing}.keras')])",
    "fit(network(), callbacks=[C.ModelCheckpoint('{val_loss}.keras')])",
    "fit(network(), callbacks=[C.LearningRateScheduler(lambda epoch: None)])",
    "fit(network(), callbacks=[C.LearningRateScheduler(lambda epoch: 1)])",
    "fit(network(), callbacks=[C.LearningRateScheduler(lambda epoch: '0.5')])",
    "fit(network(keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)), callbacks=[C.LearningRateScheduler("
    "lambda epoch: 0.5)])",
    "fit(network(w=nan), callbacks=[C.TerminateOnNaN(raise_error=True)])",
    "fit(network(), validation_split=0.5, callbacks=[C.SwapEMAWeights()])",
    "fit(network(), callbacks=[C.CSVLogger('no/such/folder/a.csv')])",
]


def run(program):
    """The value of a program, in an empty folder."""
    names = {"keras": keras}
    exec(PRELUDE, names)
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            return eval(program, names)
        finally:
            os.chdir(home)


def refusal(program):
    """The names of the exception's classes, the nearest one first."""
    try:
        run(program)
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__ if kind not in (Exception, BaseException, object)]
    raise AssertionError(f"Keras accepts {program}")


def record():
    return {
        "answers": {program: run(program) for program in ANSWERS},
        "refusals": {program: refusal(program) for program in REFUSALS},
    }


if __name__ == "__main__":
    about = {"keras": keras.__version__, "recorded_with": "tests/recorded/record_callbacks.py"}
    save("callbacks", {"about": about, "prelude": PRELUDE, **record()})
