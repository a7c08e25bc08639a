"""Convolutions of famous networks, one by one: forward, gradient of the input, gradient of the kernel, beside oneDNN.

    python -m benchmarks.convolutions
    CYCNN_ISA=avx2 python -m benchmarks.convolutions --networks VGG16

oneDNN is what PyTorch calls, channels last, and MKL, for some 1x1 convolutions: both are held at the instruction set of
the kernels that cycnn has loaded.
Answers are compared before anything is timed. Networks are `cycnn.applications`; each shape is timed once.
"""

import argparse
import os
import sys
from typing import NamedTuple

import numpy as np

from benchmarks import measure
from benchmarks.peers import has

NETWORKS = ("ResNet50", "VGG16", "MobileNetV2")
HELD_AT = {"baseline": "SSE41", "avx2": "AVX2", "avx512": "AVX512_CORE"}
MKL_HELD_AT = {"baseline": "SSE4_2", "avx2": "AVX2", "avx512": "AVX512"}
DIRECTIONS = ("forward", "input gradient", "kernel gradient")


class Shape(NamedTuple):
    """A convolution of maps: its input without the samples, its kernel (kh, kw, c, f), and how it slides."""

    x: tuple
    kernel: tuple
    stride: int
    padding: str
    depthwise: bool

    def __str__(self):
        h, w, c = self.x
        kh, kw, _, f = self.kernel
        filters = "depthwise" if self.depthwise else f"-> {f}"
        return f"{h} x {w} x {c} {filters}, {kh} x {kw}" + f" / {self.stride}" * (self.stride > 1)


def shapes_of(name):
    """The different convolutions of one of `cycnn.applications`."""
    from cycnn import applications, layers

    found = {}
    for layer in getattr(applications, name)(weights=None).layers:
        if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            shape = Shape(layer.input.shape[1:], layer.kernel.shape, layer.strides[0], layer.padding, depthwise)
            found[shape] = None
    return list(found)


class Ours:
    """A layer in plans that train, one that goes forward alone and one for either gradient, as the peer does one thing
    alone. Its kernels' own times count, with the packing of weights and the padding that a step does; not the copies
    from and to the user's arrays, which a network has once.
    """

    name = "cycnn"

    def __init__(self, shape, x, kernel, threads):
        from cycnn import config, layers, models
        from cycnn.engine.recorded import Recorded

        config.set_num_threads(threads)
        kh, kw, *_ = shape.kernel
        settings = {"padding": shape.padding, "use_bias": False, "name": "convolution"}
        if shape.depthwise:
            layer = layers.DepthwiseConv2D((kh, kw), shape.stride, **settings)
        else:
            layer = layers.Conv2D(shape.kernel[3], (kh, kw), shape.stride, **settings)
        model = models.Sequential([layers.Input(shape.x), layer])
        model.set_weights([kernel])
        self.samples, self.threads, function = len(x), threads, model._the_function()
        self.runs = {
            "forward": Recorded(function, [x], training=True, repeats=True),
            "input gradient": Recorded(function, [x], training=True, repeats=True, inputs=[0]),
            "kernel gradient": Recorded(function, [x], training=True, repeats=True, variables=layer.variables),
        }
        for run in self.runs.values():
            run.pull_back([np.zeros_like(run.outputs[0])])  # from now on, the plan knows where gradients go

    def answer(self, direction, dy):
        run = self.runs[direction]
        if direction == "forward":
            return run.outputs[0]
        dxs, dkernels, _ = run.pull_back([dy])
        return dxs[0] if direction == "input gradient" else dkernels[0]

    def turn(self, direction):
        def run(repeat):
            return [self.seconds(direction) for _ in range(repeat)]

        return run

    def seconds(self, direction):
        """The kernels' time in one run, by its threads' mean."""
        events = self.runs[direction]._plan.record(self.samples, self.threads)
        return sum(e.end - e.begin for e in events if direction_of(e.call) == direction) / self.threads

    def algorithm(self, direction):
        """The kernel that does the products."""
        names = [call.kernel.name for call in self.runs[direction]._plan.calls if direction_of(call) == direction]
        return next(name for name in names if "ward" in name)


def direction_of(call):
    """Which of `DIRECTIONS` a call of a plan belongs to, or None."""
    if "convolution" not in call.label or call.kernel.name.startswith(("gather", "layout.copy")):
        return None
    if not call.label.startswith("d "):
        return "forward"
    of_input = call.kernel.name.endswith(("backward_input", "pack_transposed"))
    return "input gradient" if of_input else "kernel gradient"


