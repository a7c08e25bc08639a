"""Functions that call functions: conditions, loops, scans. They run as they stand, on whatever the functions take.

On symbolic tensors, `cond`, `switch` and the loops record what the functions do, so what decides must be known then: a
number, not a tensor of the graph (`where` chooses by those). `map` and `vectorized_map` go through the samples.
"""

import builtins

import numpy as np

from cycnn.core import checks, structure
from cycnn.engine.graph import SymbolicTensor
from cycnn.ops import shaping, symbolic, tape
from cycnn.ops.dtypes import FLOAT
from cycnn.ops.primitive import composite, constant
from cycnn.ops.symbolic import Expression, Whole

# ------------------------------------------------------------------------------------------------------ branches


def _decided(value, name, instead):
    """A value that decides what is recorded."""
    if isinstance(value, (SymbolicTensor, Whole, Expression)) or symbolic.waits((value,)):
        raise TypeError(
            f"`{name}` must be known when a model is made, and a tensor or weight of it is not: {instead}. "
            f"Received: {value!r}."
        )
    return value


def cond(pred, true_fn, false_fn):
    """What one of two functions without arguments returns.

    Args:
        pred: a truth value.
        true_fn, false_fn: called if it holds, or if it does not.

    Raises:
        TypeError: `pred` is a symbolic tensor.
    """
    return true_fn() if bool(_decided(pred, "pred", "`ops.where` chooses by its elements")) else false_fn()


def switch(index, branches, *operands):
    """What one of several functions returns.

    Args:
        index: its number, held within those that there are.
        branches: list of functions.
        operands: their arguments.
    """
    index = int(_decided(index, "index", "compute all branches, and choose by `ops.where`"))
    return branches[min(max(index, 0), len(branches) - 1)](*operands)


# --------------------------------------------------------------------------------------------------------- loops


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Call a function on its own results as long as a condition holds.

    Args:
        cond: function of the variables that returns a truth value.
        body: function of the variables that returns as many.
        loop_vars: their first values; one, or a tuple or list.
        maximum_iterations: integer, or None for any number.

    Returns:
        The last values: one, or a tuple.
    """
    one = not isinstance(loop_vars, (tuple, list))
    values = tuple(builtins.map(_tensor, (loop_vars,) if one else loop_vars))
    count = 0
    while maximum_iterations is None or count < maximum_iterations:
        if not bool(_decided(cond(*values), "cond", "loop a number of times")):
            break
        found = body(*values)
        values = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        count += 1
    return values[0] if one else values


def fori_loop(lower, upper, body_fun, init_val):
    """Call a function on its own result for each of some numbers.

    Args:
        lower, upper: the first number, and the one behind the last.
        body_fun: `body_fun(number, value)` → the next value.
        init_val: the first value.
    """
    value = init_val
    for number in range(
        int(_decided(lower, "lower", "loop a number of times")), int(_decided(upper, "upper", "loop a number of times"))
    ):
        value = body_fun(number, value)
    return value


def _tensor(x):
    return x if isinstance(x, Expression) else shaping.convert_to_tensor(x)


# --------------------------------------------------------------------------------------------------------- scans


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Go along the first axis, handing a value on.

    Args:
        f: `f(carry, x)` → `(carry, y)`; x is a slice of `xs`.
        init: the first value that is handed on.
        xs: arrays, in any structure, or None.
        length: how many steps; as many as slices where it is None.
        reverse: whether to begin with the last slice.
        unroll: accepted: an integer or a boolean.

    Returns:
        `(carry, ys)`: the last value handed on, and all y, stacked in the order of the slices.
    """
    if not callable(f):
        raise TypeError(f"`f` must be a function. Received: f={f!r}.")
    if not isinstance(unroll, bool):
        checks.positive_int("unroll", unroll)
    leaves = [_tensor(leaf) for leaf in structure.flatten(xs)] if xs is not None else []
    if length is None and not leaves:
        raise ValueError("`scan` needs `xs` or `length`. Received: neither.")
    count = int(length) if length is not None else shaping.shape(leaves[0])[0]
    carry, ys = structure.map_leaves(_tensor, init), []
    for k in reversed(range(count)) if reverse else range(count):
        carry, y = f(carry, structure.pack(xs, [leaf[k] for leaf in leaves]) if leaves else None)
        ys.append(structure.map_leaves(shaping.zeros_like, init) if y is None else y)
    return carry, _stacked(ys[::-1] if reverse else ys)


def _stacked(ys):
    """Results of one structure, their leaves stacked along a new first axis."""
    leaves = [structure.flatten(y) for y in ys]
    return structure.pack(ys[0], [shaping.stack(parts) for parts in zip(*leaves, strict=True)])


