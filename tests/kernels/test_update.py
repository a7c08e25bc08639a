"""Gradient sums, penalties and update rules, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import update as reference

from .cases import EPSILON, ISAS, agree, fixed, group, judge, load, run_door

SIZES = (1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 3 * 4096, 3 * 4096 + 37)
RATE, RHO, TINY, KEEP = 0.05, 0.9, 1e-3, 0.8

# name -> (kernel, slots behind w and dw, None for one not given; hyper; integers)
RULES = {
    "sgd": ("sgd", "", (RATE,), ()),
    "momentum": ("momentum", "s", (RATE, KEEP), (0,)),
    "nesterov": ("momentum", "s", (RATE, KEEP), (1,)),
    "adam": ("adam", "s+-", (RATE, 0.1, 0.01, TINY), ()),
    "amsgrad": ("adam", "s++", (RATE, 0.1, 0.01, TINY), ()),
    "rmsprop": ("rmsprop", "+--", (RATE, RHO, 1 - RHO, TINY), ()),
    "rmsprop, momentum": ("rmsprop", "+s-", (RATE, RHO, 1 - RHO, TINY, KEEP), ()),
    "rmsprop, centered": ("rmsprop", "+-s", (RATE, RHO, 1 - RHO, TINY), ()),
    "rmsprop, momentum, centered": ("rmsprop", "+ss", (RATE, RHO, 1 - RHO, TINY, KEEP), ()),
    "adadelta": ("adadelta", "++", (RATE, RHO, 1 - RHO, TINY), ()),
}


@pytest.fixture(params=ISAS)
def update(request):
    return load(request.param, "update")


def blocks(update, size):
    return -(-size // update.BLOCK)


class Rule:
    """An update rule with its arrays: w, dw and the slots (`s` signed, `+` positive, `-` not given)."""

    def __init__(self, update, name, size):
        verb, slots, hyper, self.integers = RULES[name]
        rng = np.random.default_rng(size)
        self.kernel = getattr(update, verb)
        self.arrays = [rng.standard_normal(size, np.float32) for _ in range(2)]
        for sign in slots:
            slot = rng.standard_normal(size, np.float32) / 4
            # At least 1: a centered variance, average - mean**2, then loses no digits
            self.arrays.append(None if sign == "-" else slot if sign == "s" else slot**2 + 1)
        self.hyper = np.full(8, np.nan, np.float32)  # what a rule does not need, it does not read
        self.hyper[: len(hyper)] = hyper
        self.units = blocks(update, size)

    def run(self):
        """The kernel's and the reference's w and slots."""
        operands = [None if a is None else fixed(a) for a in (*self.arrays, self.hyper)]
        found = agree(self.kernel, operands, self.integers, units=self.units, per_sample=False)
        expected = judge(reference, self.kernel, operands, self.integers)
        written = [a for a, mode in zip(expected, self.kernel.modes) if a is not None and mode == "u"]
        return (found if isinstance(found, list) else [found]), written


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", RULES)
def test_rules(update, name, size):
    """All terms of a rule are of the order of 1 here, and the steps of 1/20."""
    rule = Rule(update, name, size)
    results, answers = rule.run()
    for found, expected in zip(results, answers):
        assert np.all(np.abs(found - expected) <= 4 * EPSILON * (1 + np.abs(expected)))
    assert np.median(np.abs(results[0] - rule.arrays[0])) > 10_000 * EPSILON, "a step lost in rounding tells nothing"


@pytest.mark.parametrize("name", RULES)
def test_nan_and_infinity_stay_where_they_are(update, name):
    rule = Rule(update, name, 4096 + 40)
    rule.arrays[1][[0, 4095, 4100]] = np.nan, np.inf, -np.inf
    for slot in filter(lambda a: a is not None, rule.arrays[2:]):
        slot[4110] = np.nan
    for found, expected in zip(*rule.run()):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
def test_exact_for_small_integers(update, name):
    rule = Rule(update, name, 5000)
    for array in rule.arrays:
        array[:] = np.random.default_rng(1).integers(-8, 9, array.shape)
    rule.hyper[:2] = 0.5, 0.25
    for found, expected in zip(*rule.run()):
        np.testing.assert_array_equal(found, expected)


def test_a_rule_takes_the_same_step_wherever_an_element_lies_in_a_block(update):
    """Vector loops and what is left over at their end round alike, so that padding a vector changes no weight."""
    for name in RULES:
        rule = Rule(update, name, 4096 + 39)
        for array in rule.arrays:
            if array is not None:
                array[:] = array[0]
        for found in rule.run()[0]:
            assert np.all(found == found[0]), name


# --------------------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize("groups", [1, 2, 5])
@pytest.mark.parametrize("size", SIZES)
def test_reduce_adds_in_the_order_of_the_groups(update, size, groups):
    partial = np.random.default_rng(size).standard_normal((groups, size), np.float32)
    operands = [group(partial), fixed(np.empty(size, np.float32))]
    dw = agree(update.reduce, operands, units=blocks(update, size), per_sample=False, samples=3 * groups, groups=groups)
    in_order = partial[0].copy()
    for one in partial[1:]:
        in_order += one
    np.testing.assert_array_equal(dw, in_order)
    bound = groups * EPSILON * np.abs(partial).sum(axis=0)
    assert np.all(np.abs(dw - judge(reference, update.reduce, operands)[1]) <= bound)


def test_reduce_leaves_out_groups_without_samples(update):
    """A short batch: of four groups of two samples, three hold samples. The buffers lie apart."""
    partial = np.random.default_rng(0).integers(-9, 9, (4, 100)).astype(np.float32)
    partial[3] = np.nan
    dw = np.full(50, np.nan, np.float32)
    run_door(update.reduce, [group(partial[:, :50]), fixed(dw)], (), (), 1, False, 5, 2, 2)
    np.testing.assert_array_equal(dw, partial[:3, :50].sum(axis=0))


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize(("rows", "size", "columns"), [(1, 1, 1), (9, 31, 32), (27, 65, 65), (5, 63, 64), (100, 3, 16)])
def test_reduce_rows_leaves_out_what_stands_behind_a_row(update, rows, size, columns, groups):
    partial = np.random.default_rng(rows).integers(-9, 9, (groups, rows, columns)).astype(np.float32)
    partial[:, :, size:] = np.nan
    operands = [group(partial), fixed(np.empty((rows, size), np.float32))]
    dw = agree(update.reduce_rows, operands, units=rows, per_sample=False, samples=3 * groups, groups=groups)
    np.testing.assert_array_equal(dw, partial[:, :, :size].sum(axis=0))
    np.testing.assert_array_equal(dw, judge(reference, update.reduce_rows, operands)[1])


@pytest.mark.parametrize("size", SIZES)
def test_add(update, size):
    dw, total = np.random.default_rng(size).integers(-9, 9, (2, size)).astype(np.float32)
    total[-1] = np.nan
    operands = [fixed(dw), fixed(total)]
    found = agree(update.add, operands, units=blocks(update, size), per_sample=False)
    np.testing.assert_array_equal(found, judge(reference, update.add, operands)[1])


# --------------------------------------------------------------------------------------------------- penalties


def penalize(update, w, dw, l1, l2):
    """The kernel's results, and all operands as the reference leaves them."""
    operands = [fixed(w), None if dw is None else fixed(dw), fixed(np.array([3], np.float32))]
    found = agree(update.regularize, operands, (l1, l2), units=1, per_sample=False)
    found = found if isinstance(found, list) else [None, found]
    return found, judge(reference, update.regularize, operands, (l1, l2))


