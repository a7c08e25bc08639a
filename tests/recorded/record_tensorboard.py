"""Record the event files that the real Keras's TensorBoard callback writes. Imports Keras, never cycnn.

    KERAS_BACKEND=tensorflow python record_tensorboard.py      (needs tensorflow and tensorboard)

tensorboard.json.gz: `program`, which the tests run with cycnn in Keras's place, and for each of its `settings`
`{file's folder: [[step, tag, plugin, its content, TensorFlow's type, shape, values]]}`. Values are those of scalars and
histograms, and the first two texts of images; what a clock says is None.
"""

import contextlib
import os
import tempfile

import keras
import tensorflow as tf
from answers import save
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_ndarray

PROGRAM = """
import numpy as np

x = np.linspace(-1, 1, 8 * 6 * 6 * 2).reshape(8, 6, 6, 2).astype("float32")
y = np.eye(3)[np.arange(8) % 3]
model = keras.Sequential(
    [
        keras.Input((6, 6, 2)),
        keras.layers.Conv2D(3, 2, name="c"),
        keras.layers.Reshape((25, 3)),
        keras.layers.Conv1D(2, 3, name="k"),
        keras.layers.Flatten(),
        keras.layers.Dense(3, name="d"),
    ],
    name="net",
)
rng = np.random.default_rng(0)
model.set_weights([rng.integers(-20, 20, w.shape) / 16 for w in model.get_weights()])
model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
board = keras.callbacks.TensorBoard(folder, **settings)
model.fit(x, y, epochs=3, batch_size=2, validation_split=0.25, shuffle=False, verbose=0, callbacks=[board])
model.evaluate(x, y, verbose=0, callbacks=[keras.callbacks.TensorBoard(os.path.join(folder, "alone"))])
"""
SETTINGS = [
    {},
    {"histogram_freq": 2, "write_images": True, "write_graph": False},
    {"update_freq": "batch", "write_steps_per_second": True},
    {"update_freq": 3},
]


def value(tag, array):
    if "per_second" in tag or tag == "keras":
        return None
    if array.dtype == object:
        return [text.decode() for text in array[:2]]
    return array.tolist()


def events(path):
    found = []
    for record in tf.data.TFRecordDataset(path):
        event = Event.FromString(record.numpy())
        for entry in event.summary.value:
            array, plugin = make_ndarray(entry.tensor), entry.metadata.plugin_data
            found.append([event.step, entry.tag, plugin.plugin_name, plugin.content.decode(), entry.tensor.dtype,
                          list(array.shape), value(entry.tag, array)])  # fmt: skip
    return found


cases = []
for settings in SETTINGS:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        keras.utils.clear_session()
        exec(PROGRAM, {"keras": keras, "os": os, "folder": folder, "settings": settings})
        files = {
            os.path.relpath(inside, folder): events(os.path.join(inside, name))
            for inside, _, names in sorted(os.walk(folder))
            for name in names
        }
    cases.append({"settings": settings, "files": files})
save("tensorboard", {"program": PROGRAM, "cases": cases})
