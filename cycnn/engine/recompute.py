"""Results that are computed again rather than kept.

A normalized map is written in the forward pass, read at once by the convolution behind it, and read again in the
backward pass by that convolution's kernel gradient; in between it only takes memory, and its way there and back costs
more time than the arithmetic. What it is made from is kept in any case, because the gradient of the normalization needs
it, and just then. So the map is left where it is made, a few samples at a time in the cache of a thread, and made again
in the same way (Rota Bulò, Porzi and Kontschieder, "In-place activated BatchNorm", 2018, save the same memory by
inverting the activation).
"""

from collections import defaultdict

from cycnn.engine.buffers import SAMPLE, Buffer, Storage
from cycnn.engine.schedule import SAMPLES, SPREAD, WHOLE

CHEAP = frozenset({"norm.normalize"})
COPIES = frozenset({"layout.pad"})  # of something cheap


def recompute(calls, segments):
    """Calls, some of them twice, so that cheap results leave no segment.

    Args:
        calls: list of `Emitted`.
        segments: what `schedule` made of them.
    """
    if not any(call.kernel.name in CHEAP for call in calls):
        return calls
    place = {id(call): s for s, segment in enumerate(segments) for call in segment.calls}
    steps = [_Step(call, place[id(call)], k) for k, call in enumerate(calls)]
    uses = defaultdict(lambda: ([], []))  # storage -> steps that write it, and that read it
    for step in steps:
        read, written = step.call.touches()
        for storage in written:
            uses[storage][0].append(step)
        for storage in read:
            uses[storage][1].append(step)
    for step in reversed(steps):
        if step.call.domain == SAMPLES and step.call.kernel.name in CHEAP | COPIES:
            step.repeat(uses)
    return [call for step in steps for call in step.calls()]


class _Step:
    """A call, its segment, and what is made again just before it."""

    __slots__ = ("before", "call", "place", "segment")

    def __init__(self, call, segment, place):
        self.call, self.segment, self.place, self.before = call, segment, place, []

    def calls(self):
        """What to run in its place."""
        return [*(call for step in self.before for call in step.calls()), self.call]

    def repeat(self, uses):
        """Let those who read its result in later segments read what the same call makes there, if that is the same, and
        pays: its own input is kept until then in any case, and no reader works on the whole batch."""
        source, result = self.call.operands[0].storage, self._result()
        if self.call.kernel.name in COPIES:
            makers = uses[source][0]
            if len(makers) != 1 or makers[0].call.kernel.name not in CHEAP:
                return
            source = makers[0].call.operands[0].storage
        (writers, readers), late = uses[result], defaultdict(list)
        for reader in readers:
            if reader.segment > self.segment:
                late[reader.segment].append(reader)
        if not late or max(late) > max(reader.segment for reader in uses[source][1]):
            return
        end = max(reader.place for some in late.values() for reader in some)
        read, _ = self.call.touches()
        changes = any(self.place < writer.place <= end for storage in read for writer in uses[storage][0])
        whole = any(reader.call.domain in (SPREAD, WHOLE) for some in late.values() for reader in some)
        if changes or whole or len(writers) > 1 or result.kind != SAMPLE:
            return
        for segment, some in late.items():
            first, again = min(some, key=lambda reader: reader.place), Storage(result.name, SAMPLE, result.size)
            copy = _Step(self.call._replace(label=first.call.label), segment, first.place)
            for reader in (copy, *some):
                reader.swap(result, again)
            first.before.append(copy)
            for storage in copy.call.touches()[0]:
                uses[storage][1].append(copy)

    def _result(self):
        (buffer,) = (b for b, mode in zip(self.call.operands, self.call.kernel.modes, strict=True) if mode == "w")
        return buffer.storage

    def swap(self, old, new):
        """Put a storage in the place of another."""

        def swapped(buffer):
            mine = buffer is not None and buffer.storage is old
            return Buffer(new, buffer.shape, buffer.dtype) if mine else buffer

        self.call = self.call._replace(operands=tuple(map(swapped, self.call.operands)))