@pytest.mark.parametrize("factors", [(0.01, 0.0), (0.0, 0.02), (0.03, 0.04), (0.0, 0.0)])
@pytest.mark.parametrize("size", SIZES)
def test_regularize(update, size, factors):
    rng = np.random.default_rng(size)
    w, dw = rng.standard_normal(size, np.float32), rng.standard_normal(size, np.float32)
    w[::3] = 0
    found, expected = penalize(update, w, dw, *factors)
    assert np.all(np.abs(found[0] - expected[1]) <= 3 * EPSILON * (np.abs(dw) + np.abs(w) + factors[0]))
    np.testing.assert_allclose(found[1], expected[2], rtol=EPSILON)  # summed in double: only the result is rounded
    alone, _ = penalize(update, w, None, *factors)
    np.testing.assert_array_equal(alone[1], found[1])


def test_regularize_is_exact_for_small_integers(update):
    w = np.random.default_rng(0).integers(-4, 5, 5000).astype(np.float32)
    found, expected = penalize(update, w, np.ones_like(w), 0.5, 0.25)
    np.testing.assert_array_equal(found[0], expected[1])
    np.testing.assert_array_equal(found[1], expected[2])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("factors", [(0.01, 0.0), (0.0, 0.02), (0.0, 0.0)])
def test_regularize_with_nan_and_infinity(update, value, factors):
    w, dw = np.ones(40, np.float32), np.ones(40, np.float32)
    w[[5, 38]] = value
    found, expected = penalize(update, w, dw, *factors)
    np.testing.assert_array_equal(found[0], expected[1].astype(np.float32))
    np.testing.assert_allclose(found[1], expected[2], rtol=EPSILON)
