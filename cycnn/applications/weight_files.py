"""Files of weights trained on ImageNet: where Keras publishes them, and where they are looked for before."""

import os
from typing import NamedTuple

from cycnn import config
from cycnn.utils.data_utils import get_file

STORAGE = "https://storage.googleapis.com/tensorflow/keras-applications"


def locate(name, origin, md5=None):
    """The path of a file: in the folder `models` of the data folder, in that of Keras, or downloaded to the first.

    Raises:
        OSError: It is in neither and cannot be downloaded.
        ValueError: A download has another checksum.
    """
    keras_home = os.path.expanduser(os.environ.get("KERAS_HOME") or os.path.join("~", ".keras"))
    keras = os.path.join(keras_home, "models", name)
    if os.path.isfile(keras) and not os.path.isfile(os.path.join(config.data_home(), "models", name)):
        return keras
    return get_file(name, origin, file_hash=md5, cache_subdir="models")


class Published(NamedTuple):
    """The two files of an architecture: with the classifier and without.

    Attributes:
        stem: URL of the first, without `.h5`.
        md5: Checksums of the two; None: Keras tells none.
        suffix: What the second one's name has more.
    """

    stem: str
    md5: tuple = (None, None)
    suffix: str = "_notop"

    def locate(self, include_top):
        """The path of the file with or without the classifier; see `locate` of this module."""
        origin = f"{self.stem}{'' if include_top else self.suffix}.h5"
        return locate(origin.rpartition("/")[2], origin, self.md5[0 if include_top else 1])
