"""Batch normalization of (n, rows, c) maps: statistics of each channel over samples and rows, and both directions.

Sums over the batch go through one partial result per group of samples: `moments` and `backward_sums` add a task's rows
to it, `merge_moments` and `merge_sums` put the groups together, in order. A partial result is (2c + 1) floats: how many
rows it holds, then two numbers per channel.

Each element's own work is done in runs that are long whatever c is: the channels' constants are repeated side by side
over RUN floats. A unit of work is one sample there, and the call for the two merges; for `moments` and `backward_sums`
it is a share of the channels, in as many units as the call likes (`channel_blocks(c)` is all there is to share).
"""

from cython.parallel cimport prange
from libc.math cimport sqrtf
from libc.string cimport memcpy, memset

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule
from cycnn.kernels.maths cimport ONE

cdef extern from *:
    enum: LANES "CYCNN_LANES"

cdef enum:
    ROWS = 64                        # rows that are added plainly before they join a sum
    RUN = 512                        # floats of a run of constants


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample, or of the whole operand."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# ------------------------------------------------------------------------------------------ sums over samples and rows

cdef inline Py_ssize_t _blocks(Py_ssize_t c) noexcept nogil:
    return (c + LANES - 1) // LANES


def channel_blocks(Py_ssize_t c):
    """How many threads can share c channels."""
    return _blocks(c)


cdef inline Py_ssize_t _share(const Call* call, const Task* t, Py_ssize_t c, Py_ssize_t unit) noexcept nogil:
    """The block of channels that begins with a unit."""
    return _blocks(c) * unit // (call.units * t.samples if call.per_sample else call.units)


