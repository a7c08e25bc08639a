"""Checks of arguments. Each returns the value in its one internal form, or raises a `ValueError` that says what was
expected and what came: ``"`strides` must be two positive integers. Received: strides=(0, 1)."``
"""

import operator
import re

from cycnn import config

_COUNT = {1: "one", 2: "two", 3: "three", 4: "four"}


def refuse(name, expected, value):
    """The error of this module: `expected` completes "`name` must be"."""
    return ValueError(f"`{name}` must be {expected}. Received: {name}={short(value)}.")


def as_integer(value):
    """The integer that `value` is, or `None`. True and False count as mistakes, 2.0 too."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def positive_int(name, value):
    """An integer of at least 1."""
    number = as_integer(value)
    if number is None or number < 1:
        raise refuse(name, "a positive integer", value)
    return number


def non_negative_int(name, value):
    """An integer of at least 0."""
    number = as_integer(value)
    if number is None or number < 0:
        raise refuse(name, "an integer of at least 0", value)
    return number


def positive_pair(name, value):
    """Two integers of at least 1; one integer stands for both."""
    return _integers(name, value, 2, 1, "positive integers")


def non_negative_pair(name, value):
    """Two integers of at least 0; one integer stands for both."""
    return _integers(name, value, 2, 0, "integers of at least 0")


def positive_ints(name, value, count):
    """`count` integers of at least 1; one integer stands for all."""
    return _integers(name, value, count, 1, "positive integers")


def non_negative_ints(name, value, count):
    """`count` integers of at least 0; one integer stands for all."""
    return _integers(name, value, count, 0, "integers of at least 0")


def number(name, value, low=float("-inf"), high=float("inf"), *, open_low=False, open_high=False):
    """A finite float within [low, high]; an open end excludes its bound."""
    try:
        found = None if isinstance(value, (str, bytes, bool)) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    if (
        found is None
        or not abs(found) < float("inf")
        or not (low < found if open_low else low <= found)
        or not (found < high if open_high else found <= high)
    ):
        bounds = [f"{'above' if open_low else 'at least'} {low:g}"] * (low > float("-inf"))
        bounds += [f"{'below' if open_high else 'at most'} {high:g}"] * (high < float("inf"))
        raise refuse(name, " ".join(["a number", " and ".join(bounds)]).strip(), value)
    return found


def one_of(name, value, choices):
    """One of a few strings, in any case; the lower-case one is returned."""
    wanted = value.lower() if isinstance(value, str) else None
    if wanted not in choices:
        guess = nearest(value, choices) if isinstance(value, str) else None
        hint = f" Did you mean {guess!r}?" if guess else ""
        listed = " or ".join(filter(None, (", ".join(map(repr, choices[:-1])), repr(choices[-1]))))
        raise ValueError(f"`{name}` must be {listed}.{hint} Received: {name}={short(value)}.")
    return wanted


def padding(value, name="padding"):
    """`"valid"` or `"same"`."""
    return one_of(name, value, ("valid", "same"))


def data_format(value, name="data_format"):
    """`"channels_last"` or `"channels_first"`; `None` stands for `config.image_data_format()`."""
    if value is None:
        return config.image_data_format()
    return one_of(name, value, ("channels_last", "channels_first"))


def shape(name, value):
    """A tuple of positive integers and `None` (a length that is not known yet)."""
    expected = "a tuple of positive integers or None"
    if isinstance(value, (str, bytes)):
        raise refuse(name, expected, value)
    try:
        lengths = tuple(value)
    except TypeError:
        raise refuse(name, expected, value) from None
    found = tuple(None if length is None else as_integer(length) for length in lengths)
    if any(had is not None and (got is None or got < 1) for had, got in zip(lengths, found, strict=True)):
        raise refuse(name, expected, value)
    return found


def unknown(what, name, known, aliases=()):
    """The text of an error about a name that is not known, with the nearest one that is.

    Args:
        what: What the name should name: `"initializer"`.
        name: What came.
        known: Names that would have been right.
        aliases: Names that would have been right too, to suggest but not to list.
    """
    guess = nearest(name, known) or nearest(name, aliases)
    if guess is None:
        listed = sorted(spelling for spelling in known if spelling.islower()) or sorted(known)  # not every alias
        hint = f"there are {', '.join(listed)}." if listed else "there are none."
        return f"Unknown {what}; {hint} Received: {short(name)}."
    return f"Unknown {what}. Did you mean {guess!r}? Received: {short(name)}."


def nearest(name, known):
    """The name among `known` that `name` was probably meant to be, or `None`."""
    import difflib

    name = str(name)[:100]
    spellings: dict[str, list[str]] = {}
    for spelling in sorted(known):
        spellings.setdefault(_plain(spelling), []).append(spelling)
    close = difflib.get_close_matches(_plain(name), spellings)
    if not close:
        return None
    swapped = [spelling for spelling in close if sorted(spelling) == sorted(_plain(name))]  # the commonest slip
    candidates = spellings[(swapped or close)[0]]
    return max(candidates, key=lambda spelling: difflib.SequenceMatcher(None, name, spelling).ratio())


def _plain(name):
    return re.sub("[^a-z0-9]", "", name.lower())


def _integers(name, value, count, least, expected):
    alone = as_integer(value)
    if alone is not None:
        found = (alone,) * count
    elif isinstance(value, (str, bytes, dict, set)):
        found = ()
    else:
        try:
            found = tuple(as_integer(part) for part in value)
        except TypeError:
            found = ()
    if len(found) != count or any(part is None or part < least for part in found):
        raise refuse(name, f"{_COUNT.get(count, count)} {expected}", value)
    return found


def short(value):
    """`repr` for an error, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
