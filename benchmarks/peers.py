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
import tempfile
import warnings
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.measure import timed
from benchmarks.shapes import NETWORKS

BATCHES = 4  # different ones in turn, so that a few hundred steps do not learn one by heart


class Contestant:
    """What every library does here: `losses`, `probabilities`, and seconds of calls of `train` and `predict`.

    Args:
        network: a `shapes.Network`.
        threads: how many it may use.
        batches: different ones, in turn.
    """

    name = None

    def __init__(self, network, threads, batches=BATCHES):
        self.network, self.threads = network, threads
        x, y = network.data(network.batch * batches)
        places = [slice(k, k + network.batch) for k in range(0, len(x), network.batch)]
        self.batches = [(x[place], y[place]) for place in places]
        self.steps = 0
        self.build()

    @cached_property
    def weights(self):
        """The common weights."""
        return self.network.weights()

    def load(self, weights, training):
        """Begin with these weights, to train or to predict."""
        raise NotImplementedError

    def step(self):
        """Train on the next batch, and return the loss."""
        self.steps += 1
        return self.train_on(self.steps % len(self.batches))

    def losses(self, steps):
        """Losses of the first steps from the common weights."""
        self.load(self.weights, training=True)
        self.steps = 0
        return [float(self.step()) for _ in range(steps)]

    def probabilities(self):
        """Predictions for one batch with the common weights."""
        self.load(self.weights, training=False)
        return np.asarray(self.predict(self.network.batch))

    def train(self, repeat):
        """Seconds of each of `repeat` training steps."""
        self.load(self.weights, training=True)
        return timed(self.step, repeat)

    def predictions(self, images, repeat):
        """Seconds of each of `repeat` predictions of so many images."""
        self.load(self.weights, training=False)
        return timed(lambda: self.predict(images), repeat)

    def close(self):
        """Nothing is left running."""


class KerasWords(Contestant):
    """A library with Keras's words: Keras itself, or cycnn."""

    library = None

    def build(self):
        self.library = importlib.import_module(self.library_name)
        self.model = self.network.keras(self.library)
        optimizer = {"adam": "Adam", "sgd": "SGD"}[self.network.optimizer]
        optimizer = getattr(self.library.optimizers, optimizer)(self.network.rate)
        self.model.compile(optimizer, "binary_crossentropy" if self.network.binary else "categorical_crossentropy")

    def load(self, weights, training):
        self.model.set_weights(weights)

    def train_on(self, k):
        return np.ravel(self.model.train_on_batch(*self.batches[k]))[0]

    def predict(self, images):
        return self.model.predict_on_batch(self.batches[0][0][:images])


class Cycnn(KerasWords):
    """cycnn, in this process."""

    name = library_name = "cycnn"

    def load(self, weights, training):
        self.library.config.set_num_threads(self.threads)
        super().load(weights, training)


class Keras(KerasWords):
    """Keras on the backend that KERAS_BACKEND names."""

    library_name = "keras"