cdef inline Py_ssize_t _inside(Py_ssize_t rows, Py_ssize_t c, Py_ssize_t first) noexcept nogil:
    """Rows whose LANES floats from channel `first` on all lie in x, though some may be of the next row."""
    return max((rows * c - first - LANES) // c + 1, <Py_ssize_t>0) if rows * c >= first + LANES else 0


cdef inline void _edge(const float* x, Py_ssize_t lanes, float* v) noexcept nogil:
    """A copy in v of the few floats that are left, zeros behind them."""
    memset(v, 0, LANES * sizeof(float))
    memcpy(v, x, lanes * sizeof(float))


cdef inline void _moments(const float* x, float* partial, Py_ssize_t rows, Py_ssize_t c, Py_ssize_t first,
                          float count) noexcept nogil:
    """Add rows to the mean and the sum of squared deviations of LANES channels from `first`; `count` rows are there.

    Blocks of ROWS rows: their mean, then their deviations from it, then both join what is there (Chan, Golub, LeVeque,
    1979): m2 += q + delta^2 n b / (n + b), mean += delta b / (n + b), with delta the difference of the two means.
    """
    cdef float mean[LANES]
    cdef float m2[LANES]
    cdef float average[LANES]
    cdef float q[LANES]
    cdef float v[LANES]
    cdef Py_ssize_t lanes = min(c - first, <Py_ssize_t>LANES), inside = _inside(rows, c, first), row = 0, last, r
    cdef float share, both, block, d
    cdef int l
    memset(mean, 0, sizeof(mean))
    memset(m2, 0, sizeof(m2))
    if count > 0:
        memcpy(mean, partial + 1 + first, lanes * sizeof(float))
        memcpy(m2, partial + 1 + c + first, lanes * sizeof(float))
    while row < rows:
        last = min(rows, row + ROWS)
        block = last - row
        for l in range(LANES):
            average[l] = 0
            q[l] = 0
        for r in range(row, min(last, inside)):
            for l in range(LANES):
                average[l] += x[r * c + first + l]
        for r in range(max(row, inside), last):
            _edge(x + r * c + first, lanes, v)
            for l in range(LANES):
                average[l] += v[l]
        share = ONE / block
        for l in range(LANES):
            average[l] *= share
        for r in range(row, min(last, inside)):
            for l in range(LANES):
                d = x[r * c + first + l] - average[l]
                q[l] += d * d
        for r in range(max(row, inside), last):
            _edge(x + r * c + first, lanes, v)
            for l in range(LANES):
                d = v[l] - average[l]
                q[l] += d * d
        share = block / (count + block)
        both = count * share
        for l in range(LANES):
            d = average[l] - mean[l]
            mean[l] += d * share
            m2[l] += q[l] + d * d * both
        count += block
        row = last
    memcpy(partial + 1 + first, mean, lanes * sizeof(float))
    memcpy(partial + 1 + c + first, m2, lanes * sizeof(float))


def moments(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[::1] partial,                # OUT  (2c + 1,): rows, means, sums of squared deviations
    int threads=1,
):
    """Mean and squared deviations of each channel over samples and rows."""
    cdef Py_ssize_t rows = x.shape[0] * x.shape[1], c = x.shape[2], block
    cdef const float* p = &x[0, 0, 0]
    cdef float* sums = &partial[0]
    for block in prange(_blocks(c), nogil=True, schedule="static", num_threads=threads):
        _moments(p, sums, rows, c, block * LANES, 0)
    partial[0] = <float>rows


cdef void _moments_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = (_size(&call.operand[1]) - 1) // 2, rows = t.samples * (_size(&call.operand[0]) // c), block
    cdef Py_ssize_t first = _share(call, t, c, t.first), last = _share(call, t, c, t.last)
    cdef float* partial = <float*>t.at[1]
    cdef float count = 0 if t.fresh else partial[0]
    for block in range(first, last):
        _moments(<const float*>t.at[0], partial, rows, c, block * LANES, count)
    if first == 0 and last > 0:
        partial[0] = count + rows


cdef inline void _sums(const float* x, const float* dy, const float* mean, const float* variance, float* partial,
                       Py_ssize_t rows, Py_ssize_t c, Py_ssize_t first, float count, float epsilon) noexcept nogil:
    """Add rows to sum dy and sum dy xhat of LANES channels; xhat = (x - mean) / sqrt(variance + epsilon)."""
    cdef float total[LANES]
    cdef float product[LANES]
    cdef float center[LANES]
    cdef float s[LANES]
    cdef float q[LANES]
    cdef float v[LANES]
    cdef float g[LANES]
    cdef Py_ssize_t lanes = min(c - first, <Py_ssize_t>LANES), inside = _inside(rows, c, first), row = 0, last, r
    cdef int l
    memset(total, 0, sizeof(total))
    memset(product, 0, sizeof(product))
    memset(center, 0, sizeof(center))
    memcpy(center, mean + first, lanes * sizeof(float))
    while row < rows:
        last = min(rows, row + ROWS)
        for l in range(LANES):
            s[l] = 0
            q[l] = 0
        for r in range(row, min(last, inside)):
            for l in range(LANES):
                s[l] += dy[r * c + first + l]
                q[l] += dy[r * c + first + l] * (x[r * c + first + l] - center[l])
        for r in range(max(row, inside), last):
            _edge(x + r * c + first, lanes, v)
            _edge(dy + r * c + first, lanes, g)
            for l in range(LANES):
                s[l] += g[l]
                q[l] += g[l] * (v[l] - center[l])
        for l in range(LANES):
            total[l] += s[l]
            product[l] += q[l]
        row = last
    for l in range(lanes):
        product[l] *= ONE / sqrtf(variance[first + l] + epsilon)
        if count > 0:
            total[l] += partial[1 + first + l]
            product[l] += partial[1 + c + first + l]
        partial[1 + first + l] = total[l]
        partial[1 + c + first + l] = product[l]


def backward_sums(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[::1] mean,             # IN   (c,)
    const float[::1] variance,         # IN   (c,)
    float[::1] partial,                # OUT  (2c + 1,): rows, sums of dy, sums of dy xhat
    float epsilon, int threads=1,
):
    """The two sums over samples and rows that the gradients need; xhat is the normalized x."""
    cdef Py_ssize_t rows = x.shape[0] * x.shape[1], c = x.shape[2], block
    cdef const float* p = &x[0, 0, 0]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* m = &mean[0]
    cdef const float* v = &variance[0]
    cdef float* sums = &partial[0]
    for block in prange(_blocks(c), nogil=True, schedule="static", num_threads=threads):
        _sums(p, g, m, v, sums, rows, c, block * LANES, 0, epsilon)
    partial[0] = <float>rows


cdef void _sums_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[2]), rows = t.samples * (_size(&call.operand[0]) // c), block
    cdef Py_ssize_t first = _share(call, t, c, t.first), last = _share(call, t, c, t.last)
    cdef float* partial = <float*>t.at[4]
    cdef float count = 0 if t.fresh else partial[0]
    for block in range(first, last):
        _sums(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3], partial, rows,
              c, block * LANES, count, <float>call.f[0])
    if first == 0 and last > 0:
        partial[0] = count + rows


