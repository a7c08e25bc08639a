"""Forked children of a process that ran in parallel: libgomp would wait for threads that they did not inherit."""

import os
import subprocess
import sys

import pytest

NETWORK = """
import multiprocessing, os, sys
import numpy as np
import cycnn
from cycnn import config, layers

x = np.random.default_rng(0).standard_normal((256, 16, 16, 4)).astype(np.float32)
y = np.arange(256) % 3

def trained():
    cycnn.utils.set_random_seed(1)
    model = cycnn.Sequential([cycnn.Input((16, 16, 4)), layers.Conv2D(32, 3, activation="relu"), layers.Dropout(0.2),
                              layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=128, verbose=0)
    return model

config.set_num_threads(2)
model = trained()
assert config._went_parallel, "the fit was to run on two threads"
predicted, weights = model.predict(x, batch_size=128, verbose=0), model.get_weights()

def child():
    assert config.get_num_threads() == 1
    assert np.array_equal(model.predict(x, batch_size=128, verbose=0), predicted), "a plan of the parent's"
    assert np.array_equal(model.predict(x, batch_size=100, verbose=0), predicted), "a new plan"
    assert all(np.array_equal(a, b) for a, b in zip(trained().get_weights(), weights)), "a fit"
    model.fit(x, y, batch_size=128, verbose=0)
"""
WITH_MULTIPROCESSING = """
context = multiprocessing.get_context("fork")
for _ in range(2):
    process = context.Process(target=child)
    process.start()
    process.join(30)
    assert process.exitcode == 0, process.exitcode
"""
WITH_OS_FORK = """
pid = os.fork()
if pid == 0:
    child()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
PARENT_GOES_ON = """
assert config.get_num_threads() == 2
assert np.array_equal(model.predict(x, batch_size=128, verbose=0), predicted)
assert all(np.array_equal(a, b) for a, b in zip(trained().get_weights(), weights))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("fork", [WITH_MULTIPROCESSING, WITH_OS_FORK], ids=["multiprocessing", "os.fork"])
def test_a_child_forked_after_a_parallel_fit_predicts_and_fits(fork):
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", NETWORK + fork + PARENT_GOES_ON],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
