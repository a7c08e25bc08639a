"""Automatic names: the first `Conv2D` of a process is `conv2d`, the next one `conv2d_1`."""

import re
from collections import defaultdict

_counters: defaultdict[str, int] = defaultdict(int)

# A word begins at a capital that follows a lower-case letter or is followed by one. So digits, and capitals among
# themselves, stay with the word before them: Max|Pooling2D, L1L2.
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")


def to_snake_case(name):
    """`"MaxPooling2D"` → `"max_pooling2d"`."""
    return _WORD.sub("_", re.sub(r"\W+", "", name)).lower()


def auto_name(prefix):
    """A name that this function has not given yet: `prefix` in snake case, with a number from the second one on."""
    name = to_snake_case(prefix)
    number = _counters[name]
    _counters[name] += 1
    return f"{name}_{number}" if number else name


def get_uid(prefix=""):
    """How many names with this prefix there are, counting this call."""
    _counters[prefix] += 1
    return _counters[prefix]


def reset():
    """Start counting again (`clear_session`)."""
    _counters.clear()
