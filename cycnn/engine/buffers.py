"""Symbolic memory of a plan.

A `Storage` is a piece of memory somebody needs; a `Buffer` is a storage seen with a shape (a reshaped buffer shares
its storage). Kinds of storage:

    sample     one for each sample of the batch; C-contiguous over samples
    group      one for each group of samples: partial sums
    thread     one for each thread: what a single call needs besides, its contents are lost behind it
    once       one for the plan
    external   memory of somebody else (a variable, a user's array), bound by address; with or without a sample axis
"""

import math

from cycnn.core.spec import ITEMSIZE

SAMPLE, GROUP, THREAD, ONCE, EXTERNAL = "sample", "group", "thread", "once", "external"


class Storage:
    """One piece of memory: its kind and size here; its place is the planner's to say."""

    __slots__ = ("index", "kind", "local", "name", "offset", "owner", "per_sample", "region", "size")

    def __init__(self, name, kind, size, owner=None, per_sample=0):
        self.name = name
        self.kind = kind
        self.size = size  # bytes of one sample, of one group, or of all
        self.owner = owner  # external: the variable, or the name it is bound by
        self.per_sample = size if kind == SAMPLE else per_sample
        # Each thread has one: room of a call, or a sample's storage that never leaves its segment, for a chunk of samples.
        self.local = False
        self.region = self.offset = None

    def __repr__(self):
        return f"<{self.kind} {self.name}, {self.size} bytes>"


class Buffer:
    """A storage seen with a shape (of one sample, for kind `sample`) and a dtype."""

    __slots__ = ("dtype", "shape", "storage")

    def __init__(self, storage, shape, dtype="float32"):
        self.storage, self.shape, self.dtype = storage, tuple(shape), dtype

    @classmethod
    def new(cls, name, kind, shape, dtype="float32"):
        return cls(Storage(name, kind, math.prod(shape) * ITEMSIZE[dtype]), shape, dtype)

    @property
    def size(self):
        """Elements."""
        return math.prod(self.shape)

    def view(self, *shape):
        """The same memory with another shape of as many elements."""
        if math.prod(shape) != self.size:
            raise ValueError(f"cannot view {self.shape} as {shape}")
        return Buffer(self.storage, shape, self.dtype)

    def maps(self, *shape):
        """The first of several maps of this shape, which fill the memory: a kernel finds the others by its units."""
        if self.size % max(1, math.prod(shape)):
            raise ValueError(f"cannot divide {self.shape} into maps of {shape}")
        return Buffer(self.storage, shape, self.dtype)

    def __repr__(self):
        return f"<Buffer {self.storage.name} {self.shape} {self.dtype}>"
