"""Gradient sums, penalties and update rules, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import update as reference

from .cases import EPSILON, ISAS, agree, fixed, group, judge, load, run_door

SIZES = (1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 3 * 4096, 3 * 4096 + 37)
RATE, RHO, TINY, KEEP = 0.05, 0.9, 1e-3, 0.8

# name -> (rule, slots: `s` signed, `+` positive, `-` not given; the rule's numbers)
RULES = {
    "sgd": ("sgd", "---", (RATE,)),
    "momentum": ("momentum", "s--", (RATE, KEEP)),
    "nesterov": ("nesterov", "s--", (RATE, KEEP)),
    "adam": ("adam", "s+-", (RATE, 0.1, 0.01, TINY)),
    "amsgrad": ("adam", "s++", (RATE, 0.1, 0.01, TINY)),
    "adamax": ("adamax", "s+-", (RATE, 0.1, 0.7, TINY)),
    "nadam": ("nadam", "s+-", (RATE, 0.1, 0.01, TINY, 0.9, 0.6, 1.3)),
    "rmsprop": ("rmsprop", "+--", (RATE, RHO, 1 - RHO, TINY)),
    "rmsprop, momentum": ("rmsprop", "+s-", (RATE, RHO, 1 - RHO, TINY, KEEP)),
    "rmsprop, centered": ("rmsprop", "+-s", (RATE, RHO, 1 - RHO, TINY)),
    "rmsprop, momentum, centered": ("rmsprop", "+ss", (RATE, RHO, 1 - RHO, TINY, KEEP)),
    "adagrad": ("adagrad", "+--", (RATE, TINY)),
    "adadelta": ("adadelta", "++-", (RATE, RHO, 1 - RHO, TINY)),
    "ftrl": ("ftrl", "+s-", (1.5, 0.5, 0.1, 3.0, 0.2)),
    "ftrl, power": ("ftrl", "+s-", (1.5, 0.75, 0.1, 3.0, 0.2)),
    "lion": ("lion", "s--", (RATE, RHO, 1 - RHO, KEEP, 1 - KEEP)),
    "schedule_free": ("schedule_free", "s+-", (RATE, 0.01, 1.3, TINY, 0.75, 0.25, 0.125)),
}
SIGNED = {"lion"}  # where the gradient's sign decides, another last bit may be another step


@pytest.fixture(params=ISAS)
def update(request):
    return load(request.param, "update")


def blocks(update, size):
    return -(-size // update.BLOCK)


class Rule:
    """A step with its arrays: w, dw, three slots and the average."""

    def __init__(self, update, name, size, average=True, decays=True):
        rule, slots, numbers = RULES[name]
        rng = np.random.default_rng(size)
        self.kernel = update.step
        self.arrays = [rng.standard_normal(size, np.float32) for _ in range(2)]
        for sign in slots:
            slot = rng.standard_normal(size, np.float32) / 4
            # At least 1: a centered variance, average - mean**2, then loses no digits
            self.arrays.append(None if sign == "-" else slot if sign == "s" else slot**2 + 1)
        self.arrays.append(rng.standard_normal(size, np.float32) if average else None)
        self.hyper = np.full(update.HYPER, np.nan, np.float32)  # what a rule does not need, it does not read
        self.hyper[: len(numbers)] = numbers
        self.hyper[[update.DECAY, update.KEEP, update.OVERWRITE, update.ACTIVE]] = 0.03, 0.75, 0, 1
        self.integers = update.RULES[rule], int(decays)
        self.units = blocks(update, size)

    def run(self):
        """The kernel's and the reference's w, slots and average."""
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
    if name in SIGNED:  # no average of gradients near zero
        m, g = rule.arrays[2], rule.arrays[1]
        g[np.abs(m * RHO + g * (1 - RHO)) < 1e-3] = 1
    results, answers = rule.run()
    for found, expected in zip(results, answers):
        assert np.all(np.abs(found - expected) <= 6 * EPSILON * (1 + np.abs(expected)))
    assert np.median(np.abs(results[0] - rule.arrays[0])) > 10_000 * EPSILON, "a step lost in rounding tells nothing"


def test_a_rule_without_decay_and_average_leaves_them_out(update):
    """Bitwise: decay and average are loops of their own around the rule's."""
    for name in RULES:
        alone, rule = Rule(update, name, 4100, average=False, decays=False), Rule(update, name, 4100)
        rule.hyper[update.DECAY] = 0
        results = alone.run()[0]
        for found, other in zip(results, rule.run()[0]):
            np.testing.assert_array_equal(found, other, err_msg=name)


