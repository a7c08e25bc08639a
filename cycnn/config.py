"""What holds for the whole process: number type, image layout, threads, seed, data folder.

Everything may read this module; of cycnn it imports only `kernels` and the version, and those inside functions, so that
importing it costs nothing and starts no thread.
"""

import itertools
import operator
import os
from contextlib import contextmanager
from functools import lru_cache

__all__ = [
    "DTypePolicy",
    "backend",
    "data_home",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "epsilon",
    "fast_convolutions",
    "floatx",
    "get_num_threads",
    "image_data_format",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "seed",
    "set_dtype_policy",
    "set_epsilon",
    "set_fast_convolutions",
    "set_floatx",
    "set_image_data_format",
    "set_num_threads",
    "set_seed",
    "show_config",
]

_epsilon = 1e-7
_image_data_format = "channels_last"


# Numbers and layout --------------------------------------------------------------------------------------------------


def floatx():
    """The floating point type of weights and activations: always `"float32"`."""
    return "float32"


def set_floatx(value):
    """Accept `"float32"`, the one type that the kernels compute in.

    Args:
        value: String.

    Raises:
        ValueError: For any other type.
    """
    if value != "float32":
        raise ValueError(f"cycnn computes in float32 only, so `floatx` must be 'float32'. Received: floatx={value!r}.")


def backend():
    """The name of the library that computes: always `"cycnn"`."""
    return "cycnn"


class DTypePolicy:
    """What a layer computes in and keeps its weights in: float32.

    Args:
        name: `"float32"`; None: the global policy.

    Raises:
        TypeError: another kind of argument.
        ValueError: another type: mixed precision and quantization save nothing where kernels know float32 alone.
    """

    compute_dtype = variable_dtype = "float32"
    quantization_mode = None

    def __init__(self, name=None):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`name` must be a string. Received: name={name!r}.")
        if name not in (None, "float32"):
            raise ValueError(f"cycnn computes in float32 only, so a policy must be 'float32'. Received: name={name!r}.")
        self.name = "float32"

    def get_config(self):
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy)

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


def dtype_policy():
    """The policy of layers that are made without one: float32."""
    return DTypePolicy()


def set_dtype_policy(policy):
    """Accept the one policy there is.

    Args:
        policy: `"float32"`, or a `DTypePolicy`.

    Raises:
        ValueError: any other.
    """
    if not isinstance(policy, DTypePolicy):
        DTypePolicy(policy)


def epsilon():
    """The small number that keeps divisions and logarithms finite: 1e-7 unless set otherwise."""
    return _epsilon


def set_epsilon(value):
    """Set the number that `epsilon()` returns.

    Args:
        value: Positive float.
    """
    global _epsilon
    try:
        number = 0.0 if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise ValueError(f"`epsilon` must be a positive number. Received: epsilon={value!r}.")
    _epsilon = number


def image_data_format():
    """The layout of images where a layer does not name one: `"channels_last"` unless set otherwise."""
    return _image_data_format


def set_image_data_format(data_format):
    """Set the layout of images for layers that are made from now on.

    Args:
        data_format: `"channels_last"` (height, width, channels) or `"channels_first"` (channels, height, width; slower,
            because layers transpose at their borders).
    """
    global _image_data_format
    wanted = str(data_format).lower()
    if wanted not in ("channels_last", "channels_first"):
        raise ValueError(
            f"`data_format` must be 'channels_last' or 'channels_first'. Received: data_format={data_format!r}."
        )
    _image_data_format = wanted


_fast_convolutions = True


def fast_convolutions():
    """Whether convolutions may use algorithms with less work whose rounding is another: yes unless set otherwise."""
    return _fast_convolutions


def set_fast_convolutions(allowed):
    """Allow or forbid what changes a convolution's rounding. Either way is the same on any number of threads.

    - Winograd's algorithm for 3x3 convolutions needs 2.25 to 4.6 times fewer products. Its results differ from the exact
      ones by at most about 1e-5 of the largest output, where the direct way's differ by 2e-6.
    - For prediction, a batch normalization behind a convolution or a dense layer goes into its weights. That rounds each
      weight once more: results differ by about as much as those of another order of summation.

    Args:
        allowed: Boolean.
    """
    global _fast_convolutions
    if not isinstance(allowed, bool):
        raise ValueError(f"`allowed` must be True or False. Received: allowed={allowed!r}.")
    _fast_convolutions = allowed


# What is printed -----------------------------------------------------------------------------------------------------

_interactive = True


def is_interactive_logging_enabled():
    """Whether `verbose="auto"` may draw a live line: yes unless set otherwise."""
    return _interactive


def enable_interactive_logging():
    """Let `verbose="auto"` draw a live line where somebody may watch it."""
    global _interactive
    _interactive = True


def disable_interactive_logging():
    """Let `verbose="auto"` print one plain line for each epoch."""
    global _interactive
    _interactive = False


def is_traceback_filtering_enabled():
    """Whether tracebacks leave out cycnn's own lines: never."""
    return False


