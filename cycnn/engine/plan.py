"""A plan: every buffer of one run and the list of kernel calls, made once, reused for every batch.

Making one is straight down: nodes emit forward calls, the objective emits the loss, nodes emit backward calls in
reverse, the update emits what changes the weights; `schedule` cuts the calls into segments, `planner` places the
buffers, and an executor `Program` holds the result. Running one is `bind` (where the user's arrays are) and `run`.

The batch is a capacity: a smaller batch runs in the same plan. Samples belong to `GROUPS` groups by their place in the
batch, whatever the number of threads; that is why results do not depend on it.
"""

import math
import threading
from collections import Counter
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from cycnn import config, kernels
from cycnn.core import memory
from cycnn.core.spec import ITEMSIZE
from cycnn.core.variable import Variable
from cycnn.engine import rewrites
from cycnn.engine.buffers import EXTERNAL, GROUP, ONCE, SAMPLE, THREAD, Buffer, Storage
from cycnn.engine.planner import Lifetime, lower_bound, place, rounded
from cycnn.engine.recompute import recompute
from cycnn.engine.schedule import HOST, SAMPLES, SPREAD, SUMS, WHOLE, Emitted, put_off, schedule
from cycnn.kernels.executor import Program, clock

GROUPS = 16  # of a full batch: 16 threads have work, and 16 partial gradients are a small price below
CHUNK_BYTES = 1 << 20  # of a task's own buffers: half of the second-level cache of the servers this was measured on
# Of weights that may be worth a pass of the whole batch, maps leaving the first-level caches. Smaller ones are not worth
# another barrier.
WIDE_BYTES = 1 << 17
CACHED_BYTES = 1 << 20  # of weights that stay near for all samples: half of a second-level cache
# FLOPs: an estimate of what makes up for another thread (a region costs 1.5 us, waking an idle thread 100 us).
WORK_OF_A_THREAD = 4e6

# Kernels that do the multiply-adds of a convolution or a matrix product: each of them as many as `Operation.flops` says.
PRODUCTS = frozenset(
    f"{family}.{verb}{rank}"
    for family in ("conv", "depthwise", "gemm", "grouped", "pooled")
    for verb in ("forward", "forward_transposed", "backward_input", "backward_kernel")
    for rank in ("", "_3d")
) | {"gemm.forward_unpacked"}

ARENA, LOCAL = 0, 1  # regions of a program's memory; then one for each external storage


