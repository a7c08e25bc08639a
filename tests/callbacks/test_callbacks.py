"""Callbacks where they are not simply Keras's (test_beside_keras.py): messages, warnings, files, what we refuse."""

import json
import os
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

import cycnn
from cycnn import callbacks, layers, optimizers
from cycnn.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    RemoteMonitor,
    SwapEMAWeights,
    TerminateOnNaN,
)

X, Y = np.ones((4, 1), "float32"), np.zeros((4, 1), "float32")


def network(rate=0.25, **arguments):
    """y = w x with w = 1: a step on `X, Y` makes w (1 - 2 rate) of w."""
    model = cycnn.Sequential([cycnn.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizers.SGD(rate), "mse", **arguments)
    return model


class Stand:
    """A model whose weights are one number, and its files that number."""

    def __init__(self, rate=0.5, value=0):
        self.optimizer = SimpleNamespace(learning_rate=rate, built=True)
        self.metrics, self.stop_training, self.value, self._initial_epoch = [], False, value, None

    def save_weights(self, filepath, overwrite=False):
        assert overwrite
        with open(filepath, "w") as file:
            file.write(str(self.value))

    save = save_weights

    def load_weights(self, filepath):
        with open(filepath) as file:
            text = file.read()
        if not text:
            raise OSError("empty")
        self.value = int(text)


def play(callback, losses, model=None, name="loss", **more):
    """Epochs with these losses."""
    model = model or Stand()
    both = CallbackList([callback], model=model, epochs=len(losses))
    both.on_train_begin()
    for epoch, loss in enumerate(losses):
        both.on_epoch_begin(epoch)
        both.on_epoch_end(epoch, {name: loss, **more})
    both.on_train_end()
    return model


# Names ---------------------------------------------------------------------------------------------------------------


def test_callbacks_have_keras_s_names():
    assert set(callbacks.__all__) == {
        "BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
        "LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RemoteMonitor",
        "SwapEMAWeights", "TensorBoard", "TerminateOnNaN",
    }  # fmt: skip
    assert cycnn.callbacks is callbacks


def test_a_misspelt_name_gets_the_right_one():
    with pytest.raises(AttributeError, match="Did you mean 'EarlyStopping'"):
        callbacks.EarlyStoping  # noqa: B018
    assert not hasattr(callbacks, "Nothing")


def test_what_keras_has_and_cycnn_has_not_says_what_to_use():
    with pytest.raises(ImportError, match="ModelCheckpoint"):
        from cycnn.callbacks import OrbaxCheckpoint  # noqa: F401


# The base and the list -----------------------------------------------------------------------------------------------


def test_a_callback_may_have_a_constructor_that_forgets_the_base():
    class Forgetful(Callback):
        def __init__(self):
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((self.model, self.params["epochs"]))

    forgetful, model = Forgetful(), network()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=forgetful)
    assert forgetful.seen == [(model, 2)] * 2


def test_older_names_of_batch_hooks_are_called():
    class Old(Callback):
        seen = ()

        def on_batch_begin(self, batch, logs=None):
            self.seen = (*self.seen, ("begin", batch, logs))

        def on_batch_end(self, batch, logs=None):
            self.seen = (*self.seen, ("end", batch, list(logs)))

    old = Old()
    network().fit(X, Y, batch_size=2, verbose=0, callbacks=[old])
    assert old.seen == (("begin", 0, {}), ("end", 0, ["loss"]), ("begin", 1, {}), ("end", 1, ["loss"]))


def test_a_list_gives_model_and_params_to_what_is_appended():
    first, second = Callback(), Callback()
    both = CallbackList([first], model="model", epochs=3)
    both.append(second)
    assert both.callbacks == [first, second]
    assert second.model == first.model == "model"
    assert second.params == first.params == {"epochs": 3}
    both.set_params({"steps": 1})
    assert second.params == {"steps": 1}


def test_lists_in_lists_and_a_list_for_fit():
    calls = []
    note = [LambdaCallback(on_train_begin=lambda logs, k=k: calls.append(k)) for k in range(3)]
    network().fit(X, Y, verbose=0, callbacks=CallbackList([note[0], (note[1], [note[2]])]))
    assert calls == [0, 1, 2]
    assert CallbackList(None).callbacks == []


