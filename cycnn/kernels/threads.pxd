# OpenMP's few words, and what they mean in a build without OpenMP.

cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #define CYCNN_OPENMP 1
    #else
    #include <time.h>
    #define CYCNN_OPENMP 0
    static int omp_get_thread_num(void) { return 0; }
    static int omp_get_num_threads(void) { return 1; }
    static int omp_get_max_threads(void) { return 1; }
    static int omp_get_thread_limit(void) { return 1; }
    static double omp_get_wtime(void) { return (double)clock() / CLOCKS_PER_SEC; }
    #endif
    #ifdef _MSC_VER
    #include <intrin.h>
    #include <windows.h>
    static int cycnn_fetch_and_increment(int* n) { return _InterlockedExchangeAdd((volatile long*)n, 1); }
    static int cycnn_acquire(int* n) { return _InterlockedExchangeAdd((volatile long*)n, 0); }
    static void cycnn_give_way(void) { SwitchToThread(); }
    #else
    #include <sched.h>
    static int cycnn_fetch_and_increment(int* n) { return __atomic_fetch_add(n, 1, __ATOMIC_ACQ_REL); }
    static int cycnn_acquire(int* n) { return __atomic_load_n(n, __ATOMIC_ACQUIRE); }
    static void cycnn_give_way(void) { sched_yield(); }
    #endif
    #if defined(__x86_64__) || defined(__i386__)
    static void cycnn_pause(void) { __builtin_ia32_pause(); }
    #else
    static void cycnn_pause(void) { }
    #endif
    """
    enum: CYCNN_OPENMP
    int omp_get_thread_num() noexcept nogil
    int omp_get_num_threads() noexcept nogil
    int omp_get_max_threads() noexcept nogil
    int omp_get_thread_limit() noexcept nogil
    double omp_get_wtime() noexcept nogil
    int fetch_and_increment "cycnn_fetch_and_increment" (int* n) noexcept nogil  # one thread at a time; what was there
    int acquire "cycnn_acquire" (int* n) noexcept nogil   # what others wrote before they counted, is seen behind it
    void pause "cycnn_pause" () noexcept nogil
    void give_way "cycnn_give_way" () noexcept nogil      # the core, to other threads
