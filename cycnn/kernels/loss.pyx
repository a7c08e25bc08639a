"""Losses: the value of every row, and the gradient with respect to the prediction, in one pass over a sample.

Everywhere `value` is before weighting; the gradient is of sum over rows of weight * scale * value. With `scale` =
1 / (number of values) that is Keras's mean. `weight`: one of each sample or one of each row; None: all 1. A gradient
None: only values are wanted. Label smoothing s stands for targets t (1 - s) + s / c, in binary losses
t (1 - s) + s / 2. A unit of work is one sample.

    softmax_crossentropy, categorical_crossentropy, sparse_...    what classification trains with, each by itself
    pointwise                                                     means of terms of one element each, by number
    rowwise                                                       what takes a row together, by number
"""

from cython.parallel cimport prange
from libc.math cimport INFINITY, NAN, fabsf, floorf, fmodf, powf, sqrtf

from cycnn.kernels.call cimport DIMENSIONS, Call, Operand, Task, capsule
from cycnn.kernels.maths cimport (
    HALF_F, ONE, TWO, dot, exp, exponentials, largest, log, sigmoid, softplus, tanh,
)

cdef enum:
    STRETCH = 256                    # terms worked out side by side before they are added in order
    NOTHING = -2147483648            # the label to ignore, where none is

cdef enum Pointwise:
    # a: delta (huber), exponent (focal); b and c: weights of the targets 0 and 1 (focal)
    BINARY
    BINARY_LOGITS
    FOCAL
    FOCAL_LOGITS
    SQUARED
    ABSOLUTE
    PERCENTAGE
    LOGARITHMIC
    HUBER
    LOG_COSH
    POISSON
    HINGE
    SQUARED_HINGE
    DIVERGENCE                       # a sum over the row, not a mean

cdef enum Rowwise:
    # a: exponent, b: weight (focal)
    CATEGORICAL_FOCAL
    CATEGORICAL_FOCAL_LOGITS
    CATEGORICAL_HINGE
    COSINE

cdef extern from *:
    float SMALLEST "1.17549435e-38f"
    float HUNDRED "100.0f"
    float LOG_2 "0.693147182f"


cdef inline Py_ssize_t _size(const Operand* operand) noexcept nogil:
    """Elements of one sample."""
    cdef Py_ssize_t size = 1
    cdef int d
    for d in range(DIMENSIONS):
        size *= operand.shape[d]
    return size