# ------------------------------------------------------------------------------------------------------ over the groups

cdef inline float _follow(float moving, float now, float momentum) noexcept nogil:
    return moving * momentum + now * (ONE - momentum)


cdef inline void _merge_moments(const float* partial, Py_ssize_t groups, Py_ssize_t step, float* mean, float* variance,
                                float* moving_mean, float* moving_variance, Py_ssize_t c,
                                float momentum) noexcept nogil:
    cdef Py_ssize_t i, g
    cdef const float* part
    cdef double rows, there, m, m2, d
    for i in range(c):
        rows, m, m2 = 0, 0, 0
        for g in range(groups):
            part = partial + g * step
            there = part[0]
            if there > 0:
                d = part[1 + i] - m
                m2 += part[1 + c + i] + d * d * (rows * there / (rows + there))
                m += d * (there / (rows + there))
                rows += there
        mean[i] = <float>m
        variance[i] = <float>(m2 / rows)
    if moving_mean != NULL:
        for i in range(c):
            moving_mean[i] = _follow(moving_mean[i], mean[i], momentum)
    if moving_variance != NULL:
        for i in range(c):
            moving_variance[i] = _follow(moving_variance[i], variance[i], momentum)


def merge_moments(
    const float[:, ::1] partial,       # IN      (groups, 2c + 1), from `moments`
    float[::1] mean,                   # OUT     (c,)
    float[::1] variance,               # OUT     (c,)
    float[::1] moving_mean,            # IN/OUT  (c,) or None
    float[::1] moving_variance,        # IN/OUT  (c,) or None
    float momentum, int threads=1,
):
    """Mean and variance (divided by the number of rows, not by one less) of all groups.

    A moving statistic s follows its new value v: s = s momentum + v (1 - momentum).
    """
    cdef float* a = &moving_mean[0] if moving_mean is not None else NULL
    cdef float* b = &moving_variance[0] if moving_variance is not None else NULL
    with nogil:
        _merge_moments(&partial[0, 0], partial.shape[0], partial.shape[1], &mean[0], &variance[0], a, b, mean.shape[0],
                       momentum)


cdef void _merge_moments_task(const Call* c, const Task* t) noexcept nogil:
    _merge_moments(<const float*>t.at[0], t.groups, c.operand[0].per_group // <Py_ssize_t>sizeof(float),
                   <float*>t.at[1], <float*>t.at[2], <float*>t.at[3], <float*>t.at[4], _size(&c.operand[1]),
                   <float>c.f[0])


cdef inline void _merge_sums(const float* partial, Py_ssize_t groups, Py_ssize_t step, float* sums, float* dgamma,
                             float* dbeta, Py_ssize_t c) noexcept nogil:
    cdef Py_ssize_t i, g
    cdef double total
    for i in range(2 * c + 1):
        total = 0
        for g in range(groups):
            total += partial[g * step + i]
        sums[i] = <float>total
    if dbeta != NULL:
        memcpy(dbeta, sums + 1, c * sizeof(float))
    if dgamma != NULL:
        memcpy(dgamma, sums + 1 + c, c * sizeof(float))


