# The seam between plans and kernels: what one emitted kernel call is (`Call`), and what a kernel gets to do of it
# at a time (`Task`). A kernel's C door is a function of these two; it allocates, decides and raises nothing.
#
#   plan      Call: door, operands (where they lie, and how they move), integers, reals, how many units of work
#   executor  Task: the operands' addresses for these samples, this thread and this group, and the units [first, last)
#   kernel    loops over [first, last) of memory that somebody else owns

cdef enum:
    OPERANDS = 12
    DIMENSIONS = 6
    INTEGERS = 20
    REALS = 8

cdef struct Operand:
    int region                       # which piece of memory; -1: none was given, its address is NULL
    Py_ssize_t offset                # bytes from the region's beginning
    Py_ssize_t per_sample            # bytes from one sample to the next; 0: the same for all samples
    Py_ssize_t per_thread            # bytes from one thread's copy to the next
    Py_ssize_t per_group             # bytes from one group's partial result to the next
    Py_ssize_t shape[DIMENSIONS]     # of one sample (no sample axis), or of the whole operand

cdef struct Task:
    char* at[OPERANDS]               # the operands, moved to this task's first sample, thread and group
    Py_ssize_t first, last           # units of work to do, counted from these addresses
    Py_ssize_t samples               # samples behind these addresses
    Py_ssize_t sample                # place in the batch of the first of them
    Py_ssize_t groups                # groups of this batch that hold samples
    bint fresh                       # the first task of its group: a partial result starts from zero

cdef struct Call
ctypedef void (*Door)(const Call*, const Task*) noexcept nogil

cdef struct Call:
    Door door
    int operands
    Operand operand[OPERANDS]
    Py_ssize_t i[INTEGERS]           # the call's integers, in the order of the Python door
    double f[REALS]                  # the call's reals, likewise
    Py_ssize_t units                 # units of work of one sample (per_sample), or of the call
    bint per_sample
    Py_ssize_t cost                  # about how long a unit takes, beside those of other calls


cdef extern from "Python.h":
    object PyCapsule_New(void* pointer, const char* name, void* destructor)

cdef inline object capsule(Door door):
    """A C door as a Python object, for a kernel module's table `DOORS`."""
    return PyCapsule_New(<void*>door, "cycnn.door", NULL)
