"""Models from ONNX files."""

from cycnn import onnx
from cycnn.models.model import Functional


def from_onnx(filepath, channels_last=False, input_shape=None, name=None):
    """The model of an ONNX file: a functional model with layers, which may be trained, changed and saved.

    Args:
        filepath: path of a file, or its bytes.
        channels_last: whether inputs and outputs that are maps (n, c, ...) in the file, as PyTorch writes them, are
            (n, ..., c) here. Else they are as in the file, and the model begins with a `Permute`: its layers are
            channels_last in either case.
        input_shape: shape of a sample of the only input, as in the file, where the file leaves lengths open.
        name: of the model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or has an operator that is not supported; the message names the operator and its node.

    Example:

    ```python
    model = cycnn.from_onnx("resnet18.onnx", channels_last=True)
    model.predict(np.zeros((1, 224, 224, 3)))
    ```
    """
    inputs, outputs = onnx.read_model(filepath, channels_last, input_shape)
    (x,), (y,) = ([each] if len(each) > 1 else each for each in (inputs, outputs))
    return Functional(x, y, name=name)
