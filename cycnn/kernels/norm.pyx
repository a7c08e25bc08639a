"""Normalization of (n, rows, c) maps: batch normalization, with statistics of each channel over samples and rows, in
both directions; then that of rows, of groups of channels, and of neighbouring channels.

Sums over the batch go through one partial result per group of samples: `moments` and `backward_sums` add a task's rows
to it, `merge_moments` and `merge_sums` put the groups together, in order. A partial result is (2c + 1) floats: how many
rows it holds, then two numbers per channel.

An activation behind the normalization is applied in the same pass; backward, the normalized x is found again from x,
so that it is never stored, and `activated_sums` takes the activation's slope along.

Each element's own work is done in runs that are long whatever c is: the channels' constants are repeated side by side
over RUN floats. A unit of work is one sample there, and the call for the two merges; for `moments` and `backward_sums`
it is a share of the channels, in as many units as the call likes (`channel_blocks(c)` is all there is to share).
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY, sqrtf
from libc.string cimport memcpy, memset

from cycnn.kernels.activation cimport LINEAR, RELU, activate, multiply_slopes
from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule
from cycnn.kernels.maths cimport ONE, dot, exp, fold_sum, log

cdef extern from *:
    enum: LANES "CYCNN_LANES"

cdef enum:
    ROWS = 64                        # rows that are added plainly before they join a sum
    RUN = 512                        # floats of a run of constants
    NEAR = 4096                      # floats of a map that are worked on twice while they are in the first-level cache
    STRETCH = 64                     # channels whose sums over rows are held in local arrays
    REACH = 31                       # channels on either side that a local response may see, at most
    LAYER = 0                        # what a row is divided by: its standard deviation, after its mean is taken away;
    RMS = 1                          # the root of its mean square;
    UNIT = 2                         # its length


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


cdef void _moments(const float* x, float* partial, Py_ssize_t rows, Py_ssize_t c, Py_ssize_t first,
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


cdef inline void _sum_rows(const float* x, const float* dy, const float* center, float* total, float* product,
                           Py_ssize_t rows, Py_ssize_t inside, Py_ssize_t c, Py_ssize_t lanes) noexcept nogil:
    """Add up to ROWS rows, `inside` of which may be read whole, to sum dy and sum dy (x - center) of LANES channels."""
    cdef float s[LANES]
    cdef float q[LANES]
    cdef float v[LANES]
    cdef float g[LANES]
    cdef Py_ssize_t r
    cdef int l
    for l in range(LANES):
        s[l] = 0
        q[l] = 0
    for r in range(min(rows, inside)):
        for l in range(LANES):
            s[l] += dy[r * c + l]
            q[l] += dy[r * c + l] * (x[r * c + l] - center[l])
    for r in range(max(inside, <Py_ssize_t>0), rows):
        _edge(x + r * c, lanes, v)
        _edge(dy + r * c, lanes, g)
        for l in range(LANES):
            s[l] += g[l]
            q[l] += g[l] * (v[l] - center[l])
    for l in range(LANES):
        total[l] += s[l]
        product[l] += q[l]


cdef inline void _join_sums(const float* total, const float* product, const float* variance, float* partial,
                            Py_ssize_t c, Py_ssize_t first, Py_ssize_t width, float count,
                            float epsilon) noexcept nogil:
    """Put sums of `width` channels from `first` in, or to, a partial result; product becomes sum dy xhat."""
    cdef float scaled
    cdef Py_ssize_t l
    for l in range(width):
        scaled = product[l] * (ONE / sqrtf(variance[first + l] + epsilon))
        partial[1 + first + l] = total[l] + partial[1 + first + l] if count > 0 else total[l]
        partial[1 + c + first + l] = scaled + partial[1 + c + first + l] if count > 0 else scaled


cdef void _sums(const float* x, const float* dy, const float* mean, const float* variance, float* partial,
                Py_ssize_t rows, Py_ssize_t c, Py_ssize_t first, float count, float epsilon) noexcept nogil:
    """Add rows to sum dy and sum dy xhat of LANES channels; xhat = (x - mean) / sqrt(variance + epsilon)."""
    cdef float total[LANES]
    cdef float product[LANES]
    cdef float center[LANES]
    cdef Py_ssize_t lanes = min(c - first, <Py_ssize_t>LANES), inside = _inside(rows, c, first), row = 0
    memset(total, 0, sizeof(total))
    memset(product, 0, sizeof(product))
    memset(center, 0, sizeof(center))
    memcpy(center, mean + first, lanes * sizeof(float))
    while row < rows:
        _sum_rows(x + row * c + first, dy + row * c + first, center, total, product, min(rows - row, <Py_ssize_t>ROWS),
                  inside - row, c, lanes)
        row += ROWS
    _join_sums(total, product, variance, partial, c, first, lanes, count, epsilon)


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


cdef void _merge_moments(const float* partial, Py_ssize_t groups, Py_ssize_t step, float* mean, float* variance,
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


cdef void _merge_sums(const float* partial, Py_ssize_t groups, Py_ssize_t step, float* sums, float* dgamma,
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


cdef inline Py_ssize_t _constants(const float* mean, const float* variance, const float* gamma, const float* beta,
                                  float* m, float* k, float* b, Py_ssize_t width, Py_ssize_t copies,
                                  float epsilon) noexcept nogil:
    """A run of what `_normalize_run` takes, of channels from the pointers' places on; the length of it."""
    cdef Py_ssize_t i
    for i in range(width):
        m[i] = mean[i]
        k[i] = (gamma[i] if gamma != NULL else ONE) / sqrtf(variance[i] + epsilon)
        b[i] = beta[i] if beta != NULL else 0
    _repeat(m, width, copies)
    _repeat(k, width, copies)
    return _repeat(b, width, copies)