def merge_sums(
    const float[:, ::1] partial,       # IN   (groups, 2c + 1), from `backward_sums`
    float[::1] sums,                   # OUT  (2c + 1,)
    float[::1] dgamma,                 # OUT  (c,) or None
    float[::1] dbeta,                  # OUT  (c,) or None
    int threads=1,
):
    """The groups' sums added up. The sum of dy is the gradient of beta, the sum of dy xhat the gradient of gamma."""
    cdef float* a = &dgamma[0] if dgamma is not None else NULL
    cdef float* b = &dbeta[0] if dbeta is not None else NULL
    with nogil:
        _merge_sums(&partial[0, 0], partial.shape[0], partial.shape[1], &sums[0], a, b, (sums.shape[0] - 1) // 2)


cdef void _merge_sums_task(const Call* c, const Task* t) noexcept nogil:
    _merge_sums(<const float*>t.at[0], t.groups, c.operand[0].per_group // <Py_ssize_t>sizeof(float), <float*>t.at[1],
                <float*>t.at[2], <float*>t.at[3], (_size(&c.operand[1]) - 1) // 2)


# -------------------------------------------------------------------------------------------------- element by element

cdef inline Py_ssize_t _repeat(float* v, Py_ssize_t width, Py_ssize_t copies) noexcept nogil:
    """Copies of v[:width] behind it; the length of all of them."""
    cdef Py_ssize_t size = width * copies, done = width
    while done < size:
        memcpy(v + done, v, min(done, size - done) * sizeof(float))
        done *= 2
    return size


cdef inline Py_ssize_t _copies(Py_ssize_t width, Py_ssize_t c, Py_ssize_t rows) noexcept nogil:
    """How often the constants of `width` channels fit in a run: once, unless these are all channels."""
    return max(min(RUN // c, rows), <Py_ssize_t>1) if width == c else 1


cdef inline void _normalize(const float* x, const float* mean, const float* variance, const float* gamma,
                            const float* beta, float* y, Py_ssize_t rows, Py_ssize_t c, float epsilon) noexcept nogil:
    """y = (x - mean) k + beta, with k = gamma / sqrt(variance + epsilon)."""
    cdef float m[RUN]
    cdef float k[RUN]
    cdef float b[RUN]
    cdef Py_ssize_t first = 0, width, run, at, i
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        for i in range(width):
            m[i] = mean[first + i]
            k[i] = (gamma[first + i] if gamma != NULL else ONE) / sqrtf(variance[first + i] + epsilon)
            b[i] = beta[first + i] if beta != NULL else 0
        run = _copies(width, c, rows)
        _repeat(m, width, run)
        _repeat(k, width, run)
        run = _repeat(b, width, run)
        at = first
        while at < rows * c:
            _normalize_run(x + at, m, k, b, y + at, min(run, rows * c - at))
            at += run if width == c else c
        first += RUN


cdef inline void _normalize_run(const float* x, const float* m, const float* k, const float* b, float* y,
                                Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = (x[i] - m[i]) * k[i] + b[i]


def normalize(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] mean,             # IN   (c,)
    const float[::1] variance,         # IN   (c,)
    const float[::1] gamma,            # IN   (c,) or None
    const float[::1] beta,             # IN   (c,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float epsilon, int threads=1,
):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta. y may lie on x."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* m = &mean[0]
    cdef const float* v = &variance[0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _normalize(p + n * rows * c, m, v, a, b, q + n * rows * c, rows, c, epsilon)


cdef void _normalize_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[1]), size = _size(&call.operand[0]), at = t.first * size
    _normalize(<const float*>t.at[0] + at, <const float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3],
               <const float*>t.at[4], <float*>t.at[5] + at, (t.last - t.first) * (size // c), c, <float>call.f[0])


cdef inline void _slope(const float* dy, const float* x, const float* mean, const float* variance, const float* gamma,
                        const float* sums, float* dx, Py_ssize_t rows, Py_ssize_t c, float epsilon) noexcept nogil:
    """dx = k (dy - a - (x - mean) b), k = gamma / s, a = sum dy / N, b = sum dy xhat / (N s), s^2 = variance + eps."""
    cdef float m[RUN]
    cdef float k[RUN]
    cdef float a[RUN]
    cdef float b[RUN]
    cdef float each = ONE / sums[0], s
    cdef Py_ssize_t first = 0, width, run, at, i
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        for i in range(width):
            s = ONE / sqrtf(variance[first + i] + epsilon)
            m[i] = mean[first + i]
            k[i] = (gamma[first + i] if gamma != NULL else ONE) * s
            a[i] = sums[1 + first + i] * each
            b[i] = sums[1 + c + first + i] * each * s
        run = _copies(width, c, rows)
        _repeat(m, width, run)
        _repeat(k, width, run)
        _repeat(a, width, run)
        run = _repeat(b, width, run)
        at = first
        while at < rows * c:
            _slope_run(dy + at, x + at, m, k, a, b, dx + at, min(run, rows * c - at))
            at += run if width == c else c
        first += RUN


cdef inline void _slope_run(const float* dy, const float* x, const float* m, const float* k, const float* a,
                            const float* b, float* dx, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = k[i] * (dy[i] - a[i] - (x[i] - m[i]) * b[i])


def backward_input(
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] mean,             # IN   (c,)
    const float[::1] variance,         # IN   (c,)
    const float[::1] gamma,            # IN   (c,) or None
    const float[::1] sums,             # IN   (2c + 1,), from `merge_sums`
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    float epsilon, int threads=1,
):
    """Gradient of `normalize` with respect to x, where mean and variance are those of x itself. dx may lie on dy."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* m = &mean[0]
    cdef const float* v = &variance[0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* s = &sums[0]
    cdef float* d = &dx[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _slope(g + n * rows * c, p + n * rows * c, m, v, a, s, d + n * rows * c, rows, c, epsilon)


cdef void _slope_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[2]), size = _size(&call.operand[0]), at = t.first * size
    _slope(<const float*>t.at[0] + at, <const float*>t.at[1] + at, <const float*>t.at[2], <const float*>t.at[3],
           <const float*>t.at[4], <const float*>t.at[5], <float*>t.at[6] + at, (t.last - t.first) * (size // c), c,
           <float>call.f[0])


cdef inline void _fixed(const float* dy, const float* variance, const float* gamma, float* dx, Py_ssize_t rows,
                        Py_ssize_t c, float epsilon) noexcept nogil:
    cdef float k[RUN]
    cdef Py_ssize_t first = 0, width, run, at, i
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        for i in range(width):
            k[i] = (gamma[first + i] if gamma != NULL else ONE) / sqrtf(variance[first + i] + epsilon)
        run = _repeat(k, width, _copies(width, c, rows))
        at = first
        while at < rows * c:
            _fixed_run(dy + at, k, dx + at, min(run, rows * c - at))
            at += run if width == c else c
        first += RUN


cdef inline void _fixed_run(const float* dy, const float* k, float* dx, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * k[i]


def backward_fixed(
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[::1] variance,         # IN   (c,)
    const float[::1] gamma,            # IN   (c,) or None
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    float epsilon, int threads=1,
):
    """Gradient of `normalize` with respect to x, where mean and variance are constants. dx may lie on dy."""
    cdef Py_ssize_t n, rows = dy.shape[1], c = dy.shape[2]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* v = &variance[0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef float* d = &dx[0, 0, 0]
    for n in prange(dy.shape[0], nogil=True, schedule="static", num_threads=threads):
        _fixed(g + n * rows * c, v, a, d + n * rows * c, rows, c, epsilon)


cdef void _fixed_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[1]), size = _size(&call.operand[0]), at = t.first * size
    _fixed(<const float*>t.at[0] + at, <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3] + at,
           (t.last - t.first) * (size // c), c, <float>call.f[0])


CONSTANTS = {"channel_blocks": channel_blocks}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "moments": (capsule(_moments_task), "rw"),
    "merge_moments": (capsule(_merge_moments_task), "rwwuu"),
    "normalize": (capsule(_normalize_task), "rrrrrw"),
    "backward_sums": (capsule(_sums_task), "rrrrw"),
    "merge_sums": (capsule(_merge_sums_task), "rwww"),
    "backward_input": (capsule(_slope_task), "rrrrrrw"),
    "backward_fixed": (capsule(_fixed_task), "rrrw"),
}
