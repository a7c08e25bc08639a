"""Every layer beside PyTorch's: forward and backward, kernel by kernel.

    python -m benchmarks.layers
    python -m benchmarks.layers --groups pooling normalization --threads 1 2

A layer is alone in a plan that trains; its kernels' own time counts, with what a step does around them (padding, packing
of weights, sums of gradients), not the copies from and to the user's arrays, which a network has once. PyTorch runs
eagerly, channels last and first, and the faster one counts. Backward is the gradient of all inputs and weights. A turn is a
number of steps, forward and back; in both libraries, what a kernel reads has just been written. Answers are compared before
anything is timed. The layers are `shapes.LAYERS`.
"""

import argparse
import os
import re
import sys
import time

import numpy as np

from benchmarks import measure
from benchmarks.convolutions import HELD_AT, geometric_mean
from benchmarks.peers import has
from benchmarks.shapes import LAYERS

DIRECTIONS = ("forward", "backward")
RANDOM = ("Dropout", "SpatialDropout")  # of which no two libraries draw the same
MAPS = (
    "Resizing",
    "BatchNormalization",
    "GroupNormalization",
    "LocalResponseNormalization",
)  # channels second in PyTorch
NAME = "timed"


class Ours:
    """A layer in a plan of its own."""

    name = "cycnn"

    def __init__(self, expression, xs, threads):
        from cycnn import config, layers, models, utils
        from cycnn.engine.recorded import Recorded

        config.set_num_threads(threads)
        utils.set_random_seed(0)
        self.layer = eval(f"layers.{expression}", {"layers": layers})
        self.layer.name = NAME
        inputs = [layers.Input(x.shape[1:], dtype=x.dtype.name) for x in xs]
        model = models.Model(inputs, self.layer(inputs if len(inputs) > 1 else inputs[0]))
        rng = np.random.default_rng(1)
        for variable in self.layer.trainable_variables:
            variable.assign(rng.uniform(0.1, 1, variable.shape))
        self.samples, self.threads = len(xs[0]), threads
        wanted = [k for k, x in enumerate(xs) if x.dtype == np.float32]
        self.variables = self.layer.trainable_variables
        self.run = Recorded(
            model._the_function(), xs, training=True, inputs=wanted, variables=self.variables, repeats=True
        )
        self.run.pull_back([np.zeros_like(self.run.outputs[0])])  # from now on, the plan knows where gradients go

    def forward(self):
        return self.run.outputs[0]

    def backward(self, dy):
        """Gradients of the inputs that have one, and of the weights."""
        dxs, dweights, _ = self.run.pull_back([dy])
        return [dx for dx in dxs if dx is not None], dweights

    def step(self):
        """Forward and backward."""
        self.run._plan.run(self.samples, self.threads)

    def steps(self, repeat):
        """The kernels' time in each of `repeat` steps, by its threads' mean: [forward, backward]."""
        return [self._step() for _ in range(repeat)]

    def _step(self):
        events = self.run._plan.record(self.samples, self.threads)
        return [
            sum(e.end - e.begin for e in events if e.call.label == label) / self.threads
            for label in (NAME, f"d {NAME}")
        ]

    def kernels(self, direction):
        """Names of the kernels that a direction runs."""
        label = NAME if direction == "forward" else f"d {NAME}"
        return list(dict.fromkeys(call.kernel.name for call in self.run._plan.calls if call.label == label))