cdef void _normalize(const float* x, const float* mean, const float* variance, const float* gamma,
                     const float* beta, float* y, Py_ssize_t rows, Py_ssize_t c, int kind, float epsilon,
                     float p0, float p1, float p2) noexcept nogil:
    """y = activation((x - mean) k + beta), with k = gamma / sqrt(variance + epsilon)."""
    cdef float m[RUN]
    cdef float k[RUN]
    cdef float b[RUN]
    cdef float floor = 0 if kind == RELU else -INFINITY
    cdef Py_ssize_t first = 0, width, run, size, at
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        run = _constants(mean + first, variance + first, gamma + first if gamma != NULL else NULL,
                         beta + first if beta != NULL else NULL, m, k, b, width, _copies(width, c, rows), epsilon)
        at = first
        while at < rows * c:
            size = min(run, rows * c - at)
            _normalize_run(x + at, m, k, b, y + at, size, floor)
            if kind != LINEAR and kind != RELU:
                _activate_run(kind, y + at, size, p0, p1, p2)
            at += run if width == c else c
        first += RUN


cdef inline void _normalize_run(const float* x, const float* m, const float* k, const float* b, float* y,
                                Py_ssize_t size, float floor) noexcept nogil:
    """y = (x - m) k + b, but at least `floor`."""
    cdef Py_ssize_t i
    cdef float v
    for i in range(size):
        v = (x[i] - m[i]) * k[i] + b[i]
        y[i] = floor if v < floor else v


cdef void _activate_run(int kind, float* y, Py_ssize_t size, float p0, float p1, float p2) noexcept nogil:
    activate(kind, y, y, size, p0, p1, p2)


def normalize(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] mean,             # IN   (c,)
    const float[::1] variance,         # IN   (c,)
    const float[::1] gamma,            # IN   (c,) or None
    const float[::1] beta,             # IN   (c,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    int kind, float epsilon, float p0, float p1, float p2, int threads=1,
):
    """y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta). y may lie on x.

    The activation by its number in `elementwise.KINDS` (0: none), with up to three parameters.
    """
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* m = &mean[0]
    cdef const float* v = &variance[0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _normalize(p + n * rows * c, m, v, a, b, q + n * rows * c, rows, c, kind, epsilon, p0, p1, p2)


cdef void _normalize_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[1]), size = _size(&call.operand[0]), at = t.first * size
    _normalize(<const float*>t.at[0] + at, <const float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3],
               <const float*>t.at[4], <float*>t.at[5] + at, (t.last - t.first) * (size // c), c, <int>call.i[0],
               <float>call.f[0], <float>call.f[1], <float>call.f[2], <float>call.f[3])


cdef void _slope_run(int kind, const float* x, const float* m, const float* k, const float* b, const float* y,
                     float* dy, Py_ssize_t size, float p0, float p1, float p2) noexcept nogil:
    """dy *= activation'(z), z = (x - m) k + b found again; y = activation(z), or NULL where `slopes` needs z alone."""
    cdef float z[RUN]
    _normalize_run(x, m, k, b, z, size, -INFINITY)
    multiply_slopes(kind, z, y if y != NULL else z, dy, dy, size, p0, p1, p2)


