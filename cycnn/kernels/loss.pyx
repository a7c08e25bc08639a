"""Losses: the value of every row, and the gradient with respect to the prediction, in one pass over a sample.

Everywhere `value` is before weighting; the gradient is of sum over samples of weight[n] * scale * value[n, rows]. With
`scale` = 1 / (number of values) that is Keras's mean. `weight` None: all 1. A gradient None: only values are wanted.
Label smoothing s stands for targets t (1 - s) + s / c, for binary cross-entropy t (1 - s) + s / 2.
A unit of work is one sample.
"""

from cython.parallel cimport prange
from libc.math cimport NAN, fabsf

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule
from cycnn.kernels.maths cimport HALF_F, ONE, TWO, dot, exponentials, largest, log, sigmoid, softplus

cdef enum:
    STRETCH = 256                    # terms worked out side by side before they are added in order

cdef enum Pointwise:                 # losses that are a mean of terms of one element each
    BINARY
    BINARY_LOGITS
    SQUARED

cdef extern from *:
    # Keras clips probabilities to [1e-7, 1 - 1e-7]; as float32 the upper end is 1 - 2^-23.
    float LOWEST "1e-7f"
    float HIGHEST "0.9999999f"


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


# ----------------------------------------------------------------------------------------- softmax and cross-entropy

cdef inline double _softmax_terms(const float* logits, float* y, Py_ssize_t c, float* top) noexcept nogil:
    """y = softmax of a row, `top` its largest logit. Returns log sum e^(x - top): log y_i = x_i - top - that."""
    cdef float total, share
    cdef Py_ssize_t i
    top[0] = largest(logits, c)
    total = exponentials(logits, y, c, top[0])
    share = ONE / total
    for i in range(c):
        y[i] *= share
    return log(total)


cdef inline void _softmax_row(const float* logits, const float* target, float* y, float* value, float* dlogits,
                              Py_ssize_t c, float factor, float smoothing) noexcept nogil:
    """value = -sum t_i log y_i; dlogits_i = (y_i sum t - t_i) factor."""
    cdef float top, kept = ONE - smoothing, even = smoothing / c, sum_t
    cdef double logs = _softmax_terms(logits, y, c, &top), total = 0, loss = 0, t
    cdef Py_ssize_t i
    for i in range(c):
        t = target[i] * kept + even
        total += t
        loss += t * (logs - (logits[i] - top))
    value[0] = <float>loss
    if dlogits != NULL:
        sum_t = <float>total
        for i in range(c):
            dlogits[i] = (y[i] * sum_t - (target[i] * kept + even)) * factor


cdef inline void _softmax_label(const float* logits, int label, float* y, float* value, float* dlogits, Py_ssize_t c,
                                float factor) noexcept nogil:
    """The same for a target that is 1 at `label` and 0 elsewhere."""
    cdef float top
    cdef double logs = _softmax_terms(logits, y, c, &top)
    cdef bint known = 0 <= label < c
    cdef Py_ssize_t i
    value[0] = <float>(logs - (logits[label] - top)) if known else NAN
    if dlogits != NULL:
        factor = factor if known else NAN
        for i in range(c):
            dlogits[i] = y[i] * factor
        if known:
            dlogits[label] = (y[label] - ONE) * factor


cdef inline void _softmax_sample(const float* x, const float* t, const int* labels, const float* w, float scale,
                                 float* y, float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                                 float smoothing) noexcept nogil:
    """The rows of one sample; its targets are in t, or else in labels."""
    cdef float factor = scale if w == NULL else scale * w[n]
    cdef Py_ssize_t row
    for row in range(n * rows, (n + 1) * rows):
        if labels == NULL:
            _softmax_row(x + row * c, t + row * c, y + row * c, v + row, d + row * c if d != NULL else NULL, c, factor,
                         smoothing)
        else:
            _softmax_label(x + row * c, labels[row], y + row * c, v + row, d + row * c if d != NULL else NULL, c,
                           factor)


