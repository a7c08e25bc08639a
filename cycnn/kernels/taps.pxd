# The taps of a window that reach a given position: what an input gradient adds up.
#
# Along one axis, output o sees the input at position o * stride + k * dilation for each of the window's taps k. So a
# position is seen by those k for which (position - k * dilation) / stride is a whole number o:
#
#   stride 2, 3 taps, position 4 (even):   k = 0 from o = 2, k = 2 from o = 1
#                     position 5 (odd):    k = 1 from o = 2

cdef struct Taps:
    # The taps of one axis that reach a given input position: kernel index first, first + step, ... (count of them),
    # seen from output positions place, place - move, ...
    Py_ssize_t first, step, count, place, move


cdef inline Py_ssize_t _gcd(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    while b:
        a, b = b, a % b
    return a


cdef inline Taps taps_of(Py_ssize_t position, Py_ssize_t size, Py_ssize_t stride, Py_ssize_t dilation) noexcept nogil:
    """k with position = o * stride + k * dilation for a whole o, which may lie outside the output."""
    cdef Py_ssize_t common = _gcd(stride, dilation)
    cdef Taps t
    t.step, t.move, t.first, t.count, t.place = stride // common, dilation // common, 0, 0, 0
    if position % common:
        return t
    while t.first < size and (position - t.first * dilation) % stride:
        t.first += 1
    if t.first >= size or t.first >= t.step:
        return t
    t.count = (size - t.first + t.step - 1) // t.step
    t.place = (position - t.first * dilation) // stride  # exact, so negative places are right as well
    return t


cdef inline Taps within(Taps t, Py_ssize_t size) noexcept nogil:
    """Those of the taps that look into an output of this size."""
    cdef Py_ssize_t skip
    if t.count > 0 and t.place >= size:
        skip = min(t.count, (t.place - size) // t.move + 1)
        t.first += skip * t.step
        t.place -= skip * t.move
        t.count -= skip
    t.count = min(t.count, t.place // t.move + 1) if t.count > 0 and t.place >= 0 else 0
    return t
