"""Input: where data enters a model."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.layer import Call, Layer


@export("keras.layers")
class InputLayer(Layer):
    """The beginning of a model.

    Args:
        shape: shape of one sample, the sample axis left out.
        batch_size: integer or None; accepted for Keras's sake (any batch runs).
        dtype: `"float32"`; arrays of other types are cast as they are read.
        name: string.
    """

    def __init__(self, shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, input_tensor=None,
                 optional=False, name=None, **kwargs):  # fmt: skip
        if "input_shape" in kwargs:
            shape = kwargs.pop("input_shape")
        super().__init__(name=name, **kwargs)
        if batch_shape is not None:
            batch_size, *shape = batch_shape
        if shape is None:
            raise ValueError("`shape` must be the shape of one sample, like shape=(28, 28, 1). Received: shape=None.")
        if sparse or input_tensor is not None:
            raise ValueError(
                "`sparse` and `input_tensor` are not supported. "
                f"Received: sparse={sparse}, input_tensor={input_tensor}."
            )
        self.shape = checks.shape("shape", shape)
        self._check_input((None, *self.shape))
        self._check_size("input", self.shape)
        self.batch_size = batch_size
        self.batch_shape = (batch_size, *self.shape)
        self.optional = bool(optional)
        self._calls.append(Call(self, (), {}, [SymbolicTensor(TensorSpec((None, *self.shape)), name=self.name)]))
        self.built = True

    def call(self, x):
        return x

    def get_config(self):
        return {
            "batch_shape": self.batch_shape,
            "dtype": "float32",
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{key: value for key, value in config.items() if key not in ("ragged", "dtype")})


def Input(
    shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None, optional=False
):
    """A symbolic tensor to build a model from.

    Args:
        shape: shape of one sample: `(28, 28, 1)`. Lengths that may differ from batch to batch are None: `(None, None, 3)`.
        batch_size: integer or None.
        batch_shape: both together.
        name: string.

    Returns:
        A symbolic tensor of shape `(None, *shape)`.

    Example:

    ```python
    x = cycnn.Input(shape=(28, 28, 1))
    x.shape  # (None, 28, 28, 1)

    images = cycnn.Input(shape=(None, None, 3))  # of any size
    maps = cycnn.layers.Conv2D(8, 3, strides=2)(images)
    model = cycnn.Model(images, cycnn.layers.GlobalAveragePooling2D()(maps))
    model(np.zeros((2, 40, 30, 3))).shape  # (2, 8)
    ```
    """
    return InputLayer(shape, batch_size, dtype, sparse, batch_shape, tensor, optional, name=name).output