cdef inline float _factor(const float* w, Py_ssize_t weights, float scale, Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    """What the value of a row counts for, with `weights` of each sample."""
    return scale if w == NULL else scale * w[n if weights == 1 else row]


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


cdef inline void _nothing(float* value, float* d, Py_ssize_t c) noexcept nogil:
    """A row that does not count."""
    cdef Py_ssize_t i
    value[0] = 0
    if d != NULL:
        for i in range(c):
            d[i] = 0


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


cdef inline void _softmax_label(const float* logits, int label, int ignored, float* y, float* value, float* dlogits,
                                Py_ssize_t c, float factor) noexcept nogil:
    """The same for a target that is 1 at `label` and 0 elsewhere."""
    cdef float top
    cdef double logs = _softmax_terms(logits, y, c, &top)
    cdef bint known = 0 <= label < c
    cdef Py_ssize_t i
    if label == ignored:
        _nothing(value, dlogits, c)
        return
    value[0] = <float>(logs - (logits[label] - top)) if known else NAN
    if dlogits != NULL:
        factor = factor if known else NAN
        for i in range(c):
            dlogits[i] = y[i] * factor
        if known:
            dlogits[label] = (y[label] - ONE) * factor


cdef void _softmax_sample(const float* x, const float* t, const int* labels, const float* w, Py_ssize_t weights,
                          float scale, float* y, float* v, float* d, Py_ssize_t n, Py_ssize_t rows,
                          Py_ssize_t c, float smoothing, int ignored) noexcept nogil:
    """The rows of one sample; its targets are in t, or else in labels."""
    cdef float factor
    cdef Py_ssize_t row
    for row in range(n * rows, (n + 1) * rows):
        factor = _factor(w, weights, scale, n, row)
        if labels == NULL:
            _softmax_row(x + row * c, t + row * c, y + row * c, v + row, d + row * c if d != NULL else NULL, c, factor,
                         smoothing)
        else:
            _softmax_label(x + row * c, labels[row], ignored, y + row * c, v + row,
                           d + row * c if d != NULL else NULL, c, factor)


def softmax_crossentropy(
    const float[:, :, ::1] logits,     # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
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
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* p = &y[0, 0, 0]
    cdef float* v = &value[0, 0]
    cdef float* d = &dlogits[0, 0, 0] if dlogits is not None else NULL
    for n in prange(logits.shape[0], nogil=True, schedule="static", num_threads=threads):
        _softmax_sample(x, t, NULL, w, weights, scale[0], p, v, d, n, rows, c, smoothing, NOTHING)


cdef void _softmax_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[5]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _softmax_sample(<const float*>t.at[0], <const float*>t.at[1], NULL, <const float*>t.at[2],
                        _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5],
                        <float*>t.at[6], n, rows, classes, <float>c.f[0], NOTHING)


def sparse_softmax_crossentropy(
    const float[:, :, ::1] logits,     # IN   (n, rows, c)
    const int[:, ::1] target,          # IN   (n, rows), the numbers of the classes
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, :, ::1] y,                # OUT  (n, rows, c)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dlogits,          # OUT  (n, rows, c) or None
    int ignored, int threads=1,
):
    """`softmax_crossentropy` for integer targets.

    A label that is no class makes its row NaN, `ignored` makes it 0.
    """
    cdef Py_ssize_t n, rows = logits.shape[1], c = logits.shape[2]
    cdef const float* x = &logits[0, 0, 0]
    cdef const int* t = &target[0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* p = &y[0, 0, 0]
    cdef float* v = &value[0, 0]
    cdef float* d = &dlogits[0, 0, 0] if dlogits is not None else NULL
    for n in prange(logits.shape[0], nogil=True, schedule="static", num_threads=threads):
        _softmax_sample(x, NULL, t, w, weights, scale[0], p, v, d, n, rows, c, 0, ignored)


cdef void _sparse_softmax_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[5]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _softmax_sample(<const float*>t.at[0], NULL, <const int*>t.at[1], <const float*>t.at[2],
                        _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5],
                        <float*>t.at[6], n, rows, classes, 0, <int>c.i[0])


# ------------------------------------------------------------------------------------ cross-entropy of probabilities

cdef inline float _clipped(float p, float low, float high) noexcept nogil:
    p = low if p < low else p
    return high if p > high else p


cdef inline float _inside(float p, float low, float high) noexcept nogil:
    """1 where `_clipped` leaves p as it is and so passes a gradient, else 0."""
    return 0 if p < low or p > high else ONE


cdef inline void _categorical_row(const float* p, const float* target, float* value, float* dp, Py_ssize_t c,
                                  float factor, float smoothing, float low, float high) noexcept nogil:
    """With q = p / sum p: value = -sum t_i log clip(q_i); dp_i = (sum of t inside - [i inside] t_i / q_i) / sum p."""
    cdef float terms[STRETCH]
    cdef float kept = ONE - smoothing, even = smoothing / c, total = dot(p, NULL, c), share = factor / total
    cdef float sum_t, q, t
    cdef double loss = 0, weight = 0
    cdef Py_ssize_t i, first = 0, count
    while first < c:
        count = min(c - first, <Py_ssize_t>STRETCH)
        for i in range(count):
            terms[i] = (target[first + i] * kept + even) * log(_clipped(p[first + i] / total, low, high))
        for i in range(count):
            loss -= terms[i]
        first += STRETCH
    value[0] = <float>loss
    if dp != NULL:
        for i in range(c):
            weight += (target[i] * kept + even) * _inside(p[i] / total, low, high)
        sum_t = <float>weight
        for i in range(c):
            q = p[i] / total
            t = (target[i] * kept + even) / q
            dp[i] = (sum_t - (0 if _inside(q, low, high) == 0 else t)) * share


