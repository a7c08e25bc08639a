"""Ctrl-C during `fit`, in a process of its own."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
import cycnn
from cycnn import constraints, layers

at = int(sys.argv[1])  # the step to interrupt
constraint = constraints.MaxNorm(0.5) if at else None  # assigning it would mark stale weights, too
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job may have been started without
x = np.random.default_rng(0).standard_normal((1024, 20, 20, 4)).astype(np.float32)
y = np.arange(1024) % 3

def network():
    model = cycnn.Sequential([
        cycnn.Input((20, 20, 4)), layers.Conv2D(48, 3, activation="relu"), layers.Conv2D(48, 3, activation="relu"),
        layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax", kernel_constraint=constraint),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

class Interrupt(cycnn.callbacks.Callback):
    begun = 0
    sent = None
    def on_train_batch_begin(self, batch, logs=None):
        self.begun += 1
        if self.begun == at + 1:
            threading.Timer(0.01, self.send).start()
    def send(self):
        self.sent = self.begun
        os.kill(os.getpid(), signal.SIGINT)

model, watch = network(), Interrupt()
model.fit(x, y, batch_size=512, steps_per_epoch=1, verbose=0)  # so that no signal comes while the plan is made
model.predict(x[:32], verbose=0)  # a plan that keeps packed weights
before = model.get_weights()
try:
    model.fit(x, y, batch_size=512, epochs=100, verbose=2, callbacks=[watch])
except KeyboardInterrupt:
    pass
else:
    raise SystemExit("fit went on")
assert watch.begun - watch.sent <= 1, f"{watch.begun - watch.sent} batches began after Ctrl-C"
weights = model.get_weights()
assert all(np.isfinite(w).all() for w in weights)
assert constraint is None or np.linalg.norm(weights[-2], axis=0).max() <= 0.5001, "the constraint"
twin = network()
twin.set_weights(weights)
assert any((a != b).any() for a, b in zip(before, weights)), "the step was to be done"
assert np.array_equal(twin.predict(x[:32], verbose=0), model.predict(x[:32], verbose=0)), "stale weights"
history = model.fit(x[:256], y[:256], epochs=2, verbose=0)
assert np.isfinite(history.history["loss"]).all() and len(history.epoch) == 2
assert watch.begun + 16 <= model.optimizer.iterations <= watch.begun + 17
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("step", [0, 3])
def test_ctrl_c_stops_fit_within_a_batch_and_leaves_a_model_that_works(step):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(step)], capture_output=True, text=True, timeout=60,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