def test_a_list_adds_what_is_not_there():
    history, line = History(), ProgbarLogger()
    assert CallbackList([line, history], add_history=True, add_progbar=True).callbacks == [line, history]
    added = CallbackList([], add_history=True, add_progbar=True)
    assert [type(callback) for callback in added.callbacks] == [History, ProgbarLogger]
    assert added.history is added.callbacks[0]
    assert CallbackList([]).history is None


@pytest.mark.parametrize("wrong", [5, [None], ["EarlyStopping"], [[3]]])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(ValueError, match=r"`callbacks` must be `Callback` objects.*Received: "):
        network().fit(X, Y, verbose=0, callbacks=wrong)


def test_a_class_in_the_place_of_an_object_gets_a_hint():
    with pytest.raises(ValueError, match=r"Did you mean TerminateOnNaN\(\)"):
        network().fit(X, Y, verbose=0, callbacks=[TerminateOnNaN])


def test_logs_are_floats_in_order_and_one_dictionary_for_all():
    given = {"b": np.float32(0.5), "a": np.array(2), "word": "x", "pair": np.array([1, 2]), "none": None}
    seen = []
    both = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs)) for _ in range(2)])
    both.on_epoch_end(0, given)
    assert seen[0] is seen[1]
    assert seen[0] is not given
    assert list(seen[0]) == ["a", "b", "none", "pair", "word"]
    assert [type(seen[0][name]) for name in ("a", "b")] == [float, float]
    assert seen[0]["pair"] is given["pair"]
    assert seen[0]["word"] == "x"


@pytest.mark.parametrize(
    ("callback", "watches"),
    [
        (History(), False),
        (EarlyStopping(), False),
        (LambdaCallback(on_epoch_end=print), False),
        (LambdaCallback(on_train_batch_begin=print), False),
        (LambdaCallback(on_train_batch_end=print), True),
        (LambdaCallback(on_batch_end=print), True),
        (LambdaCallback(on_test_batch_end=print), True),
        (TerminateOnNaN(), True),
        (CallbackList([TerminateOnNaN()]), True),
    ],
)
def test_logs_of_batches_are_made_only_where_they_are_read(callback, watches):
    assert CallbackList([[callback], Callback()]).watches_batches == watches


def test_a_progbar_logger_changes_nothing(capsys):
    network().fit(X, Y, verbose=2, callbacks=[ProgbarLogger()])
    assert capsys.readouterr().out.count("Epoch 1/1") == 1
    network().fit(X, Y, verbose=0, callbacks=[ProgbarLogger("samples", stateful_metrics=["loss"])])
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match=r"`count_mode`.*Received: count_mode='step'"):
        ProgbarLogger("step")


# Monitors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_a_number_that_is_missing_warns_and_changes_nothing(kind):
    model = Stand()
    with pytest.warns(UserWarning, match=r"watches 'val_loss', which the logs lack; they hold: .*loss"):
        play(kind(patience=0), [1.0, 1.0], model)
    assert not model.stop_training
    assert model.optimizer.learning_rate == 0.5


@pytest.mark.parametrize("make", [EarlyStopping, ReduceLROnPlateau, lambda **a: ModelCheckpoint("m.keras", **a)])
def test_an_unknown_mode_warns_and_counts_as_auto(make):
    with pytest.warns(UserWarning, match="`mode` of .* must be .*Received: mode='most'") as caught:
        assert make(mode="most").mode == "auto"
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("metric", "stops"), [("up", [1.0, 2.0, 2.0]), ("down", [2.0, 1.0, 1.0])])
def test_a_metric_says_which_way_is_better(metric, stops):
    model = Stand()
    model.metrics = [SimpleNamespace(name="other"), SimpleNamespace(name="mine", _direction=metric)]
    stop = EarlyStopping("val_mine", patience=1)
    play(stop, stops, model, name="val_mine")
    assert stop.stopped_epoch == 2
    assert stop.best == stops[1]


def test_a_loss_of_one_of_several_outputs_is_a_loss():
    stop = EarlyStopping("val_left_loss", patience=1)
    play(stop, [2.0, 1.0, 1.0], name="val_left_loss")
    assert (stop.stopped_epoch, stop.best) == (2, 1.0)


def test_a_number_without_a_direction_is_refused():
    with pytest.raises(ValueError, match=r"EarlyStopping cannot tell.*pass mode='max'.*Received: monitor='odd'"):
        play(EarlyStopping("odd"), [1.0], name="odd")