def softmax_crossentropy(
    const float[:, :, ::1] logits,     # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dlogits,          # OUT  (n, rows, c) or None
    float smoothing, int threads=1,
):
    """y = softmax(logits), value = -sum t log y over the last axis, and the gradient through both. Sum t may be any."""
    cdef Py_ssize_t n, rows = logits.shape[1], c = logits.shape[2]
    cdef const float* x = &logits[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0] if weight is not None else NULL
    cdef float* p = &y[0, 0, 0]
    cdef float* v = &value[0, 0]
    cdef float* d = &dlogits[0, 0, 0] if dlogits is not None else NULL
    for n in prange(logits.shape[0], nogil=True, schedule="static", num_threads=threads):
        _softmax_sample(x, t, NULL, w, scale[0], p, v, d, n, rows, c, smoothing)


cdef void _softmax_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[5]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _softmax_sample(<const float*>t.at[0], <const float*>t.at[1], NULL, <const float*>t.at[2],
                        (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], <float*>t.at[6], n, rows,
                        classes, <float>c.f[0])


def sparse_softmax_crossentropy(
    const float[:, :, ::1] logits,     # IN   (n, rows, c)
    const int[:, ::1] target,          # IN   (n, rows), the numbers of the classes
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dlogits,          # OUT  (n, rows, c) or None
    int threads=1,
):
    """`softmax_crossentropy` for integer targets. A label that is no class makes its row NaN."""
    cdef Py_ssize_t n, rows = logits.shape[1], c = logits.shape[2]
    cdef const float* x = &logits[0, 0, 0]
    cdef const int* t = &target[0, 0]
    cdef const float* w = &weight[0] if weight is not None else NULL
    cdef float* p = &y[0, 0, 0]
    cdef float* v = &value[0, 0]
    cdef float* d = &dlogits[0, 0, 0] if dlogits is not None else NULL
    for n in prange(logits.shape[0], nogil=True, schedule="static", num_threads=threads):
        _softmax_sample(x, NULL, t, w, scale[0], p, v, d, n, rows, c, 0)


cdef void _sparse_softmax_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[5]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _softmax_sample(<const float*>t.at[0], NULL, <const int*>t.at[1], <const float*>t.at[2],
                        (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], <float*>t.at[6], n, rows,
                        classes, 0)


# ------------------------------------------------------------------------------------ cross-entropy of probabilities

cdef inline float _clipped(float p) noexcept nogil:
    p = LOWEST if p < LOWEST else p
    return HIGHEST if p > HIGHEST else p


cdef inline float _inside(float p) noexcept nogil:
    """1 where `_clipped` leaves p as it is and so passes a gradient, else 0."""
    return 0 if p < LOWEST or p > HIGHEST else ONE


cdef inline void _categorical_row(const float* p, const float* target, float* value, float* dp, Py_ssize_t c,
                                  float factor, float smoothing) noexcept nogil:
    """With q = p / sum p: value = -sum t_i log clip(q_i); dp_i = (sum of t inside - [i inside] t_i / q_i) / sum p."""
    cdef float terms[STRETCH]
    cdef float kept = ONE - smoothing, even = smoothing / c, total = dot(p, NULL, c), share = factor / total
    cdef float sum_t, q, t
    cdef double loss = 0, weight = 0
    cdef Py_ssize_t i, first = 0, count
    while first < c:
        count = min(c - first, <Py_ssize_t>STRETCH)
        for i in range(count):
            terms[i] = (target[first + i] * kept + even) * log(_clipped(p[first + i] / total))
        for i in range(count):
            loss -= terms[i]
        first += STRETCH
    value[0] = <float>loss
    if dp != NULL:
        for i in range(c):
            weight += (target[i] * kept + even) * _inside(p[i] / total)
        sum_t = <float>weight
        for i in range(c):
            q = p[i] / total
            t = (target[i] * kept + even) / q
            dp[i] = (sum_t - (0 if _inside(q) == 0 else t)) * share


