"""The judge of the kernels: the same functions in plain float64 NumPy, slow and obvious.

Every family of `cycnn.kernels` has a module of its name here, and every kernel a function of its name with the
arguments of its Python door in the same order: inputs, outputs, workspace, geometry, threads. So one list of
arguments tries both:

    kernels.pool.max_forward(x, y, argmax, 2, 2, 2, 2, 0, 0, True, threads)      the kernel
    reference.pool.max_forward(x, y, argmax, 2, 2, 2, 2, 0, 0, True)             its judge

What differs is what only a fast kernel needs:

- Outputs may be of any floating type; a result is worked out in float64 and rounded once, when it is stored.
- Packed weights are the plain ones: `pack` copies, and a `packed` argument is a kernel as the user sees it.
- Every parameter is allowed, also where a kernel asks its caller for padding or alignment.
- `threads` is accepted and changes nothing.

Who judges the judge: finite differences and independent definitions do, in `tests/reference`. Nothing that trains or
predicts imports this package.

    conv  depthwise  grouped  gemm  pool  pooled  winners  norm  elementwise  loss  update  gather  layout  merge  image
                                                                    one module each, imported when asked for

`winograd` has none of its own: it computes what `conv` computes, and `conv` judges it.
"""

import importlib

from cycnn.kernels import FAMILIES


def __getattr__(name):
    if name in FAMILIES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