def test_early_stopping_says_what_it_does(capsys):
    model = Stand()
    model.get_weights, model.set_weights = list, lambda weights: None
    play(EarlyStopping("loss", patience=1, verbose=1, restore_best_weights=True), [2.0, 1.0, 1.5], model)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 3: early stopping",
        "Weights of the best epoch, 2, are restored.",
    ]
    play(EarlyStopping("loss", patience=1, restore_best_weights=True), [2.0, 1.0, 1.5], model)
    assert capsys.readouterr().out == ""


def test_the_best_weights_are_restored_to_the_bit():
    model, kept = network(), []
    given = iter([3.0, 0.3, 0.7, 5.0])
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[
        LambdaCallback(on_epoch_begin=lambda epoch, logs: model.set_weights([np.full((1, 1), next(given))])),
        LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()[0])),
        EarlyStopping("loss", patience=9, restore_best_weights=True),
    ])  # fmt: skip
    assert np.array_equal(model.get_weights()[0], kept[1])
    assert not np.array_equal(model.get_weights()[0], kept[3])


# Learning rates ------------------------------------------------------------------------------------------------------


def test_reduce_lr_says_what_it_does_and_knows_its_older_argument(capsys):
    model = play(ReduceLROnPlateau("loss", 0.5, patience=1, verbose=1, epsilon=0.25), [1.0, 0.8, 0.8])
    assert model.optimizer.learning_rate == 0.125
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: the learning rate is reduced to 0.25.",
        "Epoch 3: the learning rate is reduced to 0.125.",
    ]


def test_reduce_lr_stays_at_its_bound_in_float32():
    model = Stand(rate=np.float32(0.1))
    reduce = ReduceLROnPlateau("loss", 0.5, patience=0, min_lr=0.1, cooldown=7)
    play(reduce, [1.0, 1.0, 1.0], model)
    assert model.optimizer.learning_rate == np.float32(0.1)
    assert reduce.cooldown_counter == 0


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (lambda epoch: np.float32(0.25), 0.25),
        (lambda epoch, rate: np.array(rate / 2), 0.25),
        (lambda epoch, rate=None: rate, 0.5),
        (np.nextafter, float(np.nextafter(0, 0.5))),  # compiled: says nothing about its arguments
    ],
)
def test_forms_of_a_schedule(schedule, expected):
    assert play(LearningRateScheduler(schedule), [1.0]).optimizer.learning_rate == expected


def test_an_error_inside_a_schedule_is_not_hidden():
    def wrong(epoch, rate):
        return rate + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        play(LearningRateScheduler(wrong), [1.0])
    with pytest.raises(ValueError, match=r"`schedule` must be a function. Received: schedule=0.5"):
        LearningRateScheduler(0.5)


def test_the_scheduler_says_what_it_does(capsys):
    play(LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1), verbose=1), [1.0, 1.0])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: the learning rate is set to 0.5.",
        "Epoch 2: the learning rate is set to 0.25.",
    ]


# Records -------------------------------------------------------------------------------------------------------------


def test_an_interrupted_training_leaves_a_table_to_read(tmp_path):
    def fail(epoch, logs):
        if epoch == 1:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        network().fit(X, Y, epochs=3, verbose=0, callbacks=[CSVLogger(tmp_path / "a.csv"), LambdaCallback(fail)])
    assert (tmp_path / "a.csv").read_text().splitlines() == ["epoch,loss,val_loss", "0,1.0,NA"]


def test_a_table_that_cannot_be_written_is_refused_before_training(tmp_path):
    model = network()
    with pytest.raises(FileNotFoundError):
        model.fit(X, Y, verbose=0, callbacks=[CSVLogger(tmp_path / "no" / "a.csv")])
    assert model.get_weights()[0] == 1


def test_a_hook_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"Did you mean 'on_epoch_end'.*Received: 'on_epochs_end'"):
        LambdaCallback(on_epochs_end=print)
    with pytest.raises(ValueError, match=r"`on_test_end` must be a function. Received: on_test_end=5"):
        LambdaCallback(on_test_end=5)