cdef inline void _categorical_label(const float* p, int label, float* value, float* dp, Py_ssize_t c,
                                    float factor) noexcept nogil:
    """The same for a target that is 1 at `label` and 0 elsewhere."""
    cdef bint known = 0 <= label < c
    cdef float total = dot(p, NULL, c), q = p[label] / total if known else NAN, share
    cdef Py_ssize_t i
    value[0] = -log(_clipped(q))
    if dp != NULL:
        share = _inside(q) * factor / total if known else NAN
        for i in range(c):
            dp[i] = share
        if known:
            dp[label] = 0 if _inside(q) == 0 else share - share / q


cdef inline void _categorical_sample(const float* p, const float* t, const int* labels, const float* w, float scale,
                                     float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                                     float smoothing) noexcept nogil:
    cdef float factor = scale if w == NULL else scale * w[n]
    cdef Py_ssize_t row
    for row in range(n * rows, (n + 1) * rows):
        if labels == NULL:
            _categorical_row(p + row * c, t + row * c, v + row, d + row * c if d != NULL else NULL, c, factor,
                             smoothing)
        else:
            _categorical_label(p + row * c, labels[row], v + row, d + row * c if d != NULL else NULL, c, factor)


def categorical_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    float smoothing, int threads=1,
):
    """value = -sum t log q over the last axis, with q = p / sum p clipped to [1e-7, 1 - 1e-7].

    Clipping passes no gradient where it changes something.
    """
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0] if weight is not None else NULL
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _categorical_sample(x, t, NULL, w, scale[0], v, d, n, rows, c, smoothing)


cdef void _categorical_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _categorical_sample(<const float*>t.at[0], <const float*>t.at[1], NULL, <const float*>t.at[2],
                            (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows, classes,
                            <float>c.f[0])


def sparse_categorical_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const int[:, ::1] target,          # IN   (n, rows), the numbers of the classes
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    int threads=1,
):
    """`categorical_crossentropy` for integer targets. A label that is no class makes its row NaN."""
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const int* t = &target[0, 0]
    cdef const float* w = &weight[0] if weight is not None else NULL
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _categorical_sample(x, NULL, t, w, scale[0], v, d, n, rows, c, 0)