class Emitter:
    """What operations see while a plan is made: `emit(kernel, *arguments)` adds a call.

    Arguments are the kernel's own, in order, threads left out: buffers and variables (None where a kernel takes none),
    then integers and reals.
    """

    def __init__(self, plan):
        self._plan = plan
        self._numbers = 0
        self.begin("")

    def begin(self, label, flops=0):
        """Say whose calls come now: a name, and the floating-point operations of a sample where they are products."""
        self.label, self.flops = label, flops

    def __call__(self, kernel, *arguments, units=1, weights=None):
        """A call on samples: `units` of work each. Every task reads all of `weights`, one of the arguments: a large one is
        better read once, for all samples, than again for the few of each group."""
        maps = sum(a.storage.size for a in arguments if isinstance(a, Buffer) and a.storage.kind == SAMPLE)
        spread = weights is not None and self.wide(weights.storage.size, maps)
        self._add(kernel, arguments, units, SPREAD if spread else SAMPLES)

    def wide(self, weights, maps):
        """Whether so many bytes of weights are better read once a batch than for each group of samples, whose maps have so
        many bytes a sample."""
        return weights >= WIDE_BYTES and weights > 4 * self.group * maps

    def streams(self, weights, maps):
        """Whether weights that are `wide` come from beyond a core's cache each time."""
        return weights >= CACHED_BYTES and self.wide(weights, maps)

    def samples_a_reading(self, weights, maps):
        """For how many samples so many bytes of weights are read at a time; infinity: they stay in a core's cache."""
        if weights < CACHED_BYTES:
            return math.inf
        return self.capacity if self.wide(weights, maps) else self.group

    def sums(self, kernel, *arguments, units=1):
        """A call that adds up what a chunk of samples gives into its group's partial result."""
        self._add(kernel, arguments, units, SUMS)

    def whole(self, kernel, *arguments, units=1):
        """A call on the whole batch; its units are divided over the threads."""
        self._add(kernel, arguments, units, WHOLE)

    def host(self, function, *operands, modes):
        """A call of Python, for what has no kernel: `function(*arrays)`, once a batch, between two parallel regions.

        The arrays are the operands' memory: (samples of this batch, ...) for a buffer of kind `sample`, its own shape
        for any other; None stays None. `modes` has one letter per operand, as a kernel's: what the function writes goes
        into the arrays that are marked `w` or `u`.
        """
        self._add(HostFunction(function, modes), operands, 1, HOST)

    def prepare(self, kernel, *arguments, units=1):
        """A call that only reads weights: done when they have changed."""
        self._add(kernel, arguments, units, WHOLE, self._plan.preparing)

    def passing(self, shape):
        """Memory for what one prepared call leaves for the next, the same for all who ask."""
        storage = self._plan.passing
        storage.size = max(storage.size, math.prod(shape) * ITEMSIZE["float32"])
        return Buffer(storage, shape)

    @property
    def differentiates(self):
        """Whether the plan goes backward too."""
        return bool(self._plan._wanted or self._plan._input_gradients or self._plan._output_gradients)

    @property
    def capacity(self):
        """Samples of the largest batch."""
        return self._plan.capacity

    @property
    def group(self):
        """Samples that a task may take through a segment."""
        return self._plan.group

    @property
    def repacks(self):
        """Whether weights are prepared in every run, because every run changes them."""
        return self._plan.training and bool(self._plan._wanted)

    @property
    def state(self):
        """Two numbers that change from run to run, the seed and the step: the key of random operations."""
        return self._plan.external("step", (2,), "uint64")

    @staticmethod
    def blocks(size):
        """Units of work of the kernels in `update`, for a vector of `size` elements."""
        return -(-size // kernels.update.BLOCK)

    def number(self):
        """A number for a random operation, by its place in the plan."""
        self._numbers += 1
        return self._numbers

    def external(self, name, shape, dtype="float32"):
        """Memory that is bound by name before a run."""
        return self._plan.external(name, shape, dtype)

    def flat(self, variable):
        """A variable as a vector."""
        buffer = self._plan.buffer_of(variable)
        return buffer.view(buffer.size)

    def gradient(self, variable):
        """Where to write the gradient of a variable; None if nobody wants it."""
        return self._plan.gradient_of(variable)

    def _add(self, kernel, arguments, units, domain, calls=None):
        plan = self._plan
        operands = tuple(plan.buffer_of(a) for a in arguments[: len(kernel.modes)])
        rest = arguments[len(kernel.modes) :]
        integers = tuple(int(a) for a in rest if not isinstance(a, float))
        reals = tuple(a for a in rest if isinstance(a, float))
        flops = _products(kernel.name, integers, self.flops)
        call = Emitted(kernel, operands, integers, reals, units, domain, self.label, flops)
        (plan.calls if calls is None else calls).append(call)


def _products(kernel, integers, flops):
    """How many of an operation's multiply-adds, times two, a call of this kernel does: all, fewer (Winograd's) or none."""
    if kernel in PRODUCTS:
        return flops
    if kernel in ("winograd.forward", "winograd.backward_input", "winograd.backward_kernel"):
        return flops * (integers[0] + 2) ** 2 // (9 * integers[0] ** 2)
    if kernel == "pooled.forward_winograd":  # 8 products for four pixels of a row, of 5 columns each
        return flops * 8 // 20
    if kernel in ("winners.backward_kernel", "winners.backward_input"):
        ph, pw = integers[4:6] if kernel == "winners.backward_kernel" else integers[6:8]
        return flops // (ph * pw)
    return 0


class HostFunction(NamedTuple):
    """A Python function in the place of a kernel."""

    function: object
    modes: str

    @property
    def name(self):
        return f"host.{getattr(self.function, '__name__', type(self.function).__name__)}"


class Event(NamedTuple):
    """A call, or a thread's task of one, as it ran."""

    call: Emitted
    thread: int
    begin: float  # seconds
    end: float


class Plan:
    """Kernel calls and memory for one graph and one batch capacity.

    Args:
        graph: `Graph`.
        capacity: samples of the largest batch.
        training: the training flag of the operations; None: nobody said one, see `graph.Choice`.
        objective: what to do with the outputs besides writing them: an object with `absorbs(node, k)`,
            `emit(emit, plan, xs, ys)` and, where layers add to the loss, `add(emit, plan, k, loss, xs)` (see
            `training.objective`), or None.
        gradients: variables whose gradients are wanted.
        update: called as `update(emit, {variable: gradient buffer})` at the end.
        input_gradients: whether the gradient of every input is wanted too, as the external buffer `d input k`; or the
            numbers of those inputs whose gradient is.
        output_gradients: numbers of the outputs whose gradient is wanted too, as the external buffer `d output k`: all
            that flows back to them, from the objective and from what else is computed from them.
        halves: whether to run forward and backward apart: `run(samples, half=0)`, and later `run(samples, half=1)`. The
            objective says, by `plan.pause()`, where the second half begins.
        repeats: whether the second half may be run again: then it leaves alone what the first half computed.
        feeds: one function per input, `feed(emit, buffer)`, that emits the calls which fill it.
        labels: `{node: name}` for `summary`.
    """

    def __init__(
        self,
        graph,
        capacity,
        *,
        training=False,
        objective=None,
        gradients=(),
        input_gradients=False,
        output_gradients=(),
        halves=False,
        repeats=False,
        update=None,
        feeds=(),
        labels=None,
    ):
        self.capacity = capacity
        self.group = -(-capacity // min(capacity, GROUPS))
        self.lock = threading.Lock()
        self.calls, self.preparing = [], []
        self.passing = Storage("passing", ONCE, 0)  # of `Emitter.passing`
        self._external = {}  # owner -> Buffer
        self._wanted = set(gradients)
        self._input_gradients = range(len(graph.inputs)) if input_gradients is True else input_gradients or ()
        self._output_gradients = output_gradients
        self._halves, self._repeats = halves, repeats
        self._slots = {}  # variable -> gradient buffers, one a call site
        self._labels = labels or {}
        self._work = 0
        self.training = training
        self.room = None  # memory that belongs to it, for what its maker binds
        self._emit = Emitter(self)
        self._build(graph, objective, update, feeds)
        self._lay_out(split=capacity < 4 and objective is None)

    # ------------------------------------------------------------------------------------------------- emitting

    def buffer_of(self, argument):
        """The buffer behind an argument of an emitted call: itself, or the external memory of a variable."""
        if argument is None or isinstance(argument, Buffer):
            return argument
        return self.external(argument, argument.shape, argument.dtype)

    def external(self, owner, shape, dtype="float32", *, samples=False):
        """Memory of somebody else: a variable (bound for life), or a name to be bound before a run."""
        if owner not in self._external:
            size = math.prod(shape) * ITEMSIZE[dtype]
            name = owner if isinstance(owner, str) else owner.path
            storage = Storage(name, EXTERNAL, size, owner, per_sample=size if samples else 0)
            self._external[owner] = Buffer(storage, shape, dtype)
        return self._external[owner]

    def pause(self):
        """Let what is emitted from now on be the second half."""
        self._forward = len(self.calls)

    def gradient_of(self, variable):
        if variable not in self._wanted:
            return None
        slot = Buffer.new(f"d {variable.path}", "once", variable.shape)
        self._slots.setdefault(variable, []).append(slot)
        return slot

    def _build(self, graph, objective, update, feeds):
        emit = self._emit
        losses = graph.losses_of(self.training) if objective is not None else []
        nodes, read = rewrites.choose(graph.nodes, graph.outputs, self.training, losses)
        seen = (*graph.outputs, *(tensor for tensors in read for tensor in tensors))
        self._starts = [node.operation.before_run for node in nodes if hasattr(node.operation, "before_run")]
        nodes = rewrites.rewrite(nodes, seen, self.training, emit.differentiates)
        absorbed = {}
        if objective is not None:
            used = {tensor for node in nodes for tensor in node.inputs}.union(*read)
            for node in nodes:
                last = node.output in graph.outputs and node.output not in used
                if last and objective.absorbs(node, graph.outputs.index(node.output)):
                    absorbed[node.output] = node
        made, seeds = {}, []
        for k, (tensor, feed) in enumerate(zip(graph.inputs, feeds, strict=True)):
            made[tensor] = Buffer.new(f"input {k}", SAMPLE, tensor.spec.sample, "float32")
            emit.begin(f"input {k}")
            feed(emit, made[tensor])
        outputs = {}
        for k, tensor in enumerate(graph.outputs):
            outputs[tensor] = self.external(f"output {k}", tensor.spec.sample, samples=True)
        steps = []
        for node in nodes:
            operation, xs = node.operation, tuple(made[t] for t in node.inputs)
            names = (self._labels.get(id(tensor)) for tensor in (*node.covers, node.output.original))
            label = "+".join(dict.fromkeys(filter(None, names))) or type(operation).__name__.lower()
            specs = tuple(t.spec for t in node.inputs)
            x, spec = (xs, specs) if len(xs) > 1 else (xs[0], specs[0])
            if node.output in absorbed:
                continue
            flops = operation.flops(spec)
            self._work += flops * (3 if objective and objective.differentiates else 1)
            training = node.flag(self.training)
            if operation.is_view(training):
                made[node.output] = y = xs[0].view(*node.output.spec.sample)
                steps.append((node, x, y, None, label, 0))
                continue
            needs = operation.memory(spec)
            y = outputs.get(node.output) or Buffer.new(label, SAMPLE, needs.output.sample, needs.output.dtype)
            work = {
                name: Buffer.new(f"{label}.{name}", need.kind, need.shape, need.dtype)
                for name, need in needs.workspace.items()
            }
            emit.begin(label, flops)
            operation.forward(emit, x, y, work, training=training)
            made[node.output] = y
            steps.append((node, x, y, work, label, flops))
        for tensor, buffer in outputs.items():
            if tensor not in absorbed and made[tensor].storage is not buffer.storage:  # an input, or a view
                emit.begin("output")
                emit(kernels.layout.copy, made[tensor].view(made[tensor].size), buffer.view(buffer.size))
        if objective is not None:
            emit.begin("loss")
            for k, (loss, tensors) in enumerate(zip(losses, read, strict=True)):
                seeds += zip(tensors, objective.add(emit, self, k, loss, [made[t] for t in tensors]), strict=True)
            gradients = objective.emit(
                emit,
                self,
                [made[absorbed[t].inputs[0]] if t in absorbed else outputs[t] for t in graph.outputs],
                [outputs[t] for t in graph.outputs],
            )
            seeds += zip([absorbed[t].inputs[0] if t in absorbed else t for t in graph.outputs], gradients, strict=True)
        if self._wanted or self._input_gradients or self._output_gradients:
            self._backward(graph, steps, seeds)
        written = (storage for call in self.calls for storage in call.touches()[1])
        self._moving = {s.owner for s in written if isinstance(s.owner, Variable)}  # statistics: not yet the weights
        if update is not None:
            emit.begin("update")
            update(emit, {v: self._sum(slots) for v, slots in self._slots.items()})

    def _backward(self, graph, steps, seeds):
        """Reverse mode: each step turns the gradient of its output into those of its inputs and variables."""
        emit, arrived, held = self._emit, {}, Counter()

        def arrive(tensor, gradient):
            arrived.setdefault(tensor, []).append(gradient)
            held[gradient.storage] += 1  # a gradient that passes unchanged to several tensors lies there once

        for tensor, gradient in seeds:
            if gradient is not None:
                arrive(tensor, gradient)
        shown = {graph.outputs[k]: k for k in self._output_gradients}
        needs = {*(graph.inputs[k] for k in self._input_gradients), *shown}  # tensors that something wanted influences
        through = set()  # of these, those with something wanted behind them
        for node, *_ in steps:
            if any(t in needs for t in node.inputs) or any(v in self._wanted for v in node.operation.variables):
                needs.add(node.output)
                through.add(node.output)
        for node, x, y, work, label, flops in reversed(steps):
            emit.begin(f"d {label}", flops)
            if node.output not in needs or node.output not in arrived:
                continue
            operation, parts = node.operation, arrived.pop(node.output)
            dy = self._gather(parts, held)
            if node.output in shown:
                self._show(f"d output {shown[node.output]}", dy)
            if node.output not in through:
                held.subtract(part.storage for part in parts)
                continue
            if work is not None and held[dy.storage] > 1 and not operation.keeps_gradient:
                dy = self._copy(dy)
            held.subtract(part.storage for part in parts)
            if work is None:  # a view
                dxs = [dy.view(*node.inputs[0].spec.sample)]
            elif operation.passes_gradient:
                operation.backward(emit, x, y, dy, None, work)
                dxs = [dy] * len(node.inputs)
            else:
                dxs = [Buffer.new(f"d {t.name}", SAMPLE, t.spec.sample) if t in needs else None for t in node.inputs]
                operation.backward(emit, x, y, dy, tuple(dxs) if len(dxs) > 1 else dxs[0], work)
            for tensor, dx in zip(node.inputs, dxs, strict=True):
                if tensor in needs:
                    arrive(tensor, dx)

        for k, tensor in enumerate(graph.inputs):
            emit.begin("d input")
            if tensor in arrived and (k in self._input_gradients or tensor in shown):
                dx = self._gather(arrived[tensor], held)
                if k in self._input_gradients:
                    self._show(f"d input {k}", dx)
                if tensor in shown:
                    self._show(f"d output {shown[tensor]}", dx)

    def _show(self, name, gradient):
        """A gradient as an external buffer."""
        result = self.external(name, gradient.shape, samples=True)
        self._emit(kernels.layout.copy, gradient.view(gradient.size), result.view(result.size))

    def _copy(self, gradient):
        copy = Buffer.new(gradient.storage.name, SAMPLE, gradient.shape)
        self._emit(kernels.layout.copy, gradient.view(gradient.size), copy.view(copy.size))
        return copy

    def _gather(self, parts, held):
        """The gradients of a tensor, added up in the order they came, into one of the first two that nobody else holds."""
        total, *others = parts
        for k, other in enumerate(others):
            if k or held[total.storage] == 1:
                self._emit(kernels.elementwise.add, other.view(other.size), total.view(total.size))
            elif held[other.storage] == 1:
                self._emit(kernels.elementwise.add, total.view(total.size), other.view(other.size))
                total = other
            else:
                both, into = (total, other), Buffer.new(total.storage.name, SAMPLE, total.shape)
                kinds = kernels.merge.KINDS
                self._emit(kernels.merge.combine, *(b.view(b.size) for b in (*both, into)), kinds["add"], 0)
                total = into
        return total

    def _sum(self, slots):
        """The gradients of a variable, one a call site, added up in order into the first."""
        first = slots[0]
        for other in slots[1:]:
            units = self._emit.blocks(first.size)
            self._emit.whole(kernels.update.add, other.view(other.size), first.view(first.size), units=units)
        return first

    # -------------------------------------------------------------------------------------------------- layout

    def _lay_out(self, split):
        # Training repacks the weights in every step; prediction only when they have changed, so there they stay.
        together = self.training and bool(self._wanted)
        if not self._halves:
            self.calls = recompute(self.calls, schedule(self.calls, split))
        segments = schedule(self.calls[: self._forward], split) if self._halves else []
        halfway = len(segments)
        segments += schedule(self.calls[self._forward :] if self._halves else self.calls, split)
        # Between two halves a program may change the weights: what both read is made before the first.
        preparing = schedule(put_off(self.preparing, segments) if together and not self._halves else self.preparing)
        all_segments = preparing + segments
        self.segments, self.preparing_segments = segments, preparing
        spans = {}
        for s, segment in enumerate(all_segments):
            for k, call in enumerate(segment.calls):
                for buffer in call.operands:
                    if buffer is not None and buffer.storage.kind != EXTERNAL:
                        spans.setdefault(buffer.storage, []).append((s, k))
        starts = list(accumulate((len(segment.calls) for segment in all_segments), initial=0))
        spans_in_calls = {
            t: (starts[seen[0][0]] + seen[0][1], starts[seen[-1][0]] + seen[-1][1]) for t, seen in spans.items()
        }
        chunks, local, shared = [], [], []
        for s, segment in enumerate(all_segments):
            if segment.host:
                continue
            mine = [
                Lifetime(storage, storage.size, *spans_in_calls[storage])
                for storage, seen in spans.items()
                if storage.kind == SAMPLE and seen[0][0] == seen[-1][0] == s and not segment.whole
            ]
            chunk = max(1, min(self.group, CHUNK_BYTES // max(1, lower_bound(mine))))
            chunks.append(chunk)
            for item in mine:
                item.storage.local = True
                local.append(item._replace(size=rounded(item.size * chunk)))
        for storage, seen in spans.items():
            if storage.kind == THREAD:
                storage.local = True
                local.append(Lifetime(storage, rounded(storage.size), *spans_in_calls[storage]))
            elif not storage.local:
                count = {SAMPLE: self.capacity, GROUP: self.groups}.get(storage.kind, 1)
                each = memory.aligned(storage.size) if storage.kind == GROUP else storage.size
                first, last = seen[0][0], seen[-1][0]
                if not together and first < len(preparing):  # packed weights stay; what they are made from does not
                    first, last = (first, last) if last < len(preparing) else (0, len(all_segments))
                elif self._repeats and first < len(preparing) + halfway:
                    last = len(all_segments)
                shared.append(Lifetime(storage, rounded(each * count), first, last))
        self.shared, self.local = shared, local
        offsets, self.arena_bytes = place(shared)
        local_offsets, self.local_bytes = place(local)
        for storage in spans:
            storage.region = LOCAL if storage.local else ARENA
            storage.offset = local_offsets[storage] if storage.local else offsets[storage]
        for k, buffer in enumerate(self._external.values()):
            buffer.storage.region, buffer.storage.offset = 2 + k, 0
        regions = 2 + len(self._external)
        parts = [preparing + segments] if together else [preparing, segments]
        self._versions = {} if together else {v: -1 for call in self.preparing for v in self._variables_of(call)}
        chunk_of = iter(chunks)
        self._programs = [self._program([s for s in part if not s.host], chunk_of, regions) for part in parts]
        self._steps, self._halfway = _steps(parts[-1], len(parts[-1]) - len(segments) + halfway)
        self._kernel_calls = [call for segment in parts[-1] if not segment.host for call in segment.calls]
        self._bound = {}  # region -> array, of what is bound by name
        self._arena = memory.empty((max(self.arena_bytes, 1),), np.uint8)
        self._locals = None
        self._slots_for = 0
        for program in self._programs:
            program.bind(ARENA, self._arena, self._arena)
        for owner, buffer in self._external.items():
            if not isinstance(owner, str):
                self._bind(buffer.storage.region, owner._array)
        self._regions = {owner: b.storage.region for owner, b in self._external.items() if isinstance(owner, str)}
        self._useful = max(1, int(self._work * self.capacity / WORK_OF_A_THREAD))

    @property
    def groups(self):
        """Groups of a full batch."""
        return -(-self.capacity // self.group)

    def _variables_of(self, call):
        return [b.storage.owner for b in call.operands if b is not None and b.storage.kind == EXTERNAL]

    def _program(self, segments, chunk_of, regions):
        calls, ranges = [], []
        for segment in segments:
            first = len(calls)
            for call in segment.calls:
                operands = [self._operand(b) for b in call.operands]
                calls.append(
                    (
                        call.kernel.door,
                        operands,
                        call.integers,
                        call.reals,
                        call.units,
                        call.domain in (SAMPLES, SPREAD),
                        call.cost(self.capacity, self.groups),
                    )
                )
            ranges.append((first, len(calls), segment.whole, next(chunk_of)))
        return Program(calls, ranges, regions, self.group)

    def _operand(self, buffer):
        if buffer is None:
            return (-1, 0, 0, 0, 0, ())
        s = buffer.storage
        return (
            s.region,
            s.offset,
            0 if s.local else s.per_sample,
            self.local_bytes if s.local else 0,
            memory.aligned(s.size) if s.kind == GROUP else 0,
            buffer.shape,
        )

    # -------------------------------------------------------------------------------------------------- running

    def bind(self, name, array):
        """Say where an external buffer lies. `array` must be C-contiguous and is kept alive."""
        region = self._regions.get(name)
        if region is not None:
            self._bound[region] = array
            self._bind(region, array)

    def uses(self, name):
        """Whether some call takes the external buffer `name`."""
        return name in self._regions

    def _bind(self, region, array):
        for program in self._programs:
            program.bind_array(region, array)

    def threads(self):
        """Threads for a run at this moment: what is allowed, and no more than the work is worth."""
        return 1 if self._useful == 1 else min(config.get_num_threads(), self._useful)

    def run(self, samples, threads=None, half=None):
        """One batch of `samples` (at most the capacity) over what is bound; returns the threads that ran it.

        Args:
            half: 0 up to the loss, 1 from there, over what the first half left; None: both.
        """
        threads = self.threads() if threads is None else threads
        self._get_ready(samples, threads, packs=half != 1)
        program, steps = self._programs[-1], self._steps
        if half is not None:
            steps = steps[self._halfway :] if half else steps[: self._halfway]
        for first, last, call in steps:
            program.run(samples, threads, first, last)
            if call is not None:
                call.kernel.function(*(self._array(buffer, samples) for buffer in call.operands))
        return program.team

    def record(self, samples, threads=None):
        """`run`, and the list of `Event`s: what ran when, on which thread. Packing weights that have changed is left
        out, where a plan does not do it in every run."""
        threads = self.threads() if threads is None else threads
        self._get_ready(samples, threads)
        program, events = self._programs[-1], []
        for first, last, call in self._steps:
            events += [
                Event(self._kernel_calls[k], *when) for k, *when in program.record(samples, threads, first, last)
            ]
            if call is not None:
                begin = clock()
                call.kernel.function(*(self._array(buffer, samples) for buffer in call.operands))
                events.append(Event(call, 0, begin, clock()))
        return events

    def _get_ready(self, samples, threads, packs=True):
        """Memory for each thread, and packed weights as they are now."""
        if threads > self._slots_for:
            self._locals = memory.empty((max(self.local_bytes * threads, 1),), np.uint8)
            self._slots_for = threads
            for program in self._programs:
                program.bind(LOCAL, self._locals, self._locals)
        if threads > 1:
            config.mark_parallel()
        for start in self._starts if packs else ():
            start()
        stale = False
        for variable, version in self._versions.items():
            if variable.version != version:
                stale = True
                self._versions[variable] = variable.version
        if stale and packs:
            self._programs[0].run(samples, threads, 0, len(self.preparing_segments))
        for variable in self._moving:
            variable.version += 1

    def _array(self, buffer, samples):
        """The memory of a buffer, of this batch's samples, as an array."""
        if buffer is None:
            return None
        s, shape = buffer.storage, buffer.shape
        if s.kind == EXTERNAL:
            array = self._bound[s.region] if isinstance(s.owner, str) else s.owner._array
            return array[:samples].reshape(samples, *shape) if s.per_sample else array.reshape(shape)
        if s.per_sample:
            shape = (samples, *shape)
        size = math.prod(shape) * ITEMSIZE[buffer.dtype]
        return self._arena[s.offset : s.offset + size].view(buffer.dtype).reshape(shape)

    # -------------------------------------------------------------------------------------------------- showing

    def summary(self):
        """The plan in words: buffers with their places, calls by segment, and memory beside its lower bound."""
        lines = [
            f"plan for batches of up to {self.capacity} samples, {'training' if self.training else 'prediction'}, "
            f"{kernels.ISA}; {self.groups} groups of {self.group}",
            f"arena: {self.arena_bytes:,} bytes (lower bound {lower_bound(self.shared):,})",
            f"each thread: {self.local_bytes:,} bytes (lower bound {lower_bound(self.local):,})",
            "",
            f"{'offset':>12} {'bytes':>12}  {'first..last':>11}  buffer",
        ]
        for title, items in (("arena", self.shared), ("thread", self.local)):
            for item in sorted(items, key=lambda t: (t.first, t.storage.offset)):
                span = f"{item.first}..{item.last}"
                lines.append(f"{item.storage.offset:>12,} {item.size:>12,}  {span:>11}  {title}: {item.storage.name}")
        lines += [
            "",
            f"{'':54} {'bytes':>15} {'FLOPs':>15}  of a full batch, each operand counted once, a thread's own room not",
        ]
        for s, segment in enumerate(self.segments):
            kind = "Python" if segment.host else "whole batch" if segment.whole else "samples, depth-first"
            lines += ["", f"segment {s}: {kind}"]
            for call in segment.calls:
                size, flops = call.bytes(self.capacity, self.groups), call.flops * self.capacity
                names = ", ".join("-" if b is None else b.storage.name for b in call.operands)
                lines.append(
                    f"  {call.kernel.name:<28} {call.label:<24}{size:>15,} {flops or '-':>15{',' if flops else ''}}  {names}"
                )
        return "\n".join(lines)


def _steps(segments, halfway=0):
    """Runs of segments of kernels, each with the Python call behind it: `(first, last + 1, call or None)`, where
    segments are counted without the Python calls; and how many of them lie before the segment `halfway`."""
    steps, first, count, before = [], 0, 0, 0
    for k, segment in enumerate([*segments, None]):
        if k == halfway or segment is None:
            if first < count:
                steps.append((first, count, None))
                first = count
            before = len(steps) if k == halfway else before
        if segment is not None and segment.host:
            steps.append((first, count, segment.calls[0]))
            first = count
        elif segment is not None:
            count += 1
    return steps or [(0, 0, None)], before
