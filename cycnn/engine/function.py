"""A graph as a function of arrays: plans made when they are needed, kept for the next call, and lent to one caller at
a time."""

import math
from functools import lru_cache
from threading import Lock

import numpy as np

from cycnn import config, kernels
from cycnn.core import memory
from cycnn.core.spec import ITEMSIZE
from cycnn.engine.plan import Plan
from cycnn.engine.specialize import specialize

KEPT = 8  # plans, and graphs for inputs of other sizes; more are made when needed and forgotten, oldest first


class Source:
    """An array of samples as a plan reads it: rows are cast to float32 as they are gathered, the array stays as it is.

    An array whose rows are contiguous is read where it lies (memory maps, any stride between rows, any of the gather
    kernel's types). Others go through a staging buffer, a batch at a time.
    """

    def __init__(self, array, dtype="float32"):
        self.array, self.dtype = array, dtype
        code, flags = _codes().get(array.dtype), array.flags
        self.direct = code is not None and flags.aligned and (flags.c_contiguous or _contiguous_rows(array))
        self.code = code if self.direct else kernels.gather.CODES[dtype]
        if self.direct and len(array) > 1:
            self.row_bytes = array.strides[0]
        else:
            self.row_bytes = math.prod(array.shape[1:]) * (array.itemsize if self.direct else ITEMSIZE[dtype])
        self._staged = self._order = None

    @property
    def key(self):
        """What a plan bakes in of this array."""
        return self.code, self.row_bytes

    def feed(self, name):
        """The function that emits this source's gathering: for `Plan(feeds=...)`."""
        kernel = kernels.gather.labels if self.dtype == "int32" else kernels.gather.rows

        def emit_gather(emit, buffer):
            source = emit.external(f"{name} source", buffer.shape)
            rows = emit.external(f"{name} rows", (1,), "int64")
            emit(kernel, source, rows, buffer, self.code, self.row_bytes)

        return emit_gather

    def attach(self, plan, name):
        """Make a plan's external buffers `name source` and `name rows` this array and what `pick` says."""
        self._plan, self._rows_name = plan, f"{name} rows"
        self._source_name = f"{name} source"
        if self.direct:
            plan.bind(self._source_name, self.array)

    def pick(self, rows):
        """Make the plan's next batch the samples `rows` (int64 array)."""
        if self.direct:
            self._plan.bind(self._rows_name, rows)
            return
        count = len(rows)
        if self._staged is None or len(self._staged) < count:
            self._staged = memory.empty((count, *self.array.shape[1:]), self.dtype)
            self._order = np.arange(count, dtype=np.int64)
        self._staged[:count] = self.array[rows]
        self._plan.bind(self._source_name, self._staged)
        self._plan.bind(self._rows_name, self._order)

    def bind(self, plan, name, rows):
        """`attach` and `pick`, for one batch."""
        self.attach(plan, name)
        self.pick(rows)


@lru_cache(maxsize=1)
def _codes():
    """The gather kernel's number of each type that it reads."""
    return {np.dtype(name): code for name, code in kernels.gather.CODES.items()}


def _contiguous_rows(array):
    step = array.dtype.itemsize
    for length, stride in zip(reversed(array.shape[1:]), reversed(array.strides[1:]), strict=True):
        if length != 1 and stride != step:
            return False
        step *= length
    return True