def test_the_weights_take_over_their_average(update):
    rule = Rule(update, "adam", 5000)
    before = rule.run()[0]
    rule.hyper[update.OVERWRITE] = 1
    after = rule.run()[0]
    np.testing.assert_array_equal(after[-1], before[-1])
    np.testing.assert_array_equal(after[0], after[-1])
    assert not np.array_equal(before[0], before[-1])


@pytest.mark.parametrize("name", RULES)
def test_a_step_that_is_not_active_only_averages(update, name):
    rule = Rule(update, name, 4100)
    rule.hyper[update.ACTIVE] = 0
    (w, *slots, average), answers = rule.run()
    for found, given in zip((w, *slots), (a for k, a in enumerate(rule.arrays[:-1]) if a is not None and k != 1)):
        np.testing.assert_array_equal(found, given)
    assert np.all(np.abs(average - answers[-1]) <= 2 * EPSILON * (1 + np.abs(average)))


def test_no_rule_needs_no_gradient(update):
    rule = Rule(update, "sgd", 4100)
    rule.arrays[1] = None
    rule.integers = update.RULES["none"], 1
    for found, expected in zip(*rule.run()):
        assert np.all(np.abs(found - expected) <= 4 * EPSILON * (1 + np.abs(expected)))


@pytest.mark.parametrize("name", RULES)
def test_nan_and_infinity_stay_where_they_are(update, name):
    rule = Rule(update, name, 4096 + 40)
    rule.arrays[1][[0, 4095, 4100]] = np.nan, np.inf, -np.inf
    for slot in filter(lambda a: a is not None, rule.arrays[2:-1]):
        slot[4110] = np.nan
    for found, expected in zip(*rule.run()):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("sgd", "adagrad", "ftrl", "ftrl, power")])
def test_what_decays_does_not_stay_denormal(update, name):
    """0.9 times the smallest number is that number again, and slow, for ever."""
    rule, smallest = Rule(update, name, 5000, average=False, decays=False), np.finfo(np.float32).smallest_normal
    rule.arrays[1][...] = 0
    decaying = [k for k, sign in enumerate(RULES[name][1]) if sign != "-" and (name, k) != ("schedule_free", 0)]
    decaying = decaying[:2] if name == "amsgrad" else decaying  # the largest of all does not decay
    for k in decaying:
        rule.arrays[2 + k][...] = np.linspace(-4, 4, 5000) * smallest
        rule.arrays[2 + k][1] = np.nan
        if RULES[name][1][k] == "+":
            np.abs(rule.arrays[2 + k], out=rule.arrays[2 + k])
    operands = [None if a is None else a.copy() for a in (*rule.arrays, rule.hyper)]
    update.step(*operands, *rule.integers, 1)
    for k in decaying:
        found, before = operands[2 + k], rule.arrays[2 + k]
        assert not np.any((found != 0) & (np.abs(found) < smallest))
        assert np.all(found[np.abs(before) < smallest] == 0)
        assert np.isnan(found[1])
        assert np.any(found > 0)


def test_an_average_of_zeros_does_not_stay_denormal(update):
    rule, smallest = Rule(update, "sgd", 5000), np.finfo(np.float32).smallest_normal
    rule.arrays[0][...], rule.arrays[1][...] = 0, 0
    rule.arrays[5][...] = np.linspace(-4, 4, 5000) * smallest
    operands = [None if a is None else a.copy() for a in (*rule.arrays, rule.hyper)]
    update.step(*operands, *rule.integers, 1)
    average = operands[5]
    assert not np.any((average != 0) & (np.abs(average) < smallest))
    assert np.any(average > 0)


def test_what_grows_may_be_denormal(update):
    """With an epsilon of 0, the smallest gradients make steps like any others."""
    w, g, m, v = np.zeros(40, np.float32), np.full(40, 1e-18, np.float32), *np.zeros((2, 40), np.float32)
    hyper = np.zeros(update.HYPER, np.float32)
    hyper[:3], hyper[update.ACTIVE] = (1, 0.1, 0.001), 1
    update.step(w, g, m, v, None, None, hyper, update.RULES["adam"], 0, 1)
    np.testing.assert_allclose(w, -0.1 / np.sqrt(0.001), rtol=1e-3)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "lion"])
def test_exact_for_small_integers(update, name):
    rule = Rule(update, name, 5000)
    for array in rule.arrays:
        if array is not None:
            array[:] = np.random.default_rng(1).integers(-8, 9, array.shape)
    rule.hyper[:5] = 0.5, 0.25, 0.75, 0.5, 0.5
    rule.hyper[update.DECAY] = 0.125
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