cdef void _activated_sums(const float* x, float* dy, const float* mean, const float* variance,
                          const float* gamma, const float* beta, const float* y, float* partial,
                          Py_ssize_t rows, Py_ssize_t c, float count, int kind, float epsilon, float p0,
                          float p1, float p2) noexcept nogil:
    """`_slope_run` on all of dy, and the sums of what it becomes: a few rows at a time, while they are in cache."""
    cdef float m[RUN]
    cdef float k[RUN]
    cdef float b[RUN]
    cdef float total[RUN]
    cdef float product[RUN]
    cdef float center[RUN]
    cdef Py_ssize_t near = max(NEAR // c // ROWS, <Py_ssize_t>1) * ROWS  # rows at a time
    cdef Py_ssize_t first = 0, width, run, size, at, row, last, block, step
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        memset(center, 0, sizeof(center))
        memcpy(center, mean + first, width * sizeof(float))
        memset(total, 0, sizeof(total))
        memset(product, 0, sizeof(product))
        run = _constants(mean + first, variance + first, gamma + first if gamma != NULL else NULL,
                         beta + first if beta != NULL else NULL, m, k, b, width, _copies(width, c, rows), epsilon)
        row = 0
        while row < rows:
            last = min(rows, row + near)
            at = row * c + first
            while at < last * c:
                size = min(run, last * c - at)
                _slope_run(kind, x + at, m, k, b, y + at if y != NULL else NULL, dy + at, size, p0, p1, p2)
                at += run if width == c else c
            while row < last:
                step = min(last - row, <Py_ssize_t>ROWS)
                block = 0
                while block < width:
                    _sum_rows(x + row * c + first + block, dy + row * c + first + block, center + block, total + block,
                              product + block, step, _inside(rows, c, first + block) - row, c,
                              min(width - block, <Py_ssize_t>LANES))
                    block += LANES
                row += step
        _join_sums(total, product, variance, partial, c, first, width, count, epsilon)
        first += RUN


def activated_sums(
    const float[:, :, ::1] x,          # IN      (n, rows, c)
    float[:, :, ::1] dy,               # IN/OUT  (n, rows, c): of the activation's output, then of its input
    const float[::1] mean,             # IN      (c,)
    const float[::1] variance,         # IN      (c,)
    const float[::1] gamma,            # IN      (c,) or None
    const float[::1] beta,             # IN      (c,) or None
    const float[:, :, ::1] y,          # IN      (n, rows, c): the activation's output; None for kinds in `FROM_INPUT`
    float[::1] partial,                # OUT     (2c + 1,): rows, sums of dy, sums of dy xhat
    int kind, float epsilon, float p0, float p1, float p2, int threads=1,
):
    """`activate_backward` and `backward_sums` at once, for a `normalize` with an activation. On one thread."""
    cdef Py_ssize_t rows = x.shape[0] * x.shape[1], c = x.shape[2]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef const float* q = &y[0, 0, 0] if y is not None else NULL
    with nogil:
        _activated_sums(&x[0, 0, 0], &dy[0, 0, 0], &mean[0], &variance[0], a, b, q, &partial[0], rows, c, 0, kind,
                        epsilon, p0, p1, p2)
    partial[0] = <float>rows


cdef void _activated_sums_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[2]), rows = t.samples * (_size(&call.operand[0]) // c)
    cdef float* partial = <float*>t.at[7]
    cdef float count = 0 if t.fresh else partial[0]
    if t.first == 0 and t.last > 0:
        _activated_sums(<const float*>t.at[0], <float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3],
                        <const float*>t.at[4], <const float*>t.at[5], <const float*>t.at[6], partial, rows, c, count,
                        <int>call.i[0], <float>call.f[0], <float>call.f[1], <float>call.f[2], <float>call.f[3])
        partial[0] = count + rows