class Function:
    """Outputs of a graph as a function of its inputs.

    Args:
        graph: `Graph`.
        plans: `Plans` to share with other functions; its own by default.
        kind: what tells its plans from theirs; the graph by default.

    Attributes:
        labels: the names of the layers that its tensors come from, for plans.
    """

    def __init__(self, graph, plans=None, kind=None):
        self.graph = graph
        self.labels = {id(node.output): node.layer.name for node in graph.nodes if node.layer is not None}
        self._samples = [tensor.spec.sample for tensor in graph.outputs]
        self._plans = Plans() if plans is None else plans
        self._kind = graph if kind is None else kind
        self._sized = {}  # shapes of the inputs' samples → `Function`, the latest last

    def fitting(self, arrays):
        """The function for arrays that fit the inputs: itself, where all sizes are known. Plans are made of its graph.

        Raises:
            ValueError: a layer does not take arrays of these sizes.
        """
        return self if self.graph.sized else self.of_sizes(arrays)

    def of_sizes(self, arrays):
        """As `fitting`, for arrays of other sizes than those of the inputs, too."""
        sizes = tuple([tuple(array.shape[1:]) for array in arrays])
        if sizes == tuple([tensor.spec.sample for tensor in self.graph.inputs]):
            return self
        found = self._sized.pop(sizes, None)  # atomic, as all that is done here: threads may specialize at a time
        if found is None:
            found = Function(specialize(self.graph, sizes), self._plans, (self._kind, sizes))
        self._sized[sizes] = found
        for old in list(self._sized)[:-KEPT]:
            self._sized.pop(old, None)
        return found

    def of_edition(self, edition):
        """The function of what its layers compute now, when they were last changed at this `edition`."""
        if not edition:
            return self
        graph = self.graph  # one of unknown sizes is recorded again for each size anyhow
        if graph.sized:
            graph = specialize(graph, [tensor.spec.sample for tensor in graph.inputs])
        return Function(graph, self._plans, (self.graph, edition))

    def lend(self, key, make):
        """A plan for `key`, made by `make()` if no such plan is free. To be used in a `with` statement."""
        return _Loan(self, key, make)

    def _take(self, key, make):
        return self._plans.take((self._kind, key), make)

    def _give_back(self, key, plan):
        self._plans.give_back((self._kind, key), plan)

    def __call__(self, arrays, batch_size=None, training=False):
        """Outputs for arrays of samples.

        Args:
            arrays: one array per input, all of the same length.
            batch_size: samples a run; None: all at once.
            training: the training flag.

        Returns:
            A list of float32 arrays, one per output.
        """
        if not self.graph.sized:
            return self.fitting(arrays)(arrays, batch_size, training)
        samples = len(arrays[0])
        outputs = [np.empty((samples, *sample), np.float32) for sample in self._samples]
        if samples == 0:
            return outputs
        capacity = samples if batch_size is None else min(samples, batch_size)
        sources = [Source(array) for array in arrays]
        frozen = tuple(getattr(n.operation, "trainable", True) for n in self.graph.nodes) if training else ()
        key = _key("predict", capacity, training, frozen, tuple([source.key for source in sources]))

        def make():
            feeds = [s.feed(f"input {k}") for k, s in enumerate(sources)]
            return Plan(self.graph, capacity, training=training, feeds=feeds, labels=self.labels)

        plan, rows = self._take(key, make), np.arange(samples, dtype=np.int64)
        try:
            if plan.uses("step"):
                plan.bind("step", run_state())
            for k, source in enumerate(sources):
                source.attach(plan, f"input {k}")
            for first in range(0, samples, capacity):
                last = min(first + capacity, samples)
                for source in sources:
                    source.pick(rows[first:last])
                for k, output in enumerate(outputs):
                    plan.bind(f"output {k}", output[first:last])
                plan.run(last - first)
        finally:
            self._give_back(key, plan)
        return outputs


class Plans:
    """The plans that are lent to nobody, for functions that share their memory: those of one model, for inputs of
    all sizes."""

    def __init__(self):
        self._free = []  # (key, plan), the latest last
        self._lock = Lock()

    def take(self, key, make):
        """A plan for `key`, made by `make()` if there is none."""
        with self._lock:
            for place in range(len(self._free) - 1, -1, -1):
                if self._free[place][0] == key:
                    return self._free.pop(place)[1]
        return make()

    def give_back(self, key, plan):
        """Keep a plan for the next who asks for `key`."""
        with self._lock:
            self._free.append((key, plan))
            if len(self._free) > KEPT:
                del self._free[0]

    def forget(self):
        """Drop all plans."""
        with self._lock:
            self._free.clear()


def _key(*what):
    """What a plan was made for, the settings that its algorithms depend on included."""
    return *what, config.fast_convolutions()


class _Loan:
    """A plan that belongs to one caller between `with` and the end of its block."""

    __slots__ = ("_function", "_key", "_make", "_plan")

    def __init__(self, function, key, make):
        self._function, self._key, self._make = function, _key(key), make

    def __enter__(self):
        self._plan = self._function._take(self._key, self._make)
        self._make = None  # often a method of whoever keeps this loan: a circle would keep both, and the plan's memory
        return self._plan

    def __exit__(self, *error):
        self._function._give_back(self._key, self._plan)


def run_state():
    """Seed and step for the random operations of a run that is not a step of training: new ones each time."""
    from cycnn.core.random import make_seed

    return np.array([make_seed(), 0], np.uint64)
