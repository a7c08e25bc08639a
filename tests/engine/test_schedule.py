"""The schedule keeps every order that matters, and no more barriers than that."""

from types import SimpleNamespace

import numpy as np
import pytest

from cycnn.engine.buffers import Buffer
from cycnn.engine.schedule import HOST, SAMPLES, SUMS, WHOLE, Emitted, put_off, schedule


def call(label, domain, reads=(), writes=()):
    kernel = SimpleNamespace(modes="r" * len(reads) + "w" * len(writes), name=label)
    return Emitted(kernel, (*reads, *writes), (), (), 1, domain, label)


def buffers(*names):
    return [Buffer.new(name, "sample", (4,)) for name in names]


def labels(segments):
    return [([c.label for c in s.calls], s.whole) for s in segments]


def test_calls_on_samples_share_a_segment():
    a, b, c = buffers("a", "b", "c")
    calls = [call("f", SAMPLES, [a], [b]), call("g", SAMPLES, [b], [c])]
    assert labels(schedule(calls)) == [(["f", "g"], False)]


def test_a_whole_call_waits_until_it_is_needed():
    a, b, c, d = buffers("a", "b", "c", "d")
    calls = [
        call("forward", SAMPLES, [a], [b]),
        call("kernel gradient", WHOLE, [a, b], [d]),
        call("input gradient", SAMPLES, [b], [c]),
        call("update", WHOLE, [d], [a]),
    ]
    assert labels(schedule(calls)) == [
        (["forward", "input gradient"], False),
        (["kernel gradient"], True),
        (["update"], True),
    ]


def test_statistics_end_a_segment():
    x, partial, mean, y = buffers("x", "partial", "mean", "y")
    calls = [
        call("moments", SUMS, [x], [partial]),
        call("merge", WHOLE, [partial], [mean]),
        call("normalize", SAMPLES, [x, mean], [y]),
    ]
    assert labels(schedule(calls)) == [(["moments"], False), (["merge"], True), (["normalize"], False)]


def test_nobody_writes_what_a_waiting_call_still_reads():
    x, d, y = buffers("x", "d", "y")
    calls = [call("sum", WHOLE, [x], [d]), call("overwrite", SAMPLES, [y], [x])]
    assert labels(schedule(calls)) == [(["sum"], True), (["overwrite"], False)]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("split", [False, True])
def test_every_clash_keeps_its_order(seed, split):
    rng = np.random.default_rng(seed)
    pool = buffers(*"abcdefg")
    calls = []
    for k in range(25):
        reads = [pool[i] for i in rng.choice(7, 2, replace=False)]
        writes = [pool[int(rng.integers(7))]]
        calls.append(call(str(k), [SAMPLES, SUMS, WHOLE, HOST][int(rng.integers(4))], reads, writes))
    segments = schedule(calls, split)
    place = {c.label: s for s, segment in enumerate(segments) for c in segment.calls}
    order = {c.label: k for k, c in enumerate(c for s in segments for c in s.calls)}
    assert sorted(order, key=int) == [str(k) for k in range(25)]
    for i, a in enumerate(calls):
        for b in calls[i + 1 :]:
            (ra, wa), (rb, wb) = a.touches(), b.touches()
            if wa & rb or ra & wb or wa & wb:
                assert order[a.label] < order[b.label]
                if segments[place[a.label]].whole:  # nothing waits within a whole segment
                    assert place[a.label] < place[b.label]
    for segment in segments:
        assert len(segment.calls) == 1 or HOST not in [c.domain for c in segment.calls]


def test_sums_stay_with_their_groups_when_samples_are_split():
    x, partial, mean, y = buffers("x", "partial", "mean", "y")
    calls = [
        call("moments", SUMS, [x], [partial]),
        call("merge", WHOLE, [partial], [mean]),
        call("normalize", SAMPLES, [x, mean], [y]),
    ]
    assert labels(schedule(calls, split=True)) == [(["moments"], False), (["merge"], True), (["normalize"], True)]


def packing_between(*, changed=False):
    """What `put_off` leaves, and the segments, of two layers: with statistics between them, or a change of weights."""
    x, partial, mean, y, w, v, packed, other = buffers("x", "partial", "mean", "y", "w", "v", "packed", "other")
    preparing = [call("pack w", WHOLE, [w], [packed]), call("pack v", WHOLE, [v], [other])]
    calls = [
        call("conv w", SAMPLES, [x, packed], [y]),
        call("moments", SUMS, [y], [partial]),
        call("merge", WHOLE, [partial], [v if changed else mean]),
        call("conv v", SAMPLES, [y, v if changed else mean, other], [x]),
        call("again", SAMPLES, [x, packed], [y]),
    ]
    segments = schedule(calls)
    return [c.label for c in put_off(preparing, segments)], labels(segments)


def test_weights_are_packed_just_before_their_first_use():
    assert packing_between() == (
        ["pack w"],
        [(["conv w", "moments"], False), (["merge", "pack v"], True), (["conv v", "again"], False)],
    )


def test_weights_that_a_call_changes_are_packed_before_it():
    assert packing_between(changed=True)[0] == ["pack w", "pack v"]


def test_what_is_prepared_from_something_prepared_stays():
    x, w, passing, packed, y, d = buffers("x", "w", "passing", "packed", "y", "d")
    preparing = [call("fold", WHOLE, [w], [passing]), call("pack", WHOLE, [passing], [packed])]
    segments = schedule([call("sum", WHOLE, [x], [d]), call("conv", SAMPLES, [x, packed, d], [y])])
    assert [c.label for c in put_off(preparing, segments)] == ["fold", "pack"]


def test_a_unit_of_products_costs_more_than_one_that_moves_as_many_bytes():
    x, y = (Buffer.new(name, "whole", (1 << 16,)) for name in "xy")
    copy = call("copy", WHOLE, [x], [y])._replace(units=16)
    products = copy._replace(flops=1 << 24)
    assert products.cost(64, 16) - copy.cost(64, 16) == (1 << 24) * 64 // 16
    half = copy._replace(units=32)
    assert copy.cost(64, 16) == half.cost(64, 16) * 2 - 1
    on_samples = copy._replace(domain=SAMPLES)
    assert on_samples.cost(64, 16) < copy.cost(64, 16)  # units are of each sample
    assert call("empty", WHOLE)._replace(units=0).cost(64, 16) >= 1
    room = Buffer.new("room", "thread", (1 << 20,))  # stays in a thread's cache
    assert call("copy", WHOLE, [x], [y, room])._replace(units=16).cost(64, 16) == copy.cost(64, 16)