cdef void _slope(const float* dy, const float* x, const float* mean, const float* variance, const float* gamma,
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
            _input_run(dy + at, x + at, m, k, a, b, dx + at, min(run, rows * c - at))
            at += run if width == c else c
        first += RUN


cdef inline void _input_run(const float* dy, const float* x, const float* m, const float* k, const float* a,
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


cdef void _fixed(const float* dy, const float* variance, const float* gamma, float* dx, Py_ssize_t rows,
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


# --------------------------------------------------------------------------------- into the weights of a product before

cdef void _fold(const float* kernel, const float* bias, const float* mean, const float* variance,
                const float* gamma, const float* beta, float* folded, float* offset, Py_ssize_t row,
                Py_ssize_t f, Py_ssize_t behind, float epsilon) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef float k
    for i in range(f):
        k = (gamma[i] if gamma != NULL else ONE) / sqrtf(variance[i] + epsilon)
        for j in range((row * f + i) * behind, (row * f + i + 1) * behind):
            folded[j] = kernel[j] * k
        if row == 0:
            offset[i] = ((bias[i] if bias != NULL else 0) - mean[i]) * k + (beta[i] if beta != NULL else 0)


def fold(
    const float[:, :, ::1] kernel,     # IN   (rows, f, behind), of an operation with f output channels
    const float[::1] bias,             # IN   (f,) or None
    const float[::1] mean,             # IN   (f,)
    const float[::1] variance,         # IN   (f,)
    const float[::1] gamma,            # IN   (f,) or None
    const float[::1] beta,             # IN   (f,) or None
    float[:, :, ::1] folded,           # OUT  (rows, f, behind)
    float[::1] offset,                 # OUT  (f,)
    float epsilon, int threads=1,
):
    """The kernel and bias that give at once what `normalize` makes of the operation's output: kernel k and
    (bias - mean) k + beta, with k = gamma / sqrt(variance + epsilon). Units of work: rows."""
    cdef Py_ssize_t row, f = kernel.shape[1], behind = kernel.shape[2]
    cdef const float* w = &kernel[0, 0, 0]
    cdef const float* o = &bias[0] if bias is not None else NULL
    cdef const float* m = &mean[0]
    cdef const float* v = &variance[0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef float* to = &folded[0, 0, 0]
    cdef float* at = &offset[0]
    for row in prange(kernel.shape[0], nogil=True, schedule="static", num_threads=threads):
        _fold(w, o, m, v, a, b, to, at, row, f, behind, epsilon)


cdef void _fold_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row
    for row in range(t.first, t.last):
        _fold(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3],
              <const float*>t.at[4], <const float*>t.at[5], <float*>t.at[6], <float*>t.at[7], row,
              call.operand[0].shape[1], call.operand[0].shape[2], <float>call.f[0])


# ---------------------------------------------------------------------------------------------------------------- rows
#
# xhat = (x - m) r for each row: m its mean (0 but for LAYER) and r the inverse of what it is divided by.

cdef inline float _squares(const float* x, float mean, Py_ssize_t c) noexcept nogil:
    """The sum of (x - mean)^2."""
    cdef float lane[LANES]
    cdef float total = 0, d
    cdef Py_ssize_t i = 0
    cdef int l
    for l in range(LANES):
        lane[l] = 0
    while i + LANES <= c:
        for l in range(LANES):
            d = x[i + l] - mean
            lane[l] += d * d
        i += LANES
    while i < c:
        d = x[i] - mean
        total += d * d
        i += 1
    return total + fold_sum(lane)


cdef void _row(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* inverse,
               Py_ssize_t c, int kind, float epsilon) noexcept nogil:
    cdef float m = dot(x, NULL, c) / c if kind == LAYER else 0
    cdef float q = _squares(x, m, c), r, v
    cdef Py_ssize_t i
    if kind == UNIT:
        r = ONE / sqrtf(q)
        r = ONE / epsilon if r > ONE / epsilon else r
    else:
        r = ONE / sqrtf(q / c + epsilon)
    mean[0], inverse[0] = m, r
    if gamma != NULL and beta != NULL:
        for i in range(c):
            y[i] = (x[i] - m) * r * gamma[i] + beta[i]
    else:
        for i in range(c):
            v = (x[i] - m) * r
            v = v * gamma[i] if gamma != NULL else v
            y[i] = v + beta[i] if beta != NULL else v


cdef void _row_slope(const float* dy, const float* x, const float* gamma, float mean, float inverse, float* dx,
                     Py_ssize_t c, int kind, float epsilon) noexcept nogil:
    """dx = r (g - a - xhat b) with g = dy gamma, a = mean of g, b = mean of g xhat; for UNIT their sums, and a = 0."""
    cdef float sums[LANES]
    cdef float products[LANES]
    cdef float a = 0, b = 0, g
    cdef Py_ssize_t i = 0
    cdef int l
    for l in range(LANES):
        sums[l] = 0
        products[l] = 0
    while i + LANES <= c:
        for l in range(LANES):
            g = dy[i + l] * gamma[i + l] if gamma != NULL else dy[i + l]
            sums[l] += g
            products[l] += g * (x[i + l] - mean)
        i += LANES
    while i < c:
        g = dy[i] * gamma[i] if gamma != NULL else dy[i]
        a += g
        b += g * (x[i] - mean)
        i += 1
    a += fold_sum(sums)
    b += fold_sum(products)
    a = a / c if kind == LAYER else 0
    b = b if kind == UNIT else b / c
    b *= inverse * inverse
    if kind == UNIT and inverse >= ONE / epsilon:
        b = 0                        # a constant: the row is shorter than epsilon
    for i in range(c):
        g = dy[i] * gamma[i] if gamma != NULL else dy[i]
        dx[i] = inverse * (g - a - (x[i] - mean) * b)


cdef void _row_sums(const float* x, const float* dy, const float* mean, const float* inverse, float* dgamma,
                    float* dbeta, Py_ssize_t rows, Py_ssize_t c, bint fresh) noexcept nogil:
    """Add rows to the sums of dy xhat and of dy, or start with them."""
    cdef float product[STRETCH]
    cdef float total[STRETCH]
    cdef float p[STRETCH]
    cdef float q[STRETCH]
    cdef float m, r, g
    cdef Py_ssize_t at = 0, row, last, i, count
    while at < c:
        count = min(c - at, <Py_ssize_t>STRETCH)
        for i in range(count):
            product[i] = 0
            total[i] = 0
        row = 0
        while row < rows:
            last = min(rows, row + ROWS)
            for i in range(count):
                p[i] = 0
                q[i] = 0
            while row < last:
                m, r = mean[row], inverse[row]
                for i in range(count):
                    g = dy[row * c + at + i]
                    q[i] += g
                    p[i] += g * ((x[row * c + at + i] - m) * r)
                row += 1
            for i in range(count):
                product[i] += p[i]
                total[i] += q[i]
        if dgamma != NULL:
            for i in range(count):
                dgamma[at + i] = product[i] if fresh else dgamma[at + i] + product[i]
        if dbeta != NULL:
            for i in range(count):
                dbeta[at + i] = total[i] if fresh else dbeta[at + i] + total[i]
        at += STRETCH


def rows_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] gamma,            # IN   (c,) or None
    const float[::1] beta,             # IN   (c,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, ::1] mean,                # OUT  (n, rows), 0 but for the kind `layer`
    float[:, ::1] inverse,             # OUT  (n, rows), of what a row was divided by
    int kind, float epsilon, int threads=1,
):
    """y = gamma xhat + beta, each row normalized by itself: by the number of its kind in `ROWS`.

    xhat is (x - mean) / sqrt(variance + epsilon), x / sqrt(mean of x^2 + epsilon), or
    x / max(sqrt(sum of x^2), epsilon).
    """
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef float* q = &y[0, 0, 0]
    cdef float* m = &mean[0, 0]
    cdef float* r = &inverse[0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _row(p + row * c, a, b, q + row * c, m + row, r + row, c, kind, epsilon)


cdef void _rows_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _row(<const float*>t.at[0] + row * c, <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3] + row * c,
             <float*>t.at[4] + row, <float*>t.at[5] + row, c, <int>call.i[0], <float>call.f[0])


def rows_backward(
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] gamma,            # IN   (c,) or None
    const float[:, ::1] mean,          # IN   (n, rows), from `rows_forward`
    const float[:, ::1] inverse,       # IN   (n, rows), likewise
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    int kind, float epsilon, int threads=1,
):
    """Gradient of `rows_forward` with respect to x. dx may lie on dy."""
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* m = &mean[0, 0]
    cdef const float* r = &inverse[0, 0]
    cdef float* d = &dx[0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _row_slope(g + row * c, p + row * c, a, m[row], r[row], d + row * c, c, kind, epsilon)


cdef void _rows_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _row_slope(<const float*>t.at[0] + row * c, <const float*>t.at[1] + row * c, <const float*>t.at[2],
                   (<const float*>t.at[3])[row], (<const float*>t.at[4])[row], <float*>t.at[5] + row * c, c,
                   <int>call.i[0], <float>call.f[0])


def rows_sums(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, ::1] mean,          # IN   (n, rows), from `rows_forward`
    const float[:, ::1] inverse,       # IN   (n, rows), likewise
    float[::1] dgamma,                 # OUT  (c,) or None
    float[::1] dbeta,                  # OUT  (c,) or None
    int threads=1,
):
    """The gradients of gamma, the sum of dy xhat over samples and rows, and of beta, the sum of dy."""
    cdef float* a = &dgamma[0] if dgamma is not None else NULL
    cdef float* b = &dbeta[0] if dbeta is not None else NULL
    with nogil:
        _row_sums(&x[0, 0, 0], &dy[0, 0, 0], &mean[0, 0], &inverse[0, 0], a, b, x.shape[0] * x.shape[1], x.shape[2],
                  True)


