"""The executor: one loop over threads for any network.

A `Program` is a list of emitted calls in segments. One begins when all of the one before is done.

- A *sample* segment runs depth-first: a task takes a few samples (a chunk) through all the segment's calls while
  they are in cache. Chunks belong to fixed groups; a group's chunks run in order on one thread, so that what a group
  adds up (a weight gradient) does not depend on which thread ran it, or on how many there were.
- A *whole* segment holds calls over the whole batch that do not depend on one another; their units of work, laid end
  to end, each as long as its cost, are divided into parts.

Each thread has its share of the groups or parts, the same one in each segment, so that it finds in its cache what it
wrote before; who is done with his own takes from the others' shares. What is waited for is work, not threads: one that
the system keeps from running, because cores are busy with other programs, holds up the others by no more than the group
or part that it has begun, and finds done what it missed.

`run` does one batch, or the segments between two calls of Python: no Python object is touched between its first and
its last line.
"""

from cpython.buffer cimport PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from cpython.pycapsule cimport PyCapsule_GetPointer
from cython.parallel cimport parallel
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from cycnn.kernels.call cimport DIMENSIONS, INTEGERS, OPERANDS, REALS, Call, Door, Operand, Task
from cycnn.kernels.threads cimport (
    CYCNN_OPENMP, acquire, fetch_and_increment, give_way, omp_get_max_threads, omp_get_num_threads, omp_get_thread_num,
    omp_get_thread_limit, omp_get_wtime, pause,
)

cdef enum: PARTS = 4                 # of a thread's share of a whole segment that has enough units:
cdef enum: PART = 8                  # in one row of a 7x7 map at a time, 2048 channels -> 512 take 2.2 times as long
cdef enum: PATIENCE = 2000           # looks at what others have still to do, some 50 us, before the core is given away

cdef struct Segment:
    int first, last                  # its calls
    bint whole
    Py_ssize_t chunk                 # samples of a task, where not whole


cdef struct Counter:                 # alone in its cache line
    int count
    int[15] unused


cdef struct Event:
    int call
    double begin, end                # seconds


def openmp():
    """Whether the kernels were built with OpenMP."""
    return bool(CYCNN_OPENMP)


def max_threads():
    """How many threads OpenMP allows at this moment (OMP_NUM_THREADS, threadpool_limits, ...)."""
    return min(omp_get_max_threads(), omp_get_thread_limit())


def clock():
    """Seconds, on the clock that `Program.record` reads."""
    return omp_get_wtime()


cdef inline Py_ssize_t _units(const Call* call, Py_ssize_t samples) noexcept nogil:
    """Units of a call on the whole batch."""
    return call.units * samples if call.per_sample else call.units