def enable_traceback_filtering():
    """Accepted for programs that call it: tracebacks are complete and short."""


def disable_traceback_filtering():
    """Accepted for programs that call it: tracebacks are not filtered."""


# Threads -------------------------------------------------------------------------------------------------------------

MOST_THREADS = 256  # libgomp ends the process when it cannot start a thread: stay far from any system's limit

_threads = None  # what set_num_threads asked for; None: the default
_openmp_then = 0  # what OpenMP allowed when it was asked
_went_parallel = False  # a parallel region has run in this process
_forked = False  # this process was forked from one where that was so


def get_num_threads():
    """How many threads a run uses at most, asked at this moment.

    The default is the number of CPUs that this process may use (affinity and cgroup quota), at most what OpenMP allows:
    `OMP_NUM_THREADS` and `threadpoolctl.threadpool_limits` are obeyed. A number given to `set_num_threads` overrides
    the limits in force when it was given; a limit set later is obeyed again.

    Returns:
        Positive integer. It is 1 in a process that was forked after a parallel run, where OpenMP would hang.
    """
    executor = _executor()
    if _forked or not executor.openmp():
        return 1
    allowed = executor.max_threads()
    if _threads is None:
        return max(1, min(_cpus(), allowed))
    return _threads if allowed >= _openmp_then else min(_threads, allowed)


def set_num_threads(num_threads):
    """Set how many threads a run uses at most. Results do not depend on it, bit for bit.

    Args:
        num_threads: Positive integer, or `None` for the default (see `get_num_threads`).

    Raises:
        ValueError: If it is neither.
    """
    global _threads, _openmp_then
    if num_threads is not None:
        try:
            wanted = 0 if isinstance(num_threads, bool) else operator.index(num_threads)
        except TypeError:
            wanted = 0
        most = max(MOST_THREADS, os.cpu_count() or 1)
        if not 1 <= wanted <= most:
            raise ValueError(
                f"`num_threads` must be an integer from 1 to {most}, or None for the default. "
                f"Received: num_threads={num_threads!r}."
            )
        num_threads = wanted
    _threads, _openmp_then = num_threads, _executor().max_threads()


@lru_cache(maxsize=1)
def _executor():
    """The module that knows OpenMP; `import` asks for locks each time, and this is asked in every run."""
    from cycnn.kernels import executor

    return executor


def mark_parallel():
    """Called after a run on several threads: from now on a forked child has to stay on one."""
    global _went_parallel
    _went_parallel = True


def _after_fork():
    global _forked, _root
    # The child holds libgomp's record of a team whose threads it did not inherit, and would wait for them forever.
    _forked = _forked or _went_parallel
    # Workers that nobody seeded must not all draw the same numbers.
    _root = _seed


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _cpus():
    """CPUs that this process may use."""
    try:
        affinity = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        affinity = os.cpu_count() or 1
    quota = _cgroup_quota()
    # Rounded down: threads that spin at a barrier while the group is throttled cost more than a part of a CPU brings.
    return affinity if quota is None else max(1, min(affinity, int(quota)))


@lru_cache(maxsize=1)
def _cgroup_quota(process="/proc/self"):
    """CPUs' worth of time that the control groups of this process allow, versions 1 and 2; None where unlimited."""
    try:
        with open(f"{process}/cgroup") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
        with open(f"{process}/mountinfo") as file:
            mounts = [line.split() for line in file]
    except (OSError, UnicodeDecodeError):
        return None
    quotas = []
    for mount in mounts:
        # number, parent, device, root, mount point, options, optional fields..., "-", type, source, options
        separator = mount.index("-", 6) if "-" in mount[6:] else len(mount)
        if len(mount) < separator + 4:
            continue
        root, point = mount[3:5]
        kind, options = mount[separator + 1], mount[separator + 3]
        for _, controllers, path in (group for group in groups if len(group) == 3):
            second = kind == "cgroup2" and controllers == ""
            first = kind == "cgroup" and "cpu" in options.split(",") and "cpu" in controllers.split(",")
            if first or second:
                quotas += _quotas_upwards(point, os.path.relpath(path, root), _quota_2 if second else _quota_1)
    return min(quotas, default=None)


def _quotas_upwards(point, path, read):
    """The limits of a group and of those that hold it, up to the mount point: the least one binds."""
    parts = [] if path.startswith("..") or path == "." else path.split("/")
    for depth in range(len(parts), -1, -1):
        try:
            quota, period = read(os.path.join(point, *parts[:depth]))
            if quota > 0 and period > 0:
                yield quota / period
        except (OSError, ValueError):  # no such group from in here, no such controller, "max"
            continue


def _quota_1(folder):
    with open(f"{folder}/cpu.cfs_quota_us") as quota, open(f"{folder}/cpu.cfs_period_us") as period:
        return int(quota.read()), int(period.read())


def _quota_2(folder):
    with open(f"{folder}/cpu.max") as file:
        quota, period = file.read().split()
    return int(quota), int(period)


