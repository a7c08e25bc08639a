"""The contestants. Each one builds a network, takes its weights in Keras's layout, trains and predicts.

A library that shares this interpreter runs in this process. Keras does not: its backend is chosen once per process, and
its threads before it starts. So it lives in a process of its own, perhaps of another Python, and gets its turns through
a pipe: it measures itself, and while the others run it waits.

    python -m benchmarks.peers tensorflow --threads 2       such a process: one JSON request a line, one answer a line
"""

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.measure import timed
from benchmarks.shapes import NETWORKS

BATCH = 64
BATCHES = 4  # different ones in turn, so that a few hundred steps do not learn one by heart
LEARNING_RATE = 0.001


class Contestant:
    """What every library does here: `losses`, `probabilities`, and seconds of calls of `train` and `predict`.

    Args:
        network: a `shapes.Network`.
        threads: how many it may use.
    """

    name = None

    def __init__(self, network, threads):
        self.network, self.threads = network, threads
        self.weights = network.weights()
        x, y = network.data(BATCH * BATCHES)
        self.batches = [(x[k : k + BATCH], y[k : k + BATCH]) for k in range(0, len(x), BATCH)]
        self.steps = 0
        self.build()

    def step(self):
        """Train on the next batch, and return the loss."""
        self.steps += 1
        return self.train_on(self.steps % BATCHES)

    def losses(self, steps):
        """Losses of the first steps from the common weights."""
        self.load(self.weights)
        self.steps = 0
        return [float(self.step()) for _ in range(steps)]

    def probabilities(self):
        """Predictions for one batch with the common weights."""
        self.load(self.weights)
        return np.asarray(self.predict(BATCH))

    def train(self, repeat):
        """Seconds of each of `repeat` training steps."""
        self.load(self.weights)
        return timed(self.step, repeat)

    def predictions(self, images, repeat):
        """Seconds of each of `repeat` predictions of so many images."""
        self.load(self.weights)
        return timed(lambda: self.predict(images), repeat)

    def close(self):
        """Nothing is left running."""


class KerasWords(Contestant):
    """A library with Keras's words: Keras itself, or cycnn."""

    library = None

    def build(self):
        self.library = importlib.import_module(self.library_name)
        self.model = self.network.keras(self.library)
        optimizer = self.library.optimizers.Adam(LEARNING_RATE)
        self.model.compile(optimizer, "categorical_crossentropy")

    def load(self, weights):
        self.model.set_weights(weights)

    def train_on(self, k):
        return np.ravel(self.model.train_on_batch(*self.batches[k]))[0]

    def predict(self, images):
        return self.model.predict_on_batch(self.batches[0][0][:images])


class Cycnn(KerasWords):
    """cycnn, in this process."""

    name = library_name = "cycnn"

    def load(self, weights):
        self.library.config.set_num_threads(self.threads)
        super().load(weights)


class Keras(KerasWords):
    """Keras on the backend that KERAS_BACKEND names."""

    library_name = "keras"


class Torch(Contestant):
    """PyTorch, eager: channels_last, Adam as one fused operation, data as tensors beforehand, predictions as arrays."""

    name = "torch"

    def build(self):
        import torch

        self.torch = torch
        layers, (_, _, c) = [], self.network.image
        for k, f in enumerate(self.network.filters):
            layers += [torch.nn.Conv2d(c, f, 3), torch.nn.ReLU()]
            if k < len(self.network.filters) - 1:
                layers.append(torch.nn.MaxPool2d(2))
            c = f
        self.features = torch.nn.Sequential(*layers).to(memory_format=torch.channels_last)
        hidden, output = (torch.nn.Linear(inputs, units) for _, inputs, units in self.network.layers()[-2:])
        self.head = torch.nn.Sequential(hidden, torch.nn.ReLU(), output)
        self.parameters = [*self.features.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, LEARNING_RATE, eps=1e-7, fused=True)
        self.tensors = [(self.channels_last(x), torch.tensor(y.argmax(1))) for x, y in self.batches]

    def load(self, weights):
        self.torch.set_num_threads(self.threads)
        with self.torch.no_grad():
            for parameter, value in zip(self.parameters, weights):
                # HWIO -> OIHW, (inputs, units) -> (units, inputs)
                order = (3, 2, 0, 1) if value.ndim == 4 else range(value.ndim)[::-1]
                parameter.copy_(self.torch.tensor(np.ascontiguousarray(value.transpose(*order))))
        self.optimizer.state.clear()

    def channels_last(self, x):
        return self.torch.tensor(x).permute(0, 3, 1, 2).contiguous(memory_format=self.torch.channels_last)

    def logits(self, x):
        maps = self.features(x)
        return self.head(maps.permute(0, 2, 3, 1).reshape(len(x), -1))  # (h, w, c), a view in this layout

    def train_on(self, k):
        x, y = self.tensors[k]
        loss = self.torch.nn.functional.cross_entropy(self.logits(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def predict(self, images):
        with self.torch.inference_mode():
            return self.logits(self.tensors[0][0][:images]).softmax(1).numpy()


class Remote:
    """Keras on a backend, in a process of its own.

    Args:
        backend: of Keras: "tensorflow", "jax" or "torch".
        python: the interpreter that has it.
    """

    def __init__(self, backend, python, network, threads):
        self.name = f"keras on {backend}"
        environment = os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": str(threads)}
        environment |= {
            "TF_NUM_INTRAOP_THREADS": str(threads),
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.peers", backend, "--network", network.name, "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[1],
        )
        self.version = self.ask("version")

    def ask(self, method, *args):
        """Have the other process do something, and wait for what comes of it."""
        try:
            self.process.stdin.write(json.dumps([method, *args]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended; what it said stands above.")
        return json.loads(answer)

    def losses(self, steps):
        return self.ask("losses", steps)

    def probabilities(self):
        return np.array(self.ask("probabilities"))

    def train(self, repeat):
        return self.ask("train", repeat)

    def predictions(self, images, repeat):
        return self.ask("predictions", images, repeat)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def has(module):
    """Whether this Python has a module, without importing it."""
    return importlib.util.find_spec(module) is not None


def serve(backend, network, threads):
    """The other end of `Remote`."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer
    if hasattr(os, "sched_setaffinity"):  # XLA takes the processors it finds
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    contestant = Keras(network, threads)
    for line in sys.stdin:
        method, *args = json.loads(line)
        if method == "version":
            answer = {name: importlib.import_module(name).__version__ for name in ("keras", backend)}
        else:
            answer = getattr(contestant, method)(*args)
        if method == "probabilities":
            answer = answer.tolist()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("backend", choices=["tensorflow", "jax", "torch"])
    parser.add_argument("--network", choices=NETWORKS, default="mnist")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    serve(options.backend, NETWORKS[options.network], options.threads)