cdef void _rows_sums(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t rows = _size(&call.operand[2]), c = _size(&call.operand[0]) // rows
    if t.first < t.last:
        _row_sums(<const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2], <const float*>t.at[3],
                  <float*>t.at[4], <float*>t.at[5], t.samples * rows, c, t.fresh)


# --------------------------------------------------------------------------------------------------- groups of channels
#
# As batch normalization, one sample at a time: first each channel's statistics, then those of its group, which all its
# channels get. `moments` and `sums` are laid out as partial results.

cdef inline void _group_moments(float* moments, Py_ssize_t rows, Py_ssize_t c, Py_ssize_t groups) noexcept nogil:
    """Statistics of channels -> mean and variance of their groups, in place."""
    cdef Py_ssize_t width = c // groups, g, i
    cdef float* mean
    cdef float* m2
    cdef double m, q, d
    for g in range(groups):
        mean, m2, m, q = moments + 1 + g * width, moments + 1 + c + g * width, 0, 0
        for i in range(width):
            m += mean[i]
        m /= width
        for i in range(width):
            d = mean[i] - m
            q += m2[i] + rows * d * d
        q /= rows * width
        for i in range(width):
            mean[i], m2[i] = <float>m, <float>q


cdef void _group_sample(const float* x, const float* gamma, const float* beta, float* y, float* moments,
                        Py_ssize_t rows, Py_ssize_t c, Py_ssize_t groups, float epsilon) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(_blocks(c)):
        _moments(x, moments, rows, c, block * LANES, 0)
    moments[0] = <float>rows
    _group_moments(moments, rows, c, groups)
    _normalize(x, moments + 1, moments + 1 + c, gamma, beta, y, rows, c, LINEAR, epsilon, 0, 0, 0)