cdef void _sparse_categorical_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _categorical_sample(<const float*>t.at[0], NULL, <const int*>t.at[1], <const float*>t.at[2],
                            (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows, classes, 0)


# ------------------------------------------------------------------------------------------- means of pointwise terms

cdef inline void _terms(Pointwise kind, const float* p, const float* target, float* term, Py_ssize_t count, float kept,
                        float even) noexcept nogil:
    """The terms of `count` elements, with targets t kept + even."""
    cdef Py_ssize_t i
    cdef float t, q
    if kind == BINARY:
        for i in range(count):
            t = target[i] * kept + even
            q = _clipped(p[i])
            term[i] = -(t * log(q) + (ONE - t) * log(ONE - q))
    elif kind == BINARY_LOGITS:        # max(x, 0) - x t + log(1 + e^-|x|)
        for i in range(count):
            t = target[i] * kept + even
            q = p[i]
            term[i] = (-q * t if q < 0 else q * (ONE - t)) + softplus(-fabsf(q))
    else:
        for i in range(count):
            t = p[i] - target[i]
            term[i] = t * t


cdef inline void _term_slopes(Pointwise kind, const float* p, const float* target, float* d, Py_ssize_t count,
                              float kept, float even, float factor) noexcept nogil:
    """Derivatives of the terms, times `factor`."""
    cdef Py_ssize_t i
    cdef float t, q, s
    if kind == BINARY:                 # (q - t) / (q (1 - q)) inside the clipping
        for i in range(count):
            t = target[i] * kept + even
            q = p[i]
            s = (q - t) / (q * (ONE - q)) * factor
            d[i] = 0 if _inside(q) == 0 else s
    elif kind == BINARY_LOGITS:        # sigmoid(x) - t
        for i in range(count):
            t = target[i] * kept + even
            d[i] = (sigmoid(p[i]) - t) * factor
    else:
        for i in range(count):
            d[i] = TWO * (p[i] - target[i]) * factor


cdef inline void _pointwise_sample(Pointwise kind, const float* p, const float* t, const float* w, float scale,
                                   float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                                   float smoothing) noexcept nogil:
    """All terms of a sample in one run over its rows, so that short rows (c = 1) still fill vectors."""
    cdef float term[STRETCH]
    cdef float factor = (scale if w == NULL else scale * w[n]) / c, kept = ONE - smoothing, even = HALF_F * smoothing
    cdef Py_ssize_t first = n * rows * c, last = first + rows * c, row = n * rows, column = 0, count, i
    cdef double total = 0
    while first < last:
        count = min(last - first, <Py_ssize_t>STRETCH)
        _terms(kind, p + first, t + first, term, count, kept, even)
        for i in range(count):
            total += term[i]
            column += 1
            if column == c:
                v[row] = <float>(total / c)
                row, column, total = row + 1, 0, 0
        if d != NULL:
            _term_slopes(kind, p + first, t + first, d + first, count, kept, even, factor)
        first += STRETCH


cdef inline void _pointwise(Pointwise kind, const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), width = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _pointwise_sample(kind, <const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2],
                          (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows, width,
                          <float>c.f[0] if kind != SQUARED else 0)


cdef _pointwise_door(Pointwise kind, const float[:, :, ::1] p, const float[:, :, ::1] target, const float[::1] weight,
                     const float[::1] scale, float[:, ::1] value, float[:, :, ::1] dp, float smoothing, int threads):
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0] if weight is not None else NULL
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _pointwise_sample(kind, x, t, w, scale[0], v, d, n, rows, c, smoothing)


def binary_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    float smoothing, int threads=1,
):
    """value = mean over the last axis of -t log q - (1 - t) log(1 - q), with q = p clipped to [1e-7, 1 - 1e-7]."""
    _pointwise_door(BINARY, p, target, weight, scale, value, dp, smoothing, threads)


cdef void _binary_crossentropy(const Call* c, const Task* t) noexcept nogil:
    _pointwise(BINARY, c, t)


def binary_crossentropy_logits(
    const float[:, :, ::1] logits,     # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dlogits,          # OUT  (n, rows, c) or None
    float smoothing, int threads=1,
):
    """value = mean over the last axis of log(1 + e^x) - x t: binary cross-entropy of sigmoid(x), without clipping."""
    _pointwise_door(BINARY_LOGITS, logits, target, weight, scale, value, dlogits, smoothing, threads)


cdef void _binary_crossentropy_logits(const Call* c, const Task* t) noexcept nogil:
    _pointwise(BINARY_LOGITS, c, t)


def mean_squared_error(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[::1] weight,           # IN   (n,) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    int threads=1,
):
    """value = mean over the last axis of (p - t)^2."""
    _pointwise_door(SQUARED, p, target, weight, scale, value, dp, 0, threads)


cdef void _mean_squared_error(const Call* c, const Task* t) noexcept nogil:
    _pointwise(SQUARED, c, t)


# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "softmax_crossentropy": (capsule(_softmax_crossentropy), "rrrrwww"),
    "sparse_softmax_crossentropy": (capsule(_sparse_softmax_crossentropy), "rrrrwww"),
    "categorical_crossentropy": (capsule(_categorical_crossentropy), "rrrrww"),
    "sparse_categorical_crossentropy": (capsule(_sparse_categorical_crossentropy), "rrrrww"),
    "binary_crossentropy": (capsule(_binary_crossentropy), "rrrrww"),
    "binary_crossentropy_logits": (capsule(_binary_crossentropy_logits), "rrrrww"),
    "mean_squared_error": (capsule(_mean_squared_error), "rrrrww"),
}