cdef inline void _categorical_label(const float* p, int label, int ignored, float* value, float* dp, Py_ssize_t c,
                                    float factor, float low, float high) noexcept nogil:
    """The same for a target that is 1 at `label` and 0 elsewhere."""
    cdef bint known = 0 <= label < c
    cdef float total = dot(p, NULL, c), q = p[label] / total if known else NAN, share
    cdef Py_ssize_t i
    if label == ignored:
        _nothing(value, dp, c)
        return
    value[0] = -log(_clipped(q, low, high))
    if dp != NULL:
        share = _inside(q, low, high) * factor / total if known else NAN
        for i in range(c):
            dp[i] = share
        if known:
            dp[label] = 0 if _inside(q, low, high) == 0 else share - share / q


cdef void _categorical_sample(const float* p, const float* t, const int* labels, const float* w,
                              Py_ssize_t weights, float scale, float* v, float* d, Py_ssize_t n,
                              Py_ssize_t rows, Py_ssize_t c, float smoothing, float epsilon,
                              int ignored) noexcept nogil:
    cdef float factor, low = epsilon, high = <float>(1.0 - epsilon)
    cdef Py_ssize_t row
    for row in range(n * rows, (n + 1) * rows):
        factor = _factor(w, weights, scale, n, row)
        if labels == NULL:
            _categorical_row(p + row * c, t + row * c, v + row, d + row * c if d != NULL else NULL, c, factor,
                             smoothing, low, high)
        else:
            _categorical_label(p + row * c, labels[row], ignored, v + row, d + row * c if d != NULL else NULL, c,
                               factor, low, high)


def categorical_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    float smoothing, float epsilon, int threads=1,
):
    """value = -sum t log q over the last axis, with q = p / sum p clipped to [epsilon, 1 - epsilon].

    Clipping passes no gradient where it changes something.
    """
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _categorical_sample(x, t, NULL, w, weights, scale[0], v, d, n, rows, c, smoothing, epsilon, NOTHING)


cdef void _categorical_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _categorical_sample(<const float*>t.at[0], <const float*>t.at[1], NULL, <const float*>t.at[2],
                            _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n,
                            rows, classes, <float>c.f[0], <float>c.f[1], NOTHING)