class OneDnn:
    """The same operations as PyTorch calls them."""

    name = "torch"

    def __init__(self, shape, x, kernel, threads):
        import torch

        torch.set_num_threads(threads)
        kh, kw, c, f = shape.kernel
        self.torch, self.shape = torch, shape
        self.groups = c if shape.depthwise else 1
        around = self.padding(x.shape[1:3], (kh, kw))
        # What is asymmetric is padded beforehand: no time contains it.
        self.pad = [0, 0] if any(before != after for before, after in around) else [before for before, _ in around]
        rows, columns = around if self.pad == [0, 0] else ((0, 0), (0, 0))
        self.cut = rows[0], columns[0]
        x = np.pad(x, ((0, 0), rows, columns, (0, 0)))
        kernel = kernel.reshape(kh, kw, 1, c * f) if shape.depthwise else kernel
        self.x = torch.from_numpy(x).permute(0, 3, 1, 2)
        self.w = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
        self.w = self.w.to(memory_format=torch.channels_last)
        self.dy = None

    def padding(self, sizes, window):
        """(before, after) of each axis, as TensorFlow pads."""
        stride = self.shape.stride
        if self.shape.padding == "valid":
            return [(0, 0), (0, 0)]
        lost = [max((-(-size // stride) - 1) * stride + k - size, 0) for size, k in zip(sizes, window)]
        return [(total // 2, total - total // 2) for total in lost]

    def call(self, direction):
        torch, stride = self.torch, [self.shape.stride] * 2
        if direction == "forward":

            def forward():
                with torch.inference_mode():
                    return torch.conv2d(self.x, self.w, None, stride, self.pad, 1, self.groups)

            return forward
        mask = [direction == "input gradient", direction == "kernel gradient", False]
        backward = torch.ops.aten.convolution_backward
        return lambda: backward(
            self.dy, self.x, self.w, None, stride, self.pad, [1, 1], False, [0, 0], self.groups, mask
        )

    def turn(self, direction):
        return lambda repeat: measure.timed(self.call(direction), repeat)

    def answer(self, direction, dy):
        if dy is not None:
            self.dy = self.torch.from_numpy(dy).permute(0, 3, 1, 2)
        found = self.call(direction)()
        if direction == "forward":
            return found.permute(0, 2, 3, 1).numpy()
        if direction == "input gradient":
            (h, w, _), (top, left) = self.shape.x, self.cut
            return found[0].permute(0, 2, 3, 1).numpy()[:, top : top + h, left : left + w]
        return found[1].permute(2, 3, 1, 0).numpy().reshape(self.shape.kernel)


def compare(shape, samples, threads, rounds, fma):
    """Times of all directions of one convolution."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((samples, *shape.x), "float32")
    kernel = rng.standard_normal(shape.kernel, "float32")
    players = [Ours(shape, x, kernel, threads)]
    if has("torch"):
        players.append(OneDnn(shape, x, kernel, threads))
    y = players[0].answer("forward", None)
    dy = rng.standard_normal(y.shape, "float32")
    kh, kw, c, _ = shape.kernel
    flops = 2 * y.size * kh * kw * (1 if shape.depthwise else c)
    for direction in DIRECTIONS:
        answers = [player.answer(direction, dy) for player in players]
        for answer in answers[1:]:
            if np.abs(answer - answers[0]).max() > 1e-4 * np.abs(answers[0]).max():
                sys.exit(f"{shape}, {direction}: different answers")
        turns = measure.in_turns(
            {"FMA loop": fma[0]} | {player.name: player.turn(direction) for player in players}, rounds, turn=0.03
        )
        found = {name: measure.summary(seconds) for name, seconds in turns.items()}
        for name, contestant in found.items():
            contestant.pop("microseconds")
            contestant["gflops"] = (fma[1] if name == "FMA loop" else flops) / contestant["median"] / 1e9
        yield {
            "direction": direction,
            "threads": threads,
            "algorithm": players[0].algorithm(direction),
            "contestants": found,
        }


def geometric_mean(values):
    return float(np.exp(np.mean(np.log(values)))) if len(values) else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=measure.RESULTS, help="where the raw numbers go")
    options = parser.parse_args()

    from cycnn import kernels

    # Read when PyTorch is imported.
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", HELD_AT[kernels.ISA])
    os.environ.setdefault("MKL_ENABLE_INSTRUCTIONS", MKL_HELD_AT[kernels.ISA])
    works, seen = [], set()
    for threads in options.threads:
        fma = measure.fma(threads, turn=0.005)
        for name in options.networks:
            for shape in shapes_of(name):
                if (threads, shape) not in seen:
                    seen.add((threads, shape))
                    found = compare(shape, options.samples, threads, options.rounds, fma)
                    works += [{"network": name, "shape": str(shape), **work} for work in found]
    # The peak: the best of the loop and of any direct kernel or peer in this run.
    for threads in options.threads:
        mine = [work for work in works if work["threads"] == threads]
        peak = max(
            found["gflops"]
            for work in mine
            for name, found in work["contestants"].items()
            if not (name == "cycnn" and work["algorithm"].startswith("winograd"))
        )
        for work in mine:
            ours, theirs = work["contestants"]["cycnn"], work["contestants"].get("torch")
            work["share"] = ours["gflops"] / peak
            work["ratio"] = theirs["median"] / ours["median"] if theirs else float("nan")
        lines = [
            {
                "network": work["network"],
                "shape": work["shape"],
                "what": work["direction"],
                "by": work["algorithm"],
                "ms": f"{work['contestants']['cycnn']['median'] * 1e3:.3f}",
                "of peak": f"{work['share']:.0%}",
                "torch / ours": f"{work['ratio']:.2f}",
                "": "slower" if work["ratio"] < 0.9 else "",
            }
            for work in mine
        ]
        print(*measure.table(lines, list(lines[0])), sep="\n")
        print(f"{measure.counted(threads)}, {kernels.ISA}, {options.samples} samples, peak {peak:.0f} GFLOP/s")
        for direction in DIRECTIONS:
            for direct in (True, False):
                chosen = [
                    work
                    for work in mine
                    if work["direction"] == direction and work["algorithm"].startswith(("conv", "gemm")) == direct
                ]
                if chosen:
                    print(
                        f"  {direction}, {'direct' if direct else 'Winograd or depthwise'}: {len(chosen)} shapes, "
                        f"{geometric_mean([work['share'] for work in chosen]):.0%} of peak, "
                        f"x {geometric_mean([work['ratio'] for work in chosen]):.2f} (geometric means)"
                    )
    results = {"machine": measure.machine(), "samples": options.samples, "works": works}
    print(measure.write(f"convolutions-{kernels.ISA}", results, options.folder))


if __name__ == "__main__":
    main()