# Random numbers ------------------------------------------------------------------------------------------------------

_seed = None
_root, _draws = None, itertools.count()


def seed():
    """The seed that `utils.set_random_seed` set, or `None`."""
    return _seed


def set_seed(value):
    """Start cycnn's own random numbers over (`utils.set_random_seed` calls this, and sets Python's and NumPy's too).

    Args:
        value: Integer, or `None` for numbers that nobody can predict.
    """
    global _seed, _root, _draws
    if value is not None:
        try:
            value = operator.index(value)
        except TypeError:
            raise ValueError(f"`seed` must be an integer or None. Received: seed={value!r}.") from None
    _seed = _root = value
    _draws = itertools.count()


@contextmanager
def seeded(value):
    """Within this scope, random numbers follow from a seed of its own; behind it they go on as before.

    Args:
        value: Integer.
    """
    global _seed, _root, _draws
    before = _seed, _root, _draws
    set_seed(value)
    try:
        yield
    finally:
        _seed, _root, _draws = before


def next_draw():
    """A pair of integers (seed, position) that no other call gets: `core.random` makes numbers of it."""
    global _root
    if _root is None:
        _root = int.from_bytes(os.urandom(8), "little")
    return _root, next(_draws)


# Files ---------------------------------------------------------------------------------------------------------------


def data_home():
    """The folder of data sets and downloads: `$CYCNN_HOME`, else `~/.cache/cycnn`. It need not exist yet."""
    return os.path.expanduser(os.environ.get("CYCNN_HOME") or os.path.join("~", ".cache", "cycnn"))


# The whole picture ---------------------------------------------------------------------------------------------------


_PACKAGES = (  # that cycnn uses, or hands over to, where they are installed
    "numpy", "threadpoolctl", "h5py", "pillow", "matplotlib", "scikit-learn", "scipy", "onnx", "onnxruntime", "tensorboard",
)  # fmt: skip
_PREFIXES = ("CYCNN_", "OMP_", "GOMP_", "KMP_")  # of environment variables that change what cycnn does


def show_config(mode="stdout"):
    """Print what a bug report needs: versions, processor, kernels, threads, settings, environment.

    Args:
        mode: `"stdout"` prints, `"dicts"` returns the same as a dictionary of dictionaries, as NumPy's does.

    Raises:
        ValueError: `mode` is neither.

    Example:

    ```python
    >>> cycnn.show_config()
    cycnn
        version               0.1.0
        folder                /usr/lib/python3.11/site-packages/cycnn
    Python
        version               3.11.7 (CPython)
    ...
    ```
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"`mode` must be 'stdout' or 'dicts'. Received: mode={mode!r}.")
    found = _describe()
    if mode == "dicts":
        return found
    width = max(len(name) for group in found.values() for name in group) + 2
    for title, group in found.items():
        print(title)
        for name, value in group.items():
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            print(f"    {name:{width}}{text}")
    return None


def _describe():
    import platform
    import sys

    from cycnn._version import __version__

    return {
        "cycnn": {"version": __version__, "folder": os.path.dirname(os.path.abspath(__file__))},
        "Python": {
            "version": f"{platform.python_version()} ({platform.python_implementation()})",
            "executable": sys.executable,
            "platform": platform.platform(),
        },
        "processor": {
            "name": _processor(),
            "CPUs": os.cpu_count(),
            "CPUs allowed": _cpus(),
            "CPU quota": _cgroup_quota(),
        },
        "kernels": _describe_kernels(),
        "settings": {
            "floatx": floatx(),
            "epsilon": epsilon(),
            "image_data_format": image_data_format(),
            "fast_convolutions": fast_convolutions(),
            "seed": seed(),
            "data_home": data_home(),
        },
        "packages": {name: _installed(name) for name in _PACKAGES},
        "environment": {name: os.environ[name] for name in sorted(os.environ) if name.startswith(_PREFIXES)},
    }


def _describe_kernels():
    try:
        from cycnn import kernels
        from cycnn.kernels import executor
        from cycnn.kernels.cpu import compiler, supported
    except ImportError as error:  # an unknown CYCNN_ISA, a build that is missing
        return {"not loaded": str(error)}
    name, optimized, fast_math = compiler()
    return {
        "loaded": kernels.ISA,
        "available": supported(),
        "compiler": name,
        "optimized": optimized,
        "fast_math": fast_math,
        "OpenMP": executor.openmp(),
        "OpenMP threads": executor.max_threads(),
        "threads": get_num_threads(),
        "forked while parallel": _forked,
    }


def _installed(package):
    """The version of a package, which is not imported for it; None where there is none."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor():
    """The processor's name, as far as the system tells."""
    import platform

    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def __getattr__(name):
    import difflib  # `core.checks`, which does this for the other packages, stands above

    near = difflib.get_close_matches(name, __all__, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(__all__)}."
    raise AttributeError(f"Unknown name in `cycnn.config`. {hint} Received: {name!r}.")