def associative_scan(f, elems, reverse=False, axis=0):
    """All partial results of an associative function along an axis, in about 2 log₂(n) calls.

    Blelloch, "Prefix sums and their applications" (1990).

    Args:
        f: `f(a, b)`, called with many neighbours at once; of the structure of `elems`.
        elems: arrays, in any structure.
        reverse: whether to begin at the end.
        axis: integer.
    """
    if not callable(f):
        raise TypeError(f"`f` must be a function. Received: f={f!r}.")
    leaves = [_tensor(leaf) for leaf in structure.flatten(elems)]
    lengths = {shaping.shape(leaf)[axis] for leaf in leaves}
    if len(lengths) != 1:
        raise ValueError(f"`elems` must have one length along axis {axis}. Received: lengths {sorted(lengths)}.")

    def part(xs, *bounds):
        key = (*[slice(None)] * (axis % shaping.ndim(xs[0])), slice(*bounds))
        return [shaping.get_item(x, key) for x in xs]

    def joined(a, b):
        return structure.flatten(f(structure.pack(elems, a), structure.pack(elems, b)))

    def partial_results(xs):
        count = shaping.shape(xs[0])[axis]
        if count < 2:
            return xs
        odd = partial_results(joined(part(xs, 0, count - 1, 2), part(xs, 1, None, 2)))
        even = part(xs, 0, 1)
        if count > 2:
            more = joined(part(odd, 0, (count - 1) // 2), part(xs, 2, None, 2))
            even = [shaping.concatenate(pair, axis) for pair in zip(even, more)]
        order = np.argsort(np.r_[np.arange(0, count, 2), np.arange(1, count, 2)])
        return [shaping.take(shaping.concatenate(pair, axis), order, axis) for pair in zip(even, odd)]

    turned = [shaping.flip(leaf, axis) for leaf in leaves] if reverse else leaves
    found = partial_results(turned)
    return structure.pack(elems, [shaping.flip(y, axis) for y in found] if reverse else found)


@composite
def map(f, xs):  # noqa: A001
    """A function of each slice along the first axis, the results stacked.

    Args:
        f: function of one slice of each array.
        xs: arrays, in any structure.
    """
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


def vectorized_map(function, elements):
    """A function of each slice along the first axis, the results stacked. Arguments as in `map`."""
    return map(function, elements)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of numbers as one of arrays, whose shapes are broadcast.

    Args:
        pyfunc: function.
        excluded: places and names of arguments that are handed on as they are.
        signature: `"(n),(n)->()"`: the last axes that the function takes and returns; none where it is None.

    Returns:
        A function.
    """
    if not callable(pyfunc):
        raise TypeError(f"`pyfunc` must be a function. Received: pyfunc={pyfunc!r}.")
    excluded = set(excluded or ())
    ranks = None
    if signature is not None:
        ranks = [len(term.replace("(", "").split(",")) if len(term) > 1 else 0 for term in _terms(signature)]

    def call(*args, **kwargs):
        places = [k for k in range(len(args)) if k not in excluded]
        names = [name for name in kwargs if name not in excluded]
        given = [_tensor(x) for x in (*(args[k] for k in places), *(kwargs[name] for name in names))]
        own = [ranks[k] if ranks else 0 for k in range(len(given))]
        heads = [shaping.shape(x)[: shaping.ndim(x) - rank] for x, rank in zip(given, own)]
        whole = np.broadcast_shapes(*heads)
        tails = [shaping.shape(x)[shaping.ndim(x) - rank :] for x, rank in zip(given, own)]
        rows = [shaping.reshape(shaping.broadcast_to(x, (*whole, *tail)), (-1, *tail)) for x, tail in zip(given, tails)]

        def one(values):
            by_place, by_name = list(args), dict(kwargs)
            for k, value in zip(places, values):
                by_place[k] = value
            by_name.update(zip(names, values[len(places) :]))
            return pyfunc(*by_place, **by_name)

        found = map(one, tuple(rows))
        return structure.map_leaves(lambda y: shaping.reshape(y, (*whole, *shaping.shape(y)[1:])), found)

    return call


def _terms(signature):
    """What stands in the brackets on the left side: `"(n),(n,m)->(m)"` → `["(n", "(n,m"]`."""
    inputs, arrow, output = signature.replace(" ", "").partition("->")
    if not (arrow and inputs.startswith("(") and inputs.endswith(")") and output):
        raise ValueError(f"`signature` must be written like '(n),(n,m)->(m)'. Received: signature={signature!r}.")
    return inputs[:-1].split("),")


# ---------------------------------------------------------------------------------------------------- derivatives


def jvp(fun, primals, tangents, has_aux=False):
    """The value of a function, and how it changes along a direction: its Jacobian times a vector.

    The Jacobian's rows come from a tape, one walk back for each number of the value.

    Args:
        fun: function of arrays that returns one; with `has_aux`, `(value, more)`.
        primals: list of arrays: where.
        tangents: list of arrays of their shapes: the direction.
        has_aux: whether the function returns more than is differentiated.

    Returns:
        `(value, change)`, and `more` with `has_aux`: arrays.
    """
    arrays = [constant(x, "primals") for x in primals]
    directions = [constant(t, "tangents").astype(np.float64) for t in tangents]
    if [x.shape for x in arrays] != [t.shape for t in directions]:
        raise ValueError(
            "`tangents` must have the shapes of `primals`. "
            f"Received: shapes {[t.shape for t in directions]} and {[x.shape for x in arrays]}."
        )
    more = []

    def first(*xs):
        found = fun(*xs)
        if has_aux:
            more[:] = [structure.map_leaves(tape.value_of, found[1])]
        return found[0] if has_aux else found

    value, pullback = tape.vjp(first, arrays)
    change = np.empty(value.size, FLOAT)
    for k in range(value.size):
        seed = np.zeros(value.size, value.dtype)
        seed[k] = 1
        gradients, _ = pullback(seed.reshape(value.shape))
        change[k] = sum(np.sum(g * t) for g, t in zip(gradients, directions))
    return (value, change.reshape(value.shape).astype(value.dtype), *more)
