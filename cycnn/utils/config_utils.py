"""Config: named values, with attributes."""

import json


class Config:
    """A dictionary of named values whose entries are attributes too, and which can be frozen.

    Args:
        **kwargs: the values.

    Example:

    ```python
    config = cycnn.utils.Config(learning_rate=0.1)
    config.epochs = 3
    config.freeze()
    config.as_dict()  # {'learning_rate': 0.1, 'epochs': 3}
    ```
    """

    def __init__(self, **kwargs):
        vars(self).update(_config=dict(kwargs), _frozen=False)

    @property
    def frozen(self):
        """Whether the values are fixed."""
        return self._frozen

    def freeze(self):
        """Refuse changes from now on."""
        vars(self)["_frozen"] = True

    def unfreeze(self):
        """Allow changes again."""
        vars(self)["_frozen"] = False

    def _open(self):
        if self._frozen:
            raise ValueError("The config is frozen: its values cannot be changed before `unfreeze()`.")
        return self._config

    def as_dict(self):
        """A copy, as a dictionary."""
        return dict(self._config)

    def to_json(self):
        """The values as JSON."""
        return json.dumps(self._config)

    def keys(self):
        return self._config.keys()

    def values(self):
        return self._config.values()

    def items(self):
        return self._config.items()

    def get(self, keyname, value=None):
        return self._config.get(keyname, value)

    def pop(self, *args):
        return self._open().pop(*args)

    def update(self, *args, **kwargs):
        self._open().update(*args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__") or name not in self._config:
            raise AttributeError(f"The config has no value {name!r}; there are {', '.join(self._config) or 'none'}.")
        return self._config[name]

    def __setattr__(self, name, value):
        self._open()[name] = value

    def __delattr__(self, name):
        del self._open()[name]

    def __getitem__(self, name):
        return self._config[name]

    def __setitem__(self, name, value):
        self._open()[name] = value

    def __delitem__(self, name):
        del self._open()[name]

    def __contains__(self, name):
        return name in self._config

    def __iter__(self):
        return iter(sorted(self._config))

    def __len__(self):
        return len(self._config)

    def __repr__(self):
        return f"<Config {self._config}>"
