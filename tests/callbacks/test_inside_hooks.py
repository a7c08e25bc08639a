"""What a model offers may be used inside hooks: answers as outside, and a training that goes on as if nothing were."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, optimizers, utils
from cycnn.callbacks import Callback, LambdaCallback

RNG = np.random.default_rng(5)
X = RNG.standard_normal((30, 6, 6, 2)).astype("float32")
Y = RNG.integers(0, 3, 30)
HELD_OUT = RNG.standard_normal((11, 6, 6, 2)).astype("float32"), RNG.integers(0, 3, 11)


def network():
    """Convolutions, moving statistics, random numbers and slots: everything that a step changes."""
    utils.set_random_seed(3)
    model = cycnn.Sequential(
        [
            cycnn.Input((6, 6, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained(callback=None, **arguments):
    """A trained model, and its history."""
    model = network()
    history = model.fit(
        X, Y, batch_size=8, epochs=2, validation_data=HELD_OUT, verbose=0, callbacks=callback, **arguments
    )
    return model, history.history


def state(model):
    return [*model.get_weights(), *(np.array(v) for v in model.optimizer.variables)]


def same(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


class Look(Callback):
    """Asks for everything in every hook, and keeps the answers with the weights of that moment."""

    def __init__(self, evaluates=()):
        self.evaluates = evaluates
        self.busy = False
        self.seen = []

    def look(self, hook):
        if self.busy:  # its own evaluation
            return
        self.busy = True
        answers = [self.model.predict(HELD_OUT[0], batch_size=size, verbose=0) for size in (4, 8, 11)]
        answers.append(self.model.predict_on_batch(HELD_OUT[0][:8]))
        if hook in self.evaluates:
            answers.append(np.array(self.model.evaluate(*HELD_OUT, batch_size=8, verbose=0)))
        self.seen.append((hook, self.model.get_weights(), answers))
        self.busy = False


def _looking(hook):
    return lambda self, *arguments: self.look(hook)


HOOKS = [name for name in vars(Callback) if name.startswith(("on_train", "on_epoch", "on_test"))]
for _hook in HOOKS:
    setattr(Look, _hook, _looking(_hook))


@pytest.mark.parametrize("evaluates", [(), HOOKS], ids=["predict", "evaluate"])
def test_looking_leaves_a_training_as_it_is(evaluates):
    """Its metrics, too: an evaluation between two batches counts its own."""
    model, history = trained()
    watched, watched_history = trained([Look(evaluates)])
    assert same(state(model), state(watched))
    assert history == watched_history


def test_answers_inside_hooks_are_those_outside():
    look = Look(HOOKS)
    trained([look])
    assert {hook for hook, _, _ in look.seen} == set(HOOKS)
    fresh = network()
    for hook, weights, answers in look.seen:
        fresh.set_weights(weights)
        again = [fresh.predict(HELD_OUT[0], batch_size=size, verbose=0) for size in (4, 8, 11)]
        again.append(fresh.predict_on_batch(HELD_OUT[0][:8]))
        again.append(np.array(fresh.evaluate(*HELD_OUT, batch_size=8, verbose=0)))
        assert same(answers, again), hook
    # They are answers of different moments.
    assert len({answers[0].tobytes() for _, _, answers in look.seen}) == 1 + 2 * 4


def test_what_get_weights_gave_does_not_change_with_the_training():
    kept = []
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append((model.get_weights(), state(model))))
    model = network()
    model.fit(X, Y, batch_size=8, verbose=0, callbacks=[keep])
    copies = [[a.copy() for a in weights] for weights, _ in kept]
    model.fit(X, Y, batch_size=8, verbose=0)
    assert all(same(weights, copy) for (weights, _), copy in zip(kept, copies, strict=True))


def test_changes_inside_hooks_are_those_outside():
    """Weights and learning rate set between batches, beside a loop over `train_on_batch`."""

    class Change(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                self.model.set_weights([a * np.float32(0.5) for a in self.model.get_weights()])

        def on_train_batch_end(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.01 / (batch + 2)

        def on_epoch_end(self, epoch, logs=None):
            self.model.layers[0].set_weights([a + np.float32(0.25) for a in self.model.layers[0].get_weights()])

    inside, _ = trained([Change()], shuffle=False)
    outside, change = network(), Change()
    change.set_model(outside)
    for epoch in range(2):
        for batch, first in enumerate(range(0, 30, 8)):
            change.on_train_batch_begin(batch)
            outside.train_on_batch(X[first : first + 8], Y[first : first + 8])
            change.on_train_batch_end(batch)
        change.on_epoch_end(epoch)
    assert same(state(inside), state(outside))
    assert not same(state(inside), state(trained(shuffle=False)[0]))


def test_another_model_trains_inside_a_hook():
    def train_other(epoch, logs):
        other = network()
        other.fit(X, Y, epochs=1, verbose=0)

    model, history = trained(shuffle=False)
    watched, watched_history = trained([LambdaCallback(on_epoch_end=train_other)], shuffle=False)
    # Only what is drawn from the process's seed while it trains may differ; here nothing is.
    assert same(model.get_weights(), watched.get_weights())
    assert history == watched_history