def test_a_rule_s_number_is_its_place_in_the_reference(update):
    assert [rule.__name__ for rule in reference.RULES] == sorted(update.RULES, key=update.RULES.get)
    shared = "BLOCK", "DECAY", "KEEP", "OVERWRITE", "ACTIVE"
    assert [getattr(update, name) for name in shared] == [getattr(reference, name) for name in shared]


# --------------------------------------------------------------------------------------- accumulation, clipping


@pytest.mark.parametrize("active", [0, 1])
@pytest.mark.parametrize("size", SIZES)
def test_accumulate(update, size, active):
    dw, total = np.random.default_rng(size).standard_normal((2, size)).astype(np.float32)
    hyper = np.full(update.HYPER, np.nan, np.float32)
    hyper[update.ACTIVE] = active
    operands = [fixed(dw), fixed(total), fixed(hyper)]
    results = agree(update.accumulate, operands, (3,), units=blocks(update, size), per_sample=False)
    for found, expected in zip(results, judge(reference, update.accumulate, operands, (3,))):
        assert np.all(np.abs(found - expected) <= 2 * EPSILON * (np.abs(dw) + np.abs(total)))
    assert active == np.all(results[1] == 0)


@pytest.mark.parametrize("size", SIZES)
def test_squares(update, size):
    """In double, so that only the order of the sum differs."""
    dw = np.random.default_rng(size).standard_normal(size, np.float32)
    operands = [fixed(dw), fixed(np.empty(blocks(update, size)))]
    found = agree(update.squares, operands, units=blocks(update, size), per_sample=False)
    np.testing.assert_allclose(found, judge(reference, update.squares, operands)[1], rtol=1e-13)


@pytest.mark.parametrize("lengths", [(1,), (3, None, 2), (1, 2, 3, 4, 5, 6, 7, 8)])
def test_merge_squares(update, lengths):
    rng = np.random.default_rng(0)
    parts = [None if n is None else fixed(rng.random(n)) for n in (*lengths, *[None] * 8)[:8]]
    operands = [*parts, fixed(np.empty(1))]
    found = agree(update.merge_squares, operands, units=1, per_sample=False)
    np.testing.assert_allclose(found, judge(reference, update.merge_squares, operands)[-1], rtol=1e-15)


@pytest.mark.parametrize("together", [0, 1])
@pytest.mark.parametrize(
    ("squares", "limit"), [((9.0, 16.0), 2.5), ((0.25,), 2.5), ((0.0, 0.0), 1.0), ((1.0,) * 9, 3.0)]
)
@pytest.mark.parametrize("size", [1, 33, 4096 + 37])
def test_clip_norm(update, size, squares, limit, together):
    dw = np.random.default_rng(size).standard_normal(size, np.float32)
    operands, scalars = [fixed(dw), fixed(np.array(squares))], (limit, together)
    found = agree(update.clip_norm, operands, scalars, units=blocks(update, size), per_sample=False)
    np.testing.assert_allclose(found, judge(reference, update.clip_norm, operands, scalars)[0], rtol=2 * EPSILON)
    assert np.array_equal(found, dw) == (sum(squares) <= limit**2)


@pytest.mark.parametrize("together", [0, 1])
@pytest.mark.parametrize("squares", [np.nan, np.inf])
def test_clip_norm_where_the_norm_is_not_finite(update, squares, together):
    """One weight alone: an infinite norm leaves zeros, and NaN where the infinity was. Together: NaN everywhere."""
    dw = np.array([1, np.inf, -2, np.nan], np.float32)
    operands, scalars = [fixed(dw), fixed(np.array([squares]))], (1.0, together)
    found = agree(update.clip_norm, operands, scalars, units=1, per_sample=False)
    np.testing.assert_array_equal(found, judge(reference, update.clip_norm, operands, scalars)[0].astype(np.float32))
    assert np.isnan(found).all() == (together or np.isnan(squares))


@pytest.mark.parametrize("size", SIZES)
def test_clip_value(update, size):
    dw = np.random.default_rng(size).standard_normal(size, np.float32)
    dw[size // 2] = np.nan
    operands = [fixed(dw)]
    found = agree(update.clip_value, operands, (0.5,), units=blocks(update, size), per_sample=False)
    np.testing.assert_array_equal(found, judge(reference, update.clip_value, operands, (0.5,))[0])


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