class Torch:
    """The same layer as PyTorch has it.

    Args:
        layer: ours, of which configuration and weights are taken.
        xs: arrays, channels last.
        last: whether maps stay so in memory.
    """

    def __init__(self, layer, xs, threads, last):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.layer, self.last = torch, layer, last
        self.name = f"torch, channels {'last' if last else 'first'}"
        kind = type(layer).__name__
        self.kind = re.sub(r"[123]D", "", kind)
        self.rank = int(found[0]) if (found := re.findall(r"([123])D", kind)) else xs[0].ndim - 2
        self.maps = bool(found) or self.kind in MAPS
        self.xs = [self.place(x) for x in xs]
        self.wanted = [x.requires_grad_() for x in self.xs if x.dtype == torch.float32]
        self.weights = [
            torch.from_numpy(self.as_torch(np.array(v), v.name)).requires_grad_() for v in layer.trainable_variables
        ]
        if self.kind in ("Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose") and last and self.rank > 1:
            form = torch.channels_last if self.rank == 2 else torch.channels_last_3d
            self.weights = [
                w.detach().to(memory_format=form).requires_grad_() if w.ndim > 1 else w for w in self.weights
            ]
        self.function = getattr(self, "_" + re.sub(r"(?<=[a-z])([A-Z])", r"_\1", self.kind).lower())()
        self.sources = [x.detach().clone() for x in self.xs]
        self.y = self.dy = self.seed = None

    def place(self, array):
        """A tensor of an array with channels last: those of maps come second."""
        x = self.torch.from_numpy(array)
        if not self.maps:
            return x
        x = x.movedim(-1, 1)
        return x if self.last else x.contiguous()

    def as_torch(self, weight, name):
        """A weight, or its gradient, in PyTorch's layout."""
        if self.kind == "Dense" and weight.ndim == 2:
            return np.ascontiguousarray(weight.T)
        if weight.ndim <= 2 or self.kind == "PReLU":
            return weight.reshape(-1) if self.kind == "PReLU" else weight
        if self.kind == "DepthwiseConv" or (self.kind == "SeparableConv" and "depthwise" in name):
            weight = weight.reshape(*weight.shape[:-2], 1, -1)
        return np.ascontiguousarray(np.moveaxis(weight, (-1, -2), (0, 1)))

    def back(self, tensor):
        array = tensor.detach()
        return (array.movedim(1, -1) if self.maps and array.ndim > 2 else array).numpy()

    def forward(self):
        return self.back(self.call())

    def backward(self, dy):
        self.y = self.call()
        self.dy = self.seed = self.place(dy) if self.maps and dy.ndim > 2 else self.torch.from_numpy(dy)
        found = self.pull_back()
        return [self.back(dx) for dx in found[: len(self.wanted)]], [g.numpy() for g in found[len(self.wanted) :]]

    def call(self):
        return self.function(*self.xs)

    def pull_back(self):
        found = self.torch.autograd.grad(self.y, self.wanted + self.weights, self.dy)
        return found if self.maps else [gradient.contiguous() for gradient in found]  # views: whoever reads them copies

    def steps(self, repeat):
        return [self._step() for _ in range(repeat)]

    def _step(self):
        """As in a plan, what is read has just been written, as by the layers before and behind, which is not timed."""
        with self.torch.no_grad():
            for x, source in zip(self.xs, self.sources):
                x.copy_(source)
        start = time.perf_counter()
        self.y = self.call()
        forward = time.perf_counter() - start
        self.dy = self.seed.clone()
        start = time.perf_counter()
        self.pull_back()
        return [forward, time.perf_counter() - start]

    # One method for each kind of layer: the function of its inputs.

    def _each(self, name):
        """A function of so many axes: conv2d."""
        return getattr(self.torch.nn.functional, f"{name}{self.rank}d")

    def _around(self, sizes, steps=1):
        """What `same` pads on either side."""
        if self.layer.padding != "same":
            return [0] * self.rank
        return [(size - 1) * step // 2 for size, step in zip(sizes, np.broadcast_to(steps, self.rank).tolist())]

    def _conv(self):
        layer, conv, (w, b) = self.layer, self._each("conv"), self.weights
        pad = self._around(layer.kernel_size, layer.dilation_rate)
        groups = getattr(layer, "groups", 1)
        if layer.padding == "causal":
            before = (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            functional = self.torch.nn.functional
            return lambda x: conv(functional.pad(x, (before, 0)), w, b, layer.strides, 0, layer.dilation_rate, groups)
        return lambda x: conv(x, w, b, layer.strides, pad, layer.dilation_rate, groups)

    def _depthwise_conv(self):
        layer, conv, (w, b) = self.layer, self._each("conv"), self.weights
        pad, groups = self._around(layer.kernel_size), self.xs[0].shape[1]
        return lambda x: conv(x, w, b, layer.strides, pad, 1, groups)

    def _separable_conv(self):
        layer, conv, (w, v, b) = self.layer, self._each("conv"), self.weights
        pad, groups = self._around(layer.kernel_size), self.xs[0].shape[1]
        return lambda x: conv(conv(x, w, None, layer.strides, pad, 1, groups), v, b)

    def _conv_transpose(self):
        layer, conv, (w, b) = self.layer, self._each("conv_transpose"), self.weights
        same = layer.padding == "same"
        pad = [(size - stride + 1) // 2 if same else 0 for size, stride in zip(layer.kernel_size, layer.strides)]
        return lambda x: conv(x, w, b, layer.strides, pad)

    def _max_pooling(self):
        layer, pool = self.layer, self._each("max_pool")
        pad = self._around(layer.pool_size)
        return lambda x: pool(x, layer.pool_size, layer.strides, pad)

    def _average_pooling(self):
        layer, pool = self.layer, self._each("avg_pool")
        pad = self._around(layer.pool_size)
        return lambda x: pool(x, layer.pool_size, layer.strides, pad, count_include_pad=False)

    def _global_average_pooling(self):
        axes = list(range(2, 2 + self.rank))
        return lambda x: x.mean(axes)

    def _global_max_pooling(self):
        pool = self._each("adaptive_max_pool")
        return lambda x: pool(x, 1).flatten(1)

    def _adaptive_average_pooling(self):
        pool, size = self._each("adaptive_avg_pool"), self.layer.output_size
        return lambda x: pool(x, size)

    def _adaptive_max_pooling(self):
        pool, size = self._each("adaptive_max_pool"), self.layer.output_size
        return lambda x: pool(x, size)

    def _up_sampling(self):
        interpolate, factor = self.torch.nn.functional.interpolate, np.broadcast_to(self.layer.size, self.rank).tolist()
        mode = getattr(self.layer, "interpolation", "nearest")
        return lambda x: interpolate(x, scale_factor=factor, mode=mode)

    def _resizing(self):
        interpolate, size = self.torch.nn.functional.interpolate, (self.layer.height, self.layer.width)
        return lambda x: interpolate(x, size, mode=self.layer.interpolation)

    def _border(self, borders, sign):
        borders = [borders] if self.rank == 1 and np.ndim(borders) == 1 else borders
        amounts = [sign * k for before_after in reversed(borders) for k in before_after]
        return lambda x: self.torch.nn.functional.pad(x, amounts)

    def _zero_padding(self):
        return self._border(self.layer.padding, 1)

    def _cropping(self):
        return self._border(self.layer.cropping, -1)

    def _permute(self):
        order = (0, *self.layer.dims)
        return lambda x: x.permute(order).contiguous()

    def _activation(self):
        functional, name = self.torch.nn.functional, self.layer.activation.__name__
        known = {
            "leaky_relu": lambda x: functional.leaky_relu(x, 0.2),
            "hard_sigmoid": functional.hardsigmoid,
            "hard_silu": functional.hardswish,
            "hard_tanh": functional.hardtanh,
            "exponential": self.torch.exp,
            "log_sigmoid": functional.logsigmoid,
            "softmax": lambda x: functional.softmax(x, -1),
            "log_softmax": lambda x: functional.log_softmax(x, -1),
        }
        return known.get(name) or getattr(functional, name, None) or getattr(self.torch, name)

    def _softmax(self):
        return lambda x: self.torch.nn.functional.softmax(x, -1)

    def _pre_lu(self):
        (alpha,) = self.weights
        return lambda x: self.torch.nn.functional.prelu(x.movedim(-1, 1), alpha).movedim(1, -1)

    def _batch_normalization(self):
        gamma, beta = self.weights
        mean, variance = self.torch.zeros_like(gamma), self.torch.ones_like(gamma)
        settings = (gamma, beta, True, 1 - self.layer.momentum, self.layer.epsilon)
        return lambda x: self.torch.nn.functional.batch_norm(x, mean, variance, *settings)

    def _layer_normalization(self):
        gamma, beta = self.weights
        return lambda x: self.torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, self.layer.epsilon)

    def _group_normalization(self):
        gamma, beta = self.weights
        groups, epsilon = self.layer.groups, self.layer.epsilon
        return lambda x: self.torch.nn.functional.group_norm(x, groups, gamma, beta, epsilon)

    def _rmsnormalization(self):
        (gamma,) = self.weights
        return lambda x: self.torch.nn.functional.rms_norm(x, x.shape[-1:], gamma, self.layer.epsilon)

    def _unit_normalization(self):
        return lambda x: self.torch.nn.functional.normalize(x, dim=-1)

    def _local_response_normalization(self):
        layer, respond = self.layer, self.torch.nn.functional.local_response_norm
        return lambda x: respond(x, layer.size, layer.alpha * layer.size, layer.beta, layer.bias)

    def _dropout(self):
        return lambda x: self.torch.nn.functional.dropout(x, self.layer.rate)

    def _spatial_dropout(self):
        drop = self._each("dropout")
        return lambda x: drop(x, self.layer.rate)

    def _add(self):
        return self.torch.add

    def _multiply(self):
        return self.torch.mul

    def _maximum(self):
        return self.torch.maximum

    def _concatenate(self):
        return lambda *xs: self.torch.cat(xs, -1)

    def _embedding(self):
        (table,) = self.weights
        return lambda rows: self.torch.nn.functional.embedding(rows, table)

    def _dense(self):
        return lambda x: self.torch.nn.functional.linear(x, *self.weights)


class OurLoss:
    """Softmax cross-entropy: value and gradient at once, as training asks for them."""

    name = "cycnn"

    def __init__(self, logits, labels, threads):
        from cycnn import kernels

        n, classes = logits.shape
        self.dlogits, self.value = np.empty((n, 1, classes), np.float32), np.empty((n, 1), np.float32)
        scale = np.full(1, 1 / n, np.float32)
        y = np.empty_like(self.dlogits)
        args = (logits[:, None], labels[:, None], None, scale, y, self.value, self.dlogits, -1, threads)
        self.call = lambda: kernels.loss.sparse_softmax_crossentropy(*args)

    def answer(self):
        self.call()
        return [np.float32(self.value.mean()), self.dlogits[:, 0]]

    def turn(self, repeat):
        return measure.timed(self.call, repeat)


class TorchLoss(OurLoss):
    """The same as PyTorch has it."""

    name = "torch, channels last"

    def __init__(self, logits, labels, threads):
        import torch

        torch.set_num_threads(threads)
        x, target = torch.from_numpy(logits).requires_grad_(), torch.from_numpy(labels.astype(np.int64))

        def call():
            value = torch.nn.functional.cross_entropy(x, target)
            return value.detach(), torch.autograd.grad(value, x)[0]

        self.call = call

    def answer(self):
        value, dlogits = self.call()
        return [value.numpy(), dlogits.numpy()]


def inputs(expression, samples, shapes):
    """Random arrays, batch axis first: maps, or rows of a table."""
    rng = np.random.default_rng(0)
    if expression.startswith("Embedding"):
        size = int(re.findall(r"\d+", expression)[0])
        return [rng.integers(size, size=(samples, *shape)).astype(np.int32) for shape in shapes]
    return [rng.standard_normal((samples, *shape), "float32") for shape in shapes]


def far(mine, theirs):
    """How far two arrays lie apart, relatively to the largest number."""
    return np.abs(mine - theirs.reshape(mine.shape)).max() / max(np.abs(theirs).max(), 1e-30)


def check(expression, found, tolerance=2e-4):
    if not all(far(*pair) < tolerance for pair in found):
        sys.exit(f"{expression}: different answers, {[f'{far(*pair):.0e}' for pair in found]}")


def compare(expression, samples, shapes, threads, rounds):
    """Times of both directions of one layer."""
    xs = inputs(expression, samples, shapes)
    ours = Ours(expression, xs, threads)
    peers = []
    if has("torch"):
        peers = [Torch(ours.layer, xs, threads, last) for last in (True, False)]
        peers = peers if peers[0].maps else peers[:1]
    y = ours.forward()
    dy = np.random.default_rng(2).standard_normal(y.shape, "float32")
    dxs, dweights = ours.backward(dy)
    for peer in peers:
        answer, (their_dxs, their_dweights) = peer.forward(), peer.backward(dy)
        if not ours.layer.__class__.__name__.startswith(RANDOM):
            check(f"{expression}, forward", [(y, answer)])
            dweights = [peer.as_torch(g, v.name) for g, v in zip(ours.backward(dy)[1], ours.variables)]
            check(f"{expression}, backward", [*zip(dxs, their_dxs), *zip(dweights, their_dweights)])
    # Of a few calls none may be left alone by others; of a dozen, one is.
    turns = measure.in_turns({player.name: player.steps for player in (ours, *peers)}, rounds, turn=0.05, least=12)
    for k, direction in enumerate(DIRECTIONS):
        if ours.kernels(direction):  # the gradients of a sum are that of what it adds up to
            yield (
                direction,
                ours.kernels(direction),
                {name: [[step[k] for step in turn] for turn in found] for name, found in turns.items()},
            )


def ratio(turns):
    """PyTorch's time over ours, in the layout it likes best: of the fastest calls of a turn, which nobody else on the
    machine has interrupted, the median over all rounds."""
    best = {name: [min(seconds) for seconds in turn] for name, turn in turns.items()}
    mine = np.array(best.pop("cycnn"))
    return min((float(np.median(np.array(theirs) / mine)) for theirs in best.values()), default=float("nan"))


def compare_losses(samples, classes, threads, rounds):
    """Times of value and gradient of softmax cross-entropy."""
    rng = np.random.default_rng(0)
    data = rng.standard_normal((samples, classes), "float32"), rng.integers(classes, size=samples).astype(np.int32)
    players = [OurLoss(*data, threads)] + ([TorchLoss(*data, threads)] if has("torch") else [])
    for other in players[1:]:
        check("softmax cross-entropy", zip(players[0].answer(), other.answer()))
    turns = measure.in_turns({player.name: player.turn for player in players}, rounds, turn=0.03)
    yield "both", ["loss.sparse_softmax_crossentropy"], turns


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--only", default="", help="layers whose expression contains this")
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()

    from cycnn import kernels

    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", HELD_AT[kernels.ISA])  # read when PyTorch is imported
    works = []
    for threads in options.threads:
        for group in options.groups:
            for expression, samples, *shapes in LAYERS[group]:
                if options.only not in expression:
                    continue
                if group == "loss":
                    found = compare_losses(samples, shapes[0][0], threads, options.rounds)
                else:
                    found = compare(expression, samples, shapes, threads, options.rounds)
                shape = " + ".join(" x ".join(map(str, (samples, *shape))) for shape in shapes)
                for direction, names, turns in found:
                    times = {name: measure.summary(turn) for name, turn in turns.items()}
                    for contestant in times.values():
                        contestant.pop("microseconds")
                    work = {
                        "group": group,
                        "layer": expression,
                        "shape": shape,
                        "direction": direction,
                        "threads": threads,
                        "kernels": names,
                        "contestants": times,
                        "ratio": ratio(turns),
                    }
                    works.append(work)
        mine = [work for work in works if work["threads"] == threads]
        lines = [
            {
                "layer": work["layer"],
                "shape": work["shape"],
                "what": work["direction"],
                "us": f"{work['contestants']['cycnn']['best'] * 1e6:.0f}",
                "torch / ours": f"{work['ratio']:.2f}",
                "": "slower" if work["ratio"] < 0.8 else "",
            }
            for work in mine
        ]
        print(*measure.table(lines, list(lines[0])), sep="\n")
        ratios = [work["ratio"] for work in mine]
        print(
            f"{measure.counted(threads)}, {kernels.ISA}: {len(mine)} works, x {geometric_mean(ratios):.2f} (geometric mean), "
            f"ahead in {np.mean([ratio >= 1 for ratio in ratios]):.0%}"
        )
    print(measure.write(f"layers-{kernels.ISA}", {"machine": measure.machine(), "works": works}, options.folder))


if __name__ == "__main__":
    main()