cdef inline Py_ssize_t _first_from(Py_ssize_t place, Py_ssize_t units, Py_ssize_t cost) noexcept nogil:
    """The first of so many units, each `cost` long, that begins at `place` or behind."""
    return min((max(place, 0) + cost - 1) // cost, units)


cdef inline Py_ssize_t _share(Py_ssize_t total, Py_ssize_t part, Py_ssize_t parts) noexcept nogil:
    """total * part // parts, of a total that is too large for the product."""
    return total // parts * part + total % parts * part // parts


cdef class Program:
    """Calls, ready to run.

    Args:
        calls: list of `(capsule, operands, integers, reals, units, per_sample, cost)`; an operand is
            `(region, offset, per_sample, per_thread, per_group, shape)` in bytes and elements; the cost is a unit's, 1
            or more, in any measure.
        segments: list of `(first call, last call + 1, whole, chunk)`.
        regions: how many pieces of memory the operands lie in; `bind` says where each one is.
        group: samples of a group, at least 1.
    """

    cdef Call* calls
    cdef Segment* segments
    cdef char** base
    cdef int count, regions
    cdef Py_ssize_t group
    cdef readonly int team           # threads of the last run
    cdef Counter* counters           # of each segment: what was begun of each thread's share, and what is done of all
    cdef int counted                 # of them
    cdef list kept                   # the arrays behind `base`
    cdef Event* events               # where `record` notes who did what when: a stretch for each thread
    cdef int* noted                  # of each thread
    cdef int stretch

    def __cinit__(self, list calls, list segments, int regions, Py_ssize_t group):
        cdef int k, j, d
        cdef Call* call
        cdef Operand* operand
        self.calls = <Call*>calloc(max(1, len(calls)), sizeof(Call))
        self.segments = <Segment*>calloc(max(1, len(segments)), sizeof(Segment))
        self.base = <char**>calloc(max(1, regions), sizeof(char*))
        if self.calls == NULL or self.segments == NULL or self.base == NULL:
            raise MemoryError("no memory for a plan's list of calls")
        self.count, self.regions, self.group = len(segments), regions, group
        self.kept = [None] * regions
        for k, (door, operands, integers, reals, units, per_sample, cost) in enumerate(calls):
            if cost < 1:
                raise ValueError(f"call {k}: a unit costs {cost}, which is less than 1")
            if len(operands) > OPERANDS or len(integers) > INTEGERS or len(reals) > REALS:
                raise ValueError(f"a kernel call has too many arguments: {len(operands)} operands, "
                                 f"{len(integers)} integers, {len(reals)} reals")
            call = &self.calls[k]
            call.door = <Door>PyCapsule_GetPointer(door, "cycnn.door")
            call.operands, call.units, call.per_sample, call.cost = len(operands), units, per_sample, cost
            for j, (region, offset, by_sample, by_thread, by_group, shape) in enumerate(operands):
                if not -1 <= region < regions or len(shape) > DIMENSIONS:
                    raise ValueError(f"operand {j} of call {k}: region {region}, shape {shape}")
                operand = &call.operand[j]
                operand.region, operand.offset = region, offset
                operand.per_sample, operand.per_thread, operand.per_group = by_sample, by_thread, by_group
                for d in range(DIMENSIONS):
                    operand.shape[d] = shape[d] if d < len(shape) else 1
            for j in range(len(integers)):
                call.i[j] = integers[j]
            for j in range(len(reals)):
                call.f[j] = reals[j]
        for k, (first, last, whole, chunk) in enumerate(segments):
            self.segments[k] = Segment(first, last, whole, chunk)

    def __dealloc__(self):
        free(self.calls)
        free(self.segments)
        free(self.base)
        free(self.counters)

    def bind(self, int region, array, const unsigned char[::1] memory):
        """Say where a region lies. `memory` is the bytes of `array`, which is kept alive."""
        if not 0 <= region < self.regions:
            raise IndexError(f"region {region} of {self.regions}")
        self.base[region] = <char*>&memory[0] if memory.shape[0] else NULL
        self.kept[region] = array

    def bind_array(self, int region, array):
        """Say that a region is the memory of an array, contiguous or not: from its first element on."""
        cdef Py_buffer view
        PyObject_GetBuffer(array, &view, PyBUF_STRIDES)
        self.base[region] = <char*>view.buf
        PyBuffer_Release(&view)
        self.kept[region] = array

    def run(self, Py_ssize_t samples, int threads, int first, int last):
        """Do the segments `first` to `last - 1` for one batch of `samples` on at most `threads` threads; the number
        there were is left in `team`."""
        cdef int needed
        if not 0 <= first <= last <= self.count:
            raise IndexError(f"segments {first} to {last} of {self.count}")
        threads = max(1, threads)
        needed = (last - first) * (threads + 1)
        if self.counted < needed:
            free(self.counters)
            self.counters = <Counter*>calloc(needed, sizeof(Counter))
            self.counted = needed if self.counters != NULL else 0
            if self.counters == NULL:
                raise MemoryError("no memory for the threads' counters")
        if self.counters != NULL:
            memset(self.counters, 0, needed * sizeof(Counter))
        self.team = 1
        with nogil:
            if threads == 1:
                self._share(samples, 0, 1, first, last)
            else:
                with parallel(num_threads=threads):
                    if omp_get_thread_num() == 0:
                        self.team = omp_get_num_threads()
                    self._share(samples, omp_get_thread_num(), omp_get_num_threads(), first, last)

    def record(self, Py_ssize_t samples, int threads, int first, int last):
        """`run`, and a list of what was done: `(call, thread, begin, end)` in seconds."""
        cdef int k, calls, thread
        threads = max(1, threads)
        self.stretch = 0
        for k in range(first, last):  # a bound: one thread does all, each sample alone, parts that begin within a call
            calls = self.segments[k].last - self.segments[k].first
            self.stretch += calls + threads * PARTS if self.segments[k].whole else <int>samples * calls
        self.events = <Event*>calloc(max(1, threads * self.stretch), sizeof(Event))
        self.noted = <int*>calloc(threads, sizeof(int))
        try:
            if self.events == NULL or self.noted == NULL:
                raise MemoryError("no memory for the events of a run")
            self.run(samples, threads, first, last)
            return [
                (self.events[thread * self.stretch + k].call, thread, self.events[thread * self.stretch + k].begin,
                 self.events[thread * self.stretch + k].end)
                for thread in range(threads) for k in range(self.noted[thread])
            ]
        finally:
            free(self.events)
            free(self.noted)
            self.events, self.noted = NULL, NULL

    cdef inline void _do(self, int k, const Task* task, int thread) noexcept nogil:
        """One task of call `k`."""
        cdef const Call* call = &self.calls[k]
        cdef Event* event
        if self.events == NULL:
            call.door(call, task)
            return
        event = &self.events[thread * self.stretch + self.noted[thread]]
        self.noted[thread] += 1
        event.call, event.begin = k, omp_get_wtime()
        call.door(call, task)
        event.end = omp_get_wtime()

    cdef void _share(self, Py_ssize_t samples, int thread, int team, int first, int last) noexcept nogil:
        """One thread's part in these segments."""
        cdef int s, all, looks
        cdef Counter* taken = self.counters
        cdef Counter* done
        for s in range(first, last):
            done = taken + team
            if self.segments[s].whole:
                all = self._whole(&self.segments[s], taken, done, samples, thread, team)
            else:
                all = self._samples(&self.segments[s], taken, done, samples, thread, team)
            looks = 0
            while acquire(&done.count) < all:
                if looks < PATIENCE:
                    looks += 1
                    pause()
                else:
                    give_way()
            taken = done + 1

    cdef int _samples(self, const Segment* segment, Counter* taken, Counter* done, Py_ssize_t samples, int thread,
                      int team) noexcept nogil:
        """What is left of a segment's groups; returns how many there are."""
        cdef Py_ssize_t groups = (samples + self.group - 1) // self.group
        cdef Py_ssize_t group, end
        cdef int turn, owner
        for turn in range(team):
            owner = (thread + turn) % team
            end = groups * (owner + 1) // team
            group = groups * owner // team + fetch_and_increment(&taken[owner].count)
            while group < end:
                self._group(segment, samples, groups, group, thread)
                fetch_and_increment(&done.count)
                group = groups * owner // team + fetch_and_increment(&taken[owner].count)
        return <int>groups

    cdef void _group(self, const Segment* segment, Py_ssize_t samples, Py_ssize_t groups, Py_ssize_t group,
                     int thread) noexcept nogil:
        """The chunks of one group, in order."""
        cdef Py_ssize_t sample = group * self.group
        cdef Py_ssize_t end = min(samples, sample + self.group)
        cdef int k
        cdef const Call* call
        cdef Task task
        task.groups, task.fresh = groups, True
        while sample < end:
            task.sample = sample
            task.samples = min(segment.chunk, end - sample)
            for k in range(segment.first, segment.last):
                call = &self.calls[k]
                self._locate(call, &task, sample, thread, group)
                task.first = 0
                task.last = call.units * task.samples if call.per_sample else call.units
                self._do(k, &task, thread)
            task.fresh = False
            sample += segment.chunk

    cdef int _whole(self, const Segment* segment, Counter* taken, Counter* done, Py_ssize_t samples, int thread,
                    int team) noexcept nogil:
        """What is left of a whole segment's parts; returns how many there are."""
        cdef Py_ssize_t total = 0, longest = 1, units, end
        cdef int k, turn, owner, part
        cdef int parts
        for k in range(segment.first, segment.last):
            units = _units(&self.calls[k], samples)
            total += units * self.calls[k].cost
            if units > 0:
                longest = max(longest, self.calls[k].cost)
        parts = PARTS if team > 1 and total // longest >= team * PARTS * PART else 1
        for turn in range(team):
            owner = (thread + turn) % team
            part = fetch_and_increment(&taken[owner].count)
            while part < parts:
                part += owner * parts
                end = _share(total, part + 1, team * parts)
                self._part(segment, samples, _share(total, part, team * parts), end, thread)
                fetch_and_increment(&done.count)
                part = fetch_and_increment(&taken[owner].count)
        return team * parts

    cdef void _part(self, const Segment* segment, Py_ssize_t samples, Py_ssize_t begin, Py_ssize_t end,
                    int thread) noexcept nogil:
        """The units of a segment's calls that begin within this stretch of its cost."""
        cdef Py_ssize_t units, before = 0
        cdef int k
        cdef const Call* call
        cdef Task task
        task.sample, task.samples, task.fresh = 0, samples, True
        task.groups = (samples + self.group - 1) // self.group
        for k in range(segment.first, segment.last):
            call = &self.calls[k]
            units = _units(call, samples)
            task.first = _first_from(begin - before, units, call.cost)
            task.last = _first_from(end - before, units, call.cost)
            before += units * call.cost
            if task.first < task.last:
                self._locate(call, &task, 0, thread, 0)
                self._do(k, &task, thread)

    cdef inline void _locate(self, const Call* call, Task* task, Py_ssize_t sample, int thread,
                             Py_ssize_t group) noexcept nogil:
        """Where the operands of a call lie for this sample, thread and group."""
        cdef int k
        cdef const Operand* operand
        for k in range(call.operands):
            operand = &call.operand[k]
            if operand.region < 0:
                task.at[k] = NULL
            else:
                task.at[k] = (self.base[operand.region] + operand.offset + sample * operand.per_sample
                              + thread * operand.per_thread + group * operand.per_group)