class Torch(Contestant):
    """PyTorch, eager: channels_last, Adam as one fused operation, data as tensors beforehand, predictions as arrays."""

    name = "torch"
    compiled = False  # whether `torch.compile` makes code for the network

    def build(self):
        import torch

        self.torch = torch
        self.logits = self.network.torch(torch).to(memory_format=torch.channels_last)  # the losses take logits
        self.run = torch.compile(self.logits, dynamic=False) if self.compiled else self.logits
        if self.network.optimizer == "adam":
            self.optimizer = torch.optim.Adam(self.logits.parameters(), self.network.rate, eps=1e-7, fused=True)
        else:
            self.optimizer = torch.optim.SGD(self.logits.parameters(), self.network.rate, fused=True)
        self.probability = torch.sigmoid if self.network.binary else lambda x: x.softmax(1)
        losses = torch.nn.functional
        self.loss = losses.binary_cross_entropy_with_logits if self.network.binary else losses.cross_entropy
        self.tensors = [(self.channels_last(x), self.target(y)) for x, y in self.batches]

    def load(self, weights, training):
        self.torch.set_num_threads(self.threads)
        self.logits.train(training)
        places = [t for name, t in self.logits.state_dict().items() if not name.endswith("num_batches_tracked")]
        with self.torch.no_grad():
            for place, value in zip(places, weights, strict=True):
                # HWIO -> OIHW, (inputs, units) -> (units, inputs)
                order = (3, 2, 0, 1) if value.ndim == 4 else range(value.ndim)[::-1]
                turned = np.ascontiguousarray(value.transpose(*order))
                place.copy_(self.torch.tensor(turned.reshape(place.shape)))  # depthwise: from (1, c) to (c, 1)
        self.optimizer.state.clear()

    def channels_last(self, x):
        """The same memory, as PyTorch sees images."""
        return self.torch.from_numpy(x).permute(0, 3, 1, 2)

    def target(self, y):
        return self.torch.from_numpy(y if self.network.binary else y.argmax(1))

    def train_on(self, k):
        x, y = self.tensors[k]
        loss = self.loss(self.run(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def predict(self, images):
        with self.torch.inference_mode():
            return self.probability(self.run(self.tensors[0][0][:images])).numpy()


class TorchCompile(Torch):
    """PyTorch with `torch.compile`: code made for this network and these shapes, which no time contains."""

    name = "torch.compile"
    compiled = True


class Exported(Torch):
    """A runtime that only predicts: PyTorch's network as an ONNX file of a fixed batch, in the layout of that format."""

    train = losses = None

    def build(self):
        super().build()
        self.images = np.ascontiguousarray(self.batches[0][0].transpose(0, 3, 1, 2))
        self.ready = {}  # samples -> a function of images

    def load(self, weights, training):
        if not self.ready:  # the weights never change, and are constants in the file
            super().load(weights, training)

    def predict(self, images):
        if images not in self.ready:
            self.ready[images] = self.open(self.file(images))
        return self.ready[images](self.images[:images])

    def file(self, images):
        """The network for so many images, as bytes."""
        nn = self.torch.nn
        whole = nn.Sequential(self.logits, nn.Sigmoid() if self.network.binary else nn.Softmax(1))
        sample = self.torch.from_numpy(self.images[:images])
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the exporter, not about the network
            path = Path(folder, "network.onnx")
            self.torch.onnx.export(whole, (sample,), str(path), input_names=["x"], output_names=["y"], dynamo=False)
            return path.read_bytes()

    def open(self, file):
        raise NotImplementedError


class OnnxRuntime(Exported):
    """ONNX Runtime, its graph optimizations as they come."""

    name = "onnxruntime"

    def open(self, file):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        return lambda x: session.run(None, {"x": x})[0]


class OpenVino(Exported):
    """OpenVINO in float32, set for latency: one request that uses all threads."""

    name = "openvino"

    def open(self, file):
        import openvino

        # Its own choice of precision on processors with matrix units would be bfloat16.
        settings = {
            "INFERENCE_NUM_THREADS": self.threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(file, b""), "CPU", settings)
        request = compiled.create_infer_request()

        def predict(x):
            request.infer([x], share_inputs=True)
            return np.array(request.get_output_tensor().data)

        return predict


# Peers of this interpreter, and the modules they need.
HERE = (
    (Torch, ("torch",)),
    (TorchCompile, ("torch",)),
    (OnnxRuntime, ("torch", "onnxruntime")),
    (OpenVino, ("torch", "openvino")),
)


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
            [python, "-m", "benchmarks.peers", backend, "--network", network.name, "--threads", str(threads)]
            + ["--exact"] * (network == network.exact),
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
    parser.add_argument("--exact", action="store_true", help="without dropout")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    network = NETWORKS[options.network]
    serve(options.backend, network.exact if options.exact else network, options.threads)