@pytest.fixture
def server():
    """A server that keeps what is posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posts.append((self.path, self.headers["Content-Type"], self.headers["X-Mine"], body))
            self.send_response(200 if self.path != "/no" else 500)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    posts = []
    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}", posts
        found.shutdown()
        thread.join()


def test_logs_go_to_a_server(server, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    root, posts = server
    play(RemoteMonitor(root, headers={"X-Mine": "1"}), [0.5], pair=np.array([1, 2]))
    play(RemoteMonitor(root, "/there", send_as_json=True), [0.5])
    play(RemoteMonitor(root, "/there", field="f"), [0.5])
    (path, kind, mine, body), second, third = posts
    assert (path, kind, mine) == ("/publish/epoch/end/", "application/x-www-form-urlencoded", "1")
    assert json.loads(urllib.parse.parse_qs(body)["data"][0]) == {"epoch": 0, "loss": 0.5, "pair": [1, 2]}
    assert second[:2] == ("/there", "application/json")
    assert json.loads(second[3]) == {"epoch": 0, "loss": 0.5}
    assert third[3].startswith("f=")
    with pytest.warns(UserWarning, match="could not post to .*500"):
        play(RemoteMonitor(root, "/no"), [0.5])


def test_a_server_that_is_not_there_warns(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.warns(UserWarning, match="could not post to http://127.0.0.1:9/"):
        play(RemoteMonitor("http://127.0.0.1:9"), [0.5])
    with pytest.raises(ValueError, match=r"`root` must begin with http.*Received: root='file:///etc'"):
        RemoteMonitor("file:///etc")


# NaN -----------------------------------------------------------------------------------------------------------------


def test_both_ways_to_end_a_training_that_has_come_apart(capsys):
    ended = []
    end = LambdaCallback(on_train_end=lambda logs: ended.append(logs))
    x = np.full((4, 1), np.nan)
    network().fit(x, Y, epochs=3, verbose=0, callbacks=[end, TerminateOnNaN()])
    assert len(ended) == 1
    assert "Batch 0: training is ended, as the loss is nan." in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="the loss of batch 0 is nan"):
        network().fit(x, Y, epochs=3, verbose=0, callbacks=[end, TerminateOnNaN(raise_error=True)])
    assert len(ended) == 1


# Files ---------------------------------------------------------------------------------------------------------------


def test_a_checkpoint_says_what_it_does(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    play(ModelCheckpoint("m.keras", "loss", verbose=1, save_best_only=True), [2.0, 3.0, 1.0])
    play(ModelCheckpoint("{epoch}.h5", verbose=1), [2.0])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: loss improved from nothing to 2.00000, saving to m.keras",
        "Epoch 2: loss did not improve from 2.00000",
        "Epoch 3: loss improved from 2.00000 to 1.00000, saving to m.keras",
        "Epoch 1: saving to 1.h5",
    ]


def test_a_checkpoint_remembers_the_best_from_fit_to_fit(tmp_path):
    best = ModelCheckpoint(tmp_path / "m.keras", "loss", save_best_only=True)
    play(best, [2.0], Stand(value=1))
    play(best, [3.0], Stand(value=2))
    assert (tmp_path / "m.keras").read_text() == "1"
    play(best, [1.0], Stand(value=3))
    assert (tmp_path / "m.keras").read_text() == "3"


def test_a_checkpoint_of_every_second_epoch(tmp_path):
    play(ModelCheckpoint(tmp_path / "{epoch}.keras", period=2), [1.0] * 5)
    assert sorted(os.listdir(tmp_path)) == ["2.keras", "4.keras"]
    with pytest.raises(ValueError, match=r"`period` must be a positive integer. Received: period=0"):
        ModelCheckpoint("m.keras", period=0)


@pytest.mark.parametrize(("logs", "problem"), [({}, "the logs lack"), ({"a": np.zeros(2)}, "is not one number")])
def test_a_best_that_cannot_be_told_is_saved_with_a_warning(logs, problem, tmp_path):
    with pytest.warns(UserWarning, match=f"watches 'a', which {problem}"):
        play(ModelCheckpoint(tmp_path / "m.keras", "a", save_best_only=True, mode="max"), [1.0], **logs)
    assert (tmp_path / "m.keras").exists()


def test_fields_that_are_missing_are_named():
    with pytest.raises(KeyError, match=r"a field that the logs lack: 'val_loss'; they hold: loss.*Received: filepath="):
        play(ModelCheckpoint("{val_loss}.keras"), [1.0])


@pytest.mark.parametrize("value", ["batch", 0, -3, 1.5, True, None])
@pytest.mark.parametrize(
    "make", [lambda v: ModelCheckpoint("m.keras", save_freq=v), lambda v: BackupAndRestore("b", v)]
)
def test_how_often_to_save_is_checked(make, value):
    with pytest.raises(
        ValueError, match=r'`save_freq` must be "epoch" or a positive number of batches. Received: save_'
    ):
        make(value)


def stopped(callback, value, at, model=None, batches=0):
    """Epochs until one that does not end; `value` is what has been learned by then."""
    model = model or Stand()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch in range(model._initial_epoch or 0, at + 1):
        callback.on_epoch_begin(epoch)
        model.value = value
        for batch in range(batches):
            callback.on_train_batch_end(batch)
        if epoch < at:
            callback.on_epoch_end(epoch)
    return model


def test_a_damaged_backup_falls_back_to_the_one_before(tmp_path):
    first = stopped(BackupAndRestore(tmp_path, double_checkpoint=True), 5, 2)
    assert first._initial_epoch is None
    assert json.loads((tmp_path / "training_metadata.json").read_text())["epoch"] == 2
    (tmp_path / "latest.weights.h5").write_text("")
    (tmp_path / "latest.weights.h5.bkp").write_text("4")
    model = Stand()
    callback = BackupAndRestore(tmp_path, double_checkpoint=True)
    callback.set_model(model)
    callback.on_train_begin()
    assert (model.value, model._initial_epoch) == (4, 1)


def test_a_damaged_backup_without_another_is_an_error(tmp_path):
    stopped(BackupAndRestore(tmp_path), 5, 2)
    (tmp_path / "latest.weights.h5").write_text("")
    with pytest.raises(OSError, match="empty"):
        stopped(BackupAndRestore(tmp_path), 5, 2)


def test_only_the_files_of_a_backup_are_removed(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    backup = BackupAndRestore(tmp_path, double_checkpoint=True)
    stopped(backup, 5, 3)
    assert len(os.listdir(tmp_path)) == 5
    backup.on_train_end()
    assert os.listdir(tmp_path) == ["mine.txt"]
    kept = BackupAndRestore(tmp_path, delete_checkpoint=False)
    stopped(kept, 5, 3)
    kept.on_train_end()
    assert len(os.listdir(tmp_path)) == 3


def test_a_training_interrupted_twice_within_an_epoch_goes_on_with_that_epoch(tmp_path):
    make = lambda: BackupAndRestore(tmp_path, save_freq=2)  # noqa: E731
    stopped(make(), 5, 3, batches=3)
    model = stopped(make(), 6, 3, batches=3)
    assert model._initial_epoch == 3
    assert stopped(make(), 7, 3)._initial_epoch == 3
    assert json.loads((tmp_path / "training_metadata.json").read_text()) == {"epoch": 3, "batch": 1}


def test_a_callback_that_backed_up_one_training_begins_the_next_one_anew(tmp_path):
    backup = BackupAndRestore(tmp_path, save_freq=2)
    stopped(backup, 5, 3, batches=2)
    backup.on_train_end()
    assert stopped(backup, 6, 0, batches=2)._initial_epoch is None
    assert json.loads((tmp_path / "training_metadata.json").read_text())["epoch"] == 0


# Averages of the weights ---------------------------------------------------------------------------------------------


class Number:
    def __init__(self, value):
        self.assign(value)

    def numpy(self):
        return self.value

    def assign(self, value):
        self.value = np.array(value, "float32")


def averaged(use_ema=True):
    model = Stand()
    model.optimizer.name, model.optimizer.use_ema = "sgd", use_ema
    model.optimizer._trainable_variables = [Number(1), Number([2, 3])]
    model.optimizer._averages = [Number(10), Number([20, 30])]
    callback = SwapEMAWeights()
    callback.set_model(model)
    return callback, lambda: [v.value.tolist() for v in model.optimizer._trainable_variables]


@pytest.mark.parametrize("kind", ["test", "predict"])
def test_averages_are_in_place_while_a_model_answers_and_no_longer(kind):
    callback, weights = averaged()
    for _ in range(2):
        getattr(callback, f"on_{kind}_begin")()
        assert weights() == [10, [20, 30]]
        getattr(callback, f"on_{kind}_end")()
        assert weights() == [1, [2, 3]]


def test_an_optimizer_without_averages_is_refused():
    callback, _ = averaged(use_ema=False)
    with pytest.raises(ValueError, match=r"`use_ema=True`.*Received: sgd, use_ema=False"):
        callback.on_test_begin()
    fresh = network()
    fresh.compile(optimizers.SGD(use_ema=True), "mse")
    with pytest.raises(ValueError, match=r"has begun to train.*built=False"):
        fresh.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights()])