def sparse_categorical_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const int[:, ::1] target,          # IN   (n, rows), the numbers of the classes
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    int ignored, float epsilon, int threads=1,
):
    """`categorical_crossentropy` for integer targets.

    A label that is no class makes its row NaN, `ignored` makes it 0.
    """
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const int* t = &target[0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _categorical_sample(x, NULL, t, w, weights, scale[0], v, d, n, rows, c, 0, epsilon, ignored)


cdef void _sparse_categorical_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _categorical_sample(<const float*>t.at[0], NULL, <const int*>t.at[1], <const float*>t.at[2],
                            _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n,
                            rows, classes, 0, <float>c.f[0], <int>c.i[0])


cdef void _generalized_sample(const float* p, const int* labels, const float* w, Py_ssize_t weights, float scale,
                              float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                              float q) noexcept nogil:
    cdef Py_ssize_t row, i
    cdef int label
    cdef bint known
    cdef float x
    for row in range(n * rows, (n + 1) * rows):
        label = labels[row]
        known = 0 <= label < c
        x = p[row * c + label] if known else NAN
        v[row] = (ONE - powf(x, q)) / q
        if d != NULL:
            for i in range(row * c, (row + 1) * c):
                d[i] = 0 if known else NAN
            if known:
                d[row * c + label] = -powf(x, q - ONE) * _factor(w, weights, scale, n, row)


def generalized_crossentropy(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const int[:, ::1] target,          # IN   (n, rows), the numbers of the classes
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    float q, int threads=1,
):
    """value = (1 - p^q) / q for the p of the label: cross-entropy for q -> 0, absolute error for q = 1.

    Zhang and Sabuncu, 2018. p is used as it is. A label that is no class makes its row NaN.
    """
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const int* t = &target[0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _generalized_sample(x, t, w, weights, scale[0], v, d, n, rows, c, q)


cdef void _generalized_crossentropy(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), classes = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _generalized_sample(<const float*>t.at[0], <const int*>t.at[1], <const float*>t.at[2], _size(&c.operand[2]),
                            (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows, classes,
                            <float>c.f[0])


# ------------------------------------------------------------------------------------------- means of pointwise terms

cdef inline float _sign(float x) noexcept nogil:
    """-1, 0 or 1; NaN stays."""
    return ONE if x > 0 else (-ONE if x < 0 else x)


cdef inline float _gate(float x) noexcept nogil:
    """Slope of max(x, 0): one half at 0, as two equal arguments share it."""
    return ONE if x > 0 else (0 if x < 0 else HALF_F + x)


cdef inline float _sign_below(float exponent) noexcept nogil:
    """Sign of (-1)^exponent; NaN where that is no real number."""
    return NAN if exponent != floorf(exponent) else ONE - TWO * fabsf(fmodf(exponent, TWO))


cdef inline float _above_zero(float x) noexcept nogil:
    return SMALLEST if x < SMALLEST else x


cdef inline float _binary(float t, float q) noexcept nogil:
    return -(t * log(q) + (ONE - t) * log(ONE - q))


cdef inline void _focal_terms(bint logits, const float* p, const float* target, float* term, float* d, Py_ssize_t count,
                              float kept, float even, float low, float high, float a, float b, float c,
                              float factor) noexcept nogil:
    """weight r^a times cross-entropy, where r = t (1 - q) + (1 - t) q is how wrong q is, and the slopes.

    The weight is b for the target 0, c for 1. One function in each loop: with more of them GCC keeps the loop scalar.
    """
    cdef float share[STRETCH]
    cdef float power[STRETCH]
    cdef float cross[STRETCH]
    cdef float below = _sign_below(a), q, t, r, clipped
    cdef Py_ssize_t i
    for i in range(count):
        share[i] = sigmoid(p[i]) if logits else p[i]
    for i in range(count):
        t = target[i] * kept + even
        power[i] = log(_above_zero(fabsf(t * (ONE - share[i]) + (ONE - t) * share[i])))      # so that 0^0 is 1
    for i in range(count):
        t = target[i] * kept + even
        r = t * (ONE - share[i]) + (ONE - t) * share[i]
        power[i] = (t * c + (ONE - t) * b) * exp(a * power[i]) * (below if r < 0 else ONE)
    for i in range(count):
        cross[i] = _binary(target[i] * kept + even, _clipped(share[i], low, high))
    for i in range(count):
        term[i] = power[i] * cross[i]
    if d != NULL:
        for i in range(count):
            t = target[i] * kept + even
            q = share[i]
            r = t * (ONE - q) + (ONE - t) * q
            clipped = _clipped(q, low, high)
            r = a * (ONE - TWO * t) * cross[i] / (-_above_zero(-r) if r < 0 else _above_zero(r))
            t = (clipped - t) / (clipped * (ONE - clipped)) * _inside(q, low, high)
            d[i] = power[i] * (r + t) * (q * (ONE - q) if logits else ONE) * factor


cdef inline void _terms(int kind, const float* p, const float* target, float* term, Py_ssize_t count, float kept,
                        float even, float low, float high, float a) noexcept nogil:
    """The terms of `count` elements, with targets t kept + even."""
    cdef Py_ssize_t i
    cdef float t, q, s
    if kind == BINARY:
        for i in range(count):
            t = target[i] * kept + even
            term[i] = _binary(t, _clipped(p[i], low, high))
    elif kind == BINARY_LOGITS:        # max(x, 0) - x t + log(1 + e^-|x|)
        for i in range(count):
            t = target[i] * kept + even
            q = p[i]
            term[i] = (-q * t if q < 0 else q * (ONE - t)) + softplus(-fabsf(q))
    elif kind == SQUARED:
        for i in range(count):
            t = p[i] - target[i]
            term[i] = t * t
    elif kind == ABSOLUTE:
        for i in range(count):
            term[i] = fabsf(p[i] - target[i])
    elif kind == PERCENTAGE:           # 100 |p - t| / |t|
        for i in range(count):
            q = fabsf(target[i])
            term[i] = HUNDRED * (fabsf(p[i] - target[i]) / (low if q < low else q))
    elif kind == LOGARITHMIC:          # (log(1 + p) - log(1 + t))^2
        for i in range(count):
            q = low if p[i] < low else p[i]
            t = low if target[i] < low else target[i]
            s = log(q + ONE) - log(t + ONE)
            term[i] = s * s
    elif kind == HUBER:                # e^2 / 2 up to delta, then straight on
        for i in range(count):
            t = p[i] - target[i]
            s = fabsf(t)
            term[i] = HALF_F * t * t if s <= a else a * s - HALF_F * a * a
    elif kind == LOG_COSH:             # log cosh e = |e| + log(1 + e^-2|e|) - log 2
        for i in range(count):
            s = fabsf(p[i] - target[i])
            term[i] = s + (softplus(-TWO * s) - LOG_2)
    elif kind == POISSON:
        for i in range(count):
            term[i] = p[i] - target[i] * log(p[i] + low)
    elif kind == DIVERGENCE:           # t log(t / p)
        for i in range(count):
            t = _clipped(target[i], low, ONE)
            term[i] = t * log(t / _clipped(p[i], low, ONE))
    else:
        for i in range(count):
            s = ONE - target[i] * p[i]
            s = 0 if s < 0 else s
            term[i] = s if kind == HINGE else s * s


cdef inline void _term_slopes(int kind, const float* p, const float* target, float* d, Py_ssize_t count, float kept,
                              float even, float low, float high, float a, float factor) noexcept nogil:
    """Derivatives of the terms, times `factor`."""
    cdef Py_ssize_t i
    cdef float t, q, s
    if kind == BINARY:                 # (q - t) / (q (1 - q)) inside the clipping
        for i in range(count):
            t = target[i] * kept + even
            q = p[i]
            s = (q - t) / (q * (ONE - q)) * factor
            d[i] = 0 if _inside(q, low, high) == 0 else s
    elif kind == BINARY_LOGITS:        # sigmoid(x) - t
        for i in range(count):
            t = target[i] * kept + even
            d[i] = (sigmoid(p[i]) - t) * factor
    elif kind == SQUARED:
        for i in range(count):
            d[i] = TWO * (p[i] - target[i]) * factor
    elif kind == ABSOLUTE:
        for i in range(count):
            d[i] = _sign(p[i] - target[i]) * factor
    elif kind == PERCENTAGE:
        for i in range(count):
            q = fabsf(target[i])
            d[i] = _sign(p[i] - target[i]) * (HUNDRED / (low if q < low else q)) * factor
    elif kind == LOGARITHMIC:
        for i in range(count):
            q = low if p[i] < low else p[i]
            t = low if target[i] < low else target[i]
            s = TWO * (log(q + ONE) - log(t + ONE)) / (q + ONE) * factor
            d[i] = 0 if p[i] < low else s
    elif kind == HUBER:
        for i in range(count):
            t = p[i] - target[i]
            d[i] = (t if fabsf(t) <= a else a * _sign(t)) * factor
    elif kind == LOG_COSH:
        for i in range(count):
            d[i] = tanh(p[i] - target[i]) * factor
    elif kind == POISSON:
        for i in range(count):
            d[i] = (ONE - target[i] / (p[i] + low)) * factor
    elif kind == DIVERGENCE:
        for i in range(count):
            s = -_clipped(target[i], low, ONE) / p[i] * factor
            d[i] = 0 if _inside(p[i], low, ONE) == 0 else s
    elif kind == HINGE:
        for i in range(count):
            d[i] = -target[i] * _gate(ONE - target[i] * p[i]) * factor
    else:
        for i in range(count):
            s = ONE - target[i] * p[i]
            d[i] = -TWO * target[i] * (0 if s < 0 else s) * factor


cdef void _pointwise_sample(int kind, const float* p, const float* t, const float* w, Py_ssize_t weights,
                            float scale, float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                            float smoothing, float epsilon, float a, float b, float e) noexcept nogil:
    """All terms of a sample in one run over its rows, so that short rows (c = 1) still fill vectors."""
    cdef float term[STRETCH]
    cdef Py_ssize_t width = 1 if kind == DIVERGENCE else c
    cdef float kept = ONE - smoothing, even = HALF_F * smoothing, high = <float>(1.0 - epsilon)
    cdef float factor = (_factor(w, weights, scale, n, n) if weights == 1 else scale) / width
    cdef Py_ssize_t first = n * rows * c, last = first + rows * c, row = n * rows, column = 0, count, i
    cdef double total = 0
    while first < last:
        count = min(last - first, <Py_ssize_t>STRETCH)
        if kind == FOCAL or kind == FOCAL_LOGITS:
            _focal_terms(kind == FOCAL_LOGITS, p + first, t + first, term, d + first if d != NULL else NULL, count,
                         kept, even, epsilon, high, a, b, e, factor)
        else:
            _terms(kind, p + first, t + first, term, count, kept, even, epsilon, high, a)
            if d != NULL:
                _term_slopes(kind, p + first, t + first, d + first, count, kept, even, epsilon, high, a, factor)
        for i in range(count):
            total += term[i]
            column += 1
            if column == c:
                v[row] = <float>(total / width)
                row, column, total = row + 1, 0, 0
        first += STRETCH
    if d != NULL and weights != 1:
        for row in range(n * rows, (n + 1) * rows):
            for i in range(row * c, (row + 1) * c):
                d[i] *= w[row]


def pointwise(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    int kind, float smoothing, float epsilon, float a, float b, float c, int threads=1,
):
    """value = mean over the last axis of terms of one element, by their number in `POINTWISE`, with parameters a, b, c.

    Probabilities are clipped to [epsilon, 1 - epsilon], and clipping passes no gradient where it changes something;
    the other losses keep their logarithms and quotients finite with epsilon, each as Keras does.
    """
    cdef Py_ssize_t n, rows = p.shape[1], columns = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _pointwise_sample(kind, x, t, w, weights, scale[0], v, d, n, rows, columns, smoothing, epsilon, a, b, c)


cdef void _pointwise(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), columns = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _pointwise_sample(<int>c.i[0], <const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2],
                          _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows,
                          columns, <float>c.f[0], <float>c.f[1], <float>c.f[2], <float>c.f[3], <float>c.f[4])


def signs(
    float[:, :, ::1] target,           # IN and OUT (n, rows, c)
    int threads=1,
):
    """target = 2 target - 1, if all of the batch are 0 or 1: the -1 and 1 of a hinge loss. One unit of work in all."""
    _signs_of_batch(&target[0, 0, 0], target.shape[0] * target.shape[1] * target.shape[2])


cdef void _signs_of_batch(float* t, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        if t[i] != 0 and t[i] != 1:
            return
    for i in range(size):
        t[i] = TWO * t[i] - ONE


cdef void _signs(const Call* c, const Task* t) noexcept nogil:
    _signs_of_batch(<float*>t.at[0], _size(&c.operand[0]) * t.samples)


# ------------------------------------------------------------------------------------------------------- whole rows

cdef inline void _hinge_row(const float* p, const float* t, float* value, float* d, Py_ssize_t c,
                            float factor) noexcept nogil:
    """value = max(1 + max (1 - t) p - sum t p, 0). Equal maxima share the gradient."""
    cdef float right = dot(t, p, c), wrong = -INFINITY, x, slope
    cdef Py_ssize_t i, ties = 0
    for i in range(c):
        x = (ONE - t[i]) * p[i]
        wrong = x if x > wrong else wrong
    x = wrong - right + ONE
    value[0] = 0 if x < 0 else x
    if d != NULL:
        slope = _gate(x) * factor
        for i in range(c):
            ties += (ONE - t[i]) * p[i] == wrong
        for i in range(c):
            x = ONE - t[i]
            d[i] = ((x / ties if x * p[i] == wrong else 0) - t[i]) * slope


cdef inline void _cosine_row(const float* p, const float* t, float* value, float* d, Py_ssize_t c, float factor,
                             float epsilon) noexcept nogil:
    """value = -sum (p / |p|) (t / |t|); a norm is at least epsilon, and then a constant."""
    cdef float least = epsilon * epsilon, pp = dot(p, p, c), tt = dot(t, t, c), cosine, own, other
    cdef Py_ssize_t i
    own = ONE / sqrtf(least if pp < least else pp)
    other = ONE / sqrtf(least if tt < least else tt)
    cosine = dot(p, t, c) * own * other
    value[0] = -cosine
    if d != NULL:
        cosine = 0 if pp < least else cosine
        for i in range(c):
            d[i] = (cosine * own * p[i] - other * t[i]) * own * factor


cdef inline void _shares(bint logits, const float* p, float* q, Py_ssize_t count, float top,
                         float total) noexcept nogil:
    """q = p / total, or the softmax of p."""
    cdef Py_ssize_t i
    if logits:
        for i in range(count):
            q[i] = exp(p[i] - top) / total
    else:
        for i in range(count):
            q[i] = p[i] / total


cdef inline void _focal_row(bint logits, const float* p, const float* target, float* value, float* d, Py_ssize_t c,
                            float factor, float smoothing, float low, float high, float a, float b) noexcept nogil:
    """With q = p / sum p or softmax p: value = -sum b t (1 - q)^a log q, q clipped.

    dq = b t (a (1 - q)^(a - 1) log q - (1 - q)^a / q) inside the clipping; dp = (dq - sum dq q) / sum p, of logits
    q (dq - sum dq q).
    """
    cdef float q[STRETCH]
    cdef float power[STRETCH]
    cdef float logs[STRETCH]
    cdef float kept = (ONE - smoothing) * b, even = smoothing / c * b, top = 0, total = 0, x, t
    cdef double loss = 0, mean = 0
    cdef Py_ssize_t i, first = 0, count
    if logits:
        top = largest(p, c)
        while first < c:
            count = min(c - first, <Py_ssize_t>STRETCH)
            total += exponentials(p + first, q, count, top)
            first += STRETCH
        first = 0
    else:
        total = dot(p, NULL, c)
    while first < c:
        count = min(c - first, <Py_ssize_t>STRETCH)
        _shares(logits, p + first, q, count, top, total)
        for i in range(count):
            power[i] = log(ONE - _clipped(q[i], low, high))
        for i in range(count):
            power[i] = (target[first + i] * kept + even) * exp(a * power[i])
        for i in range(count):
            logs[i] = log(_clipped(q[i], low, high))
        for i in range(count):
            loss -= power[i] * logs[i]
        if d != NULL:
            for i in range(count):
                x = _clipped(q[i], low, high)
                d[first + i] = power[i] * (a * logs[i] / (ONE - x) - ONE / x) * _inside(q[i], low, high)
            for i in range(count):
                mean += d[first + i] * q[i]
        first += STRETCH
    value[0] = <float>loss
    if d != NULL:
        t = <float>mean
        first = 0
        while first < c:
            count = min(c - first, <Py_ssize_t>STRETCH)
            if logits:
                _shares(logits, p + first, q, count, top, total)
                for i in range(count):
                    d[first + i] = q[i] * (d[first + i] - t) * factor
            else:
                for i in range(count):
                    d[first + i] = (d[first + i] - t) / total * factor
            first += STRETCH


cdef void _rowwise_sample(int kind, const float* p, const float* t, const float* w, Py_ssize_t weights,
                          float scale, float* v, float* d, Py_ssize_t n, Py_ssize_t rows, Py_ssize_t c,
                          float smoothing, float epsilon, float a, float b) noexcept nogil:
    cdef float factor, high = <float>(1.0 - epsilon)
    cdef float* slope = NULL
    cdef Py_ssize_t row
    for row in range(n * rows, (n + 1) * rows):
        factor = _factor(w, weights, scale, n, row)
        if d != NULL:
            slope = d + row * c
        if kind == CATEGORICAL_HINGE:
            _hinge_row(p + row * c, t + row * c, v + row, slope, c, factor)
        elif kind == COSINE:
            _cosine_row(p + row * c, t + row * c, v + row, slope, c, factor, epsilon)
        else:
            _focal_row(kind == CATEGORICAL_FOCAL_LOGITS, p + row * c, t + row * c, v + row, slope, c, factor,
                       smoothing, epsilon, high, a, b)


def rowwise(
    const float[:, :, ::1] p,          # IN   (n, rows, c)
    const float[:, :, ::1] target,     # IN   (n, rows, c)
    const float[:, ::1] weight,        # IN   (n, rows), (n, 1) or None
    const float[::1] scale,            # IN   (1,)
    float[:, ::1] value,               # OUT  (n, rows)
    float[:, :, ::1] dp,               # OUT  (n, rows, c) or None
    int kind, float smoothing, float epsilon, float a, float b, int threads=1,
):
    """Losses of whole rows, by their number in `ROWWISE`, with parameters a, b."""
    cdef Py_ssize_t n, rows = p.shape[1], c = p.shape[2]
    cdef const float* x = &p[0, 0, 0]
    cdef const float* t = &target[0, 0, 0]
    cdef const float* w = &weight[0, 0] if weight is not None else NULL
    cdef Py_ssize_t weights = weight.shape[1] if weight is not None else 1
    cdef float* v = &value[0, 0]
    cdef float* d = &dp[0, 0, 0] if dp is not None else NULL
    for n in prange(p.shape[0], nogil=True, schedule="static", num_threads=threads):
        _rowwise_sample(kind, x, t, w, weights, scale[0], v, d, n, rows, c, smoothing, epsilon, a, b)


cdef void _rowwise(const Call* c, const Task* t) noexcept nogil:
    cdef Py_ssize_t n, rows = _size(&c.operand[4]), columns = _size(&c.operand[0]) // rows
    for n in range(t.first, t.last):
        _rowwise_sample(<int>c.i[0], <const float*>t.at[0], <const float*>t.at[1], <const float*>t.at[2],
                        _size(&c.operand[2]), (<const float*>t.at[3])[0], <float*>t.at[4], <float*>t.at[5], n, rows,
                        columns, <float>c.f[0], <float>c.f[1], <float>c.f[2], <float>c.f[3])


CONSTANTS = {
    "NOTHING": NOTHING,
    "POINTWISE": {
        "binary_crossentropy": BINARY, "binary_crossentropy_logits": BINARY_LOGITS, "binary_focal": FOCAL,
        "binary_focal_logits": FOCAL_LOGITS, "squared": SQUARED, "absolute": ABSOLUTE, "percentage": PERCENTAGE,
        "logarithmic": LOGARITHMIC, "huber": HUBER, "log_cosh": LOG_COSH, "poisson": POISSON, "hinge": HINGE,
        "squared_hinge": SQUARED_HINGE, "kl_divergence": DIVERGENCE,
    },
    "ROWWISE": {
        "categorical_focal": CATEGORICAL_FOCAL, "categorical_focal_logits": CATEGORICAL_FOCAL_LOGITS,
        "categorical_hinge": CATEGORICAL_HINGE, "cosine_similarity": COSINE,
    },
}  # fmt: skip

# name -> (C door, what it does with each operand: r reads, w writes, u updates)
DOORS = {
    "softmax_crossentropy": (capsule(_softmax_crossentropy), "rrrrwww"),
    "sparse_softmax_crossentropy": (capsule(_sparse_softmax_crossentropy), "rrrrwww"),
    "categorical_crossentropy": (capsule(_categorical_crossentropy), "rrrrww"),
    "sparse_categorical_crossentropy": (capsule(_sparse_categorical_crossentropy), "rrrrww"),
    "generalized_crossentropy": (capsule(_generalized_crossentropy), "rrrrww"),
    "pointwise": (capsule(_pointwise), "rrrrww"),
    "rowwise": (capsule(_rowwise), "rrrrww"),
    "signs": (capsule(_signs), "u"),
}
