"""What every part of the package leans on.

    spec        TensorSpec: shape and type of a value that does not exist yet
    shapes      shape arithmetic of windows, the only place that knows it
    memory      aligned arrays
    array       Array: a NumPy array with `numpy()`
    variable    Variable: an array that a layer owns
    lazy        names of packages that are imported when they are first asked for
    checks      arguments of constructors: accept or refuse with one grammar of errors, and "did you mean"
    names       automatic names (`conv2d`, `conv2d_1`), counted per process
    random      numbers that follow from (seed, counter) alone
    protobuf    messages of ONNX and TensorBoard as bytes, and back
    registry    objects to configs and back, in Keras 3's format; the only way from a name in a file to a class

Everything below may call it; it reads `config` and imports nothing else of cycnn.
"""