cdef void _group_slope(const float* dy, const float* x, const float* gamma, const float* moments,
                       const float* sums, float* dx, Py_ssize_t rows, Py_ssize_t c, Py_ssize_t groups,
                       float epsilon) noexcept nogil:
    """dx = s (gamma dy - A - (x - m) s B), with A and B the means over a group of gamma dy and gamma dy xhat."""
    cdef float m[RUN]
    cdef float k[RUN]
    cdef float a[RUN]
    cdef float b[RUN]
    cdef float s, weight
    cdef double total, product
    cdef Py_ssize_t width = c // groups, first = 0, size, run, at, i, j, g, now = -1
    total, product = 0, 0
    while first < c:
        size = min(c - first, <Py_ssize_t>RUN)
        for i in range(size):
            g = (first + i) // width
            if g != now:
                now, total, product = g, 0, 0
                for j in range(g * width, (g + 1) * width):
                    weight = gamma[j] if gamma != NULL else ONE
                    total += weight * sums[1 + j]
                    product += weight * sums[1 + c + j]
                total /= rows * width
                product /= rows * width
            s = ONE / sqrtf(moments[1 + c + first + i] + epsilon)
            m[i] = moments[1 + first + i]
            k[i] = (gamma[first + i] if gamma != NULL else ONE) * s
            a[i] = <float>total * s
            b[i] = <float>product * s * s
        run = _copies(size, c, rows)
        _repeat(m, size, run)
        _repeat(k, size, run)
        _repeat(a, size, run)
        run = _repeat(b, size, run)
        at = first
        while at < rows * c:
            _group_run(dy + at, x + at, m, k, a, b, dx + at, min(run, rows * c - at))
            at += run if size == c else c
        first += RUN


