# Hints to the processor about memory that is wanted soon. They change no result, and may point anywhere.

cdef extern from *:
    """
    #ifdef __GNUC__
    #define cycnn_prefetch(at) __builtin_prefetch(at)
    #define cycnn_prefetch_far(at) __builtin_prefetch(at, 0, 2)
    #else
    #define cycnn_prefetch(at)
    #define cycnn_prefetch_far(at)
    #endif
    """
    void prefetch "cycnn_prefetch" (const float* at) noexcept nogil
    void prefetch_far "cycnn_prefetch_far" (const float* at) noexcept nogil  # into the second-level cache
