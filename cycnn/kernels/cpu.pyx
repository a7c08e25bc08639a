"""Which instruction sets this processor *and* this operating system allow."""

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
    /* libgcc asks CPUID for the instructions and XGETBV for the registers that the operating system saves. */
    static int cycnn_avx2(void) {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    static int cycnn_avx512(void) {
        return cycnn_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    }
    #else
    static int cycnn_avx2(void) { return 0; }
    static int cycnn_avx512(void) { return 0; }
    #endif
    """
    int cycnn_avx2()
    int cycnn_avx512()


def supported():
    """Names of the builds that can run here, slowest first."""
    return ["baseline"] + ["avx2"] * bool(cycnn_avx2()) + ["avx512"] * bool(cycnn_avx512())