cdef inline void _group_run(const float* dy, const float* x, const float* m, const float* k, const float* a,
                            const float* b, float* dx, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = k[i] * dy[i] - a[i] - (x[i] - m[i]) * b[i]


def group_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] gamma,            # IN   (c,) or None
    const float[::1] beta,             # IN   (c,) or None
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, ::1] moments,             # OUT  (n, 2c + 1): rows, and for each channel its group's mean and variance
    Py_ssize_t groups, float epsilon, int threads=1,
):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, by the statistics of a sample and a group of channels."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* b = &beta[0] if beta is not None else NULL
    cdef float* q = &y[0, 0, 0]
    cdef float* m = &moments[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _group_sample(p + n * rows * c, a, b, q + n * rows * c, m + n * (2 * c + 1), rows, c, groups, epsilon)


cdef void _group_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = (_size(&call.operand[4]) - 1) // 2, size = _size(&call.operand[0]), n
    for n in range(t.first, t.last):
        _group_sample(<const float*>t.at[0] + n * size, <const float*>t.at[1], <const float*>t.at[2],
                      <float*>t.at[3] + n * size, <float*>t.at[4] + n * (2 * c + 1), size // c, c, call.i[0],
                      <float>call.f[0])


cdef void _group_sums_sample(const float* x, const float* dy, const float* moments, float* sums, Py_ssize_t rows,
                             Py_ssize_t c, float epsilon) noexcept nogil:
    cdef Py_ssize_t block
    for block in range(_blocks(c)):
        _sums(x, dy, moments + 1, moments + 1 + c, sums, rows, c, block * LANES, 0, epsilon)
    sums[0] = <float>rows


def group_sums(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, ::1] moments,       # IN   (n, 2c + 1), from `group_forward`
    float[:, ::1] sums,                # OUT  (n, 2c + 1): rows, sums of dy, sums of dy xhat
    float epsilon, int threads=1,
):
    """The two sums over a sample's rows that the gradients need, for each channel."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* m = &moments[0, 0]
    cdef float* q = &sums[0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _group_sums_sample(p + n * rows * c, g + n * rows * c, m + n * (2 * c + 1), q + n * (2 * c + 1), rows, c,
                           epsilon)


cdef void _group_sums(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = (_size(&call.operand[2]) - 1) // 2, size = _size(&call.operand[0]), n
    for n in range(t.first, t.last):
        _group_sums_sample(<const float*>t.at[0] + n * size, <const float*>t.at[1] + n * size,
                           <const float*>t.at[2] + n * (2 * c + 1), <float*>t.at[3] + n * (2 * c + 1), size // c, c,
                           <float>call.f[0])


def group_backward(
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] gamma,            # IN   (c,) or None
    const float[:, ::1] moments,       # IN   (n, 2c + 1), from `group_forward`
    const float[:, ::1] sums,          # IN   (n, 2c + 1), from `group_sums`
    float[:, :, ::1] dx,               # OUT  (n, rows, c)
    Py_ssize_t groups, float epsilon, int threads=1,
):
    """Gradient of `group_forward` with respect to x. dx may lie on dy."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* a = &gamma[0] if gamma is not None else NULL
    cdef const float* m = &moments[0, 0]
    cdef const float* q = &sums[0, 0]
    cdef float* d = &dx[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _group_slope(g + n * rows * c, p + n * rows * c, a, m + n * (2 * c + 1), q + n * (2 * c + 1), d + n * rows * c,
                     rows, c, groups, epsilon)


cdef void _group_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = (_size(&call.operand[3]) - 1) // 2, size = _size(&call.operand[0]), n
    for n in range(t.first, t.last):
        _group_slope(<const float*>t.at[0] + n * size, <const float*>t.at[1] + n * size, <const float*>t.at[2],
                     <const float*>t.at[3] + n * (2 * c + 1), <const float*>t.at[4] + n * (2 * c + 1),
                     <float*>t.at[5] + n * size, size // c, c, call.i[0], <float>call.f[0])


# --------------------------------------------------------------------------------------------------- known statistics

cdef void _standardize(const float* x, const float* mean, const float* variance, float* y, Py_ssize_t rows,
                       Py_ssize_t c, bint invert, float epsilon) noexcept nogil:
    cdef float m[RUN]
    cdef float b[RUN]
    cdef float k[RUN]
    cdef float s
    cdef Py_ssize_t first = 0, width, run, at, i
    while first < c:
        width = min(c - first, <Py_ssize_t>RUN)
        for i in range(width):
            s = sqrtf(variance[first + i])
            s = epsilon if s < epsilon else s
            k[i] = s if invert else ONE / s
            m[i] = mean[first + i] if mean != NULL and not invert else 0
            b[i] = mean[first + i] if mean != NULL and invert else 0
        run = _copies(width, c, rows)
        _repeat(m, width, run)
        _repeat(k, width, run)
        run = _repeat(b, width, run)
        at = first
        while at < rows * c:
            _normalize_run(x + at, m, k, b, y + at, min(run, rows * c - at), -INFINITY)
            at += run if width == c else c
        first += RUN


def standardize(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[::1] mean,             # IN   (c,); None: zeros
    const float[::1] variance,         # IN   (c,)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    bint invert, float epsilon, int threads=1,
):
    """y = (x - mean) / s, or with `invert` mean + x s, where s = max(sqrt(variance), epsilon). y may lie on x. Without
    a mean, it is its own gradient."""
    cdef Py_ssize_t n, rows = x.shape[1], c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* m = &mean[0] if mean is not None else NULL
    cdef const float* v = &variance[0]
    cdef float* q = &y[0, 0, 0]
    for n in prange(x.shape[0], nogil=True, schedule="static", num_threads=threads):
        _standardize(p + n * rows * c, m, v, q + n * rows * c, rows, c, invert, epsilon)


cdef void _standardize_task(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t c = _size(&call.operand[2]), size = _size(&call.operand[0]), at = t.first * size
    _standardize(<const float*>t.at[0] + at, <const float*>t.at[1], <const float*>t.at[2], <float*>t.at[3] + at,
                 (t.last - t.first) * (size // c), c, call.i[0] != 0, <float>call.f[0])


# ---------------------------------------------------------------------------------------------------------- neighbours
#
# y_i = x_i d_i^-beta, d_i = bias + alpha sum of x_j^2 over |i - j| <= reach; `scale` holds d for the way back.

cdef void _response(const float* x, float* y, float* scale, Py_ssize_t c, int reach, float alpha, float beta,
                    float bias) noexcept nogil:
    cdef Py_ssize_t i
    cdef int o
    memset(scale, 0, c * sizeof(float))
    for o in range(-reach, reach + 1):
        for i in range(max(-o, 0), min(c, c - o)):
            scale[i] += x[i + o] * x[i + o]
    for i in range(c):
        scale[i] = bias + alpha * scale[i]
        y[i] = x[i] * exp(-beta * log(scale[i]))


cdef void _response_slope(const float* dy, const float* x, const float* scale, float* dx, Py_ssize_t c,
                          int reach, float alpha, float beta) noexcept nogil:
    """dx_i = dy_i d_i^-beta - 2 alpha beta x_i sum over |i - j| <= reach of dy_j x_j d_j^(-beta - 1)."""
    cdef float power[RUN + 2 * REACH]
    cdef float share[RUN + 2 * REACH]
    cdef float total[RUN]
    cdef float factor = 2 * alpha * beta
    cdef Py_ssize_t first = 0, low, high, count, i
    cdef int o
    while first < c:
        count = min(c - first, <Py_ssize_t>RUN)
        low, high = first - reach, first + count + reach
        memset(share, 0, sizeof(share))
        for i in range(max(-low, 0), min(high, c) - low):
            power[i] = exp(-beta * log(scale[low + i]))
            share[i] = dy[low + i] * x[low + i] * power[i] / scale[low + i]
        memset(total, 0, sizeof(total))
        for o in range(2 * reach + 1):
            for i in range(count):
                total[i] += share[i + o]
        for i in range(count):
            dx[first + i] = dy[first + i] * power[reach + i] - factor * x[first + i] * total[i]
        first += RUN


def response_forward(
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, :, ::1] scale,            # OUT  (n, rows, c), read by response_backward
    int reach, float alpha, float beta, float bias, int threads=1,
):
    """y = x / (bias + alpha sum of squares)^beta, the sum over itself and `reach` (at most 31) channels on either side.
    """
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* p = &x[0, 0, 0]
    cdef float* q = &y[0, 0, 0]
    cdef float* s = &scale[0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _response(p + row * c, q + row * c, s + row * c, c, reach, alpha, beta, bias)


cdef void _response_forward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _response(<const float*>t.at[0] + row * c, <float*>t.at[1] + row * c, <float*>t.at[2] + row * c, c,
                  <int>call.i[0], <float>call.f[0], <float>call.f[1], <float>call.f[2])


def response_backward(
    const float[:, :, ::1] dy,         # IN   (n, rows, c)
    const float[:, :, ::1] x,          # IN   (n, rows, c)
    const float[:, :, ::1] scale,      # IN   (n, rows, c), from response_forward
    float[:, :, ::1] dx,               # OUT  (n, rows, c), not on dy
    int reach, float alpha, float beta, int threads=1,
):
    """The gradient of `response_forward`."""
    cdef Py_ssize_t row, c = x.shape[2]
    cdef const float* g = &dy[0, 0, 0]
    cdef const float* p = &x[0, 0, 0]
    cdef const float* s = &scale[0, 0, 0]
    cdef float* d = &dx[0, 0, 0]
    for row in prange(x.shape[0] * x.shape[1], nogil=True, schedule="static", num_threads=threads):
        _response_slope(g + row * c, p + row * c, s + row * c, d + row * c, c, reach, alpha, beta)


cdef void _response_backward(const Call* call, const Task* t) noexcept nogil:
    cdef Py_ssize_t row, c = _size(&call.operand[0]) // call.units
    for row in range(t.first, t.last):
        _response_slope(<const float*>t.at[0] + row * c, <const float*>t.at[1] + row * c,
                        <const float*>t.at[2] + row * c, <float*>t.at[3] + row * c, c, <int>call.i[0],
                        <float>call.f[0], <float>call.f[1])


CONSTANTS = {"channel_blocks": channel_blocks, "ROWS": {"layer": LAYER, "rms": RMS, "unit": UNIT}, "REACH": REACH}

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "moments": (capsule(_moments_task), "rw"),
    "merge_moments": (capsule(_merge_moments_task), "rwwuu"),
    "normalize": (capsule(_normalize_task), "rrrrrw"),
    "backward_sums": (capsule(_sums_task), "rrrrw"),
    "activated_sums": (capsule(_activated_sums_task), "rurrrrrw"),
    "merge_sums": (capsule(_merge_sums_task), "rwww"),
    "backward_input": (capsule(_slope_task), "rrrrrrw"),
    "backward_fixed": (capsule(_fixed_task), "rrrw"),
    "fold": (capsule(_fold_task), "rrrrrrww"),
    "rows_forward": (capsule(_rows_forward), "rrrwww"),
    "rows_backward": (capsule(_rows_backward), "rrrrrw"),
    "rows_sums": (capsule(_rows_sums), "rrrrww"),
    "group_forward": (capsule(_group_forward), "rrrww"),
    "group_sums": (capsule(_group_sums), "rrrw"),
    "group_backward": (capsule(_group_backward), "rrrrrw"),
    "standardize": (capsule(_standardize_task), "rrrw"),
    "response_forward": (capsule(_response_forward), "rww"),
    "response_backward": (capsule(_response_backward), "rrrw"),
}
