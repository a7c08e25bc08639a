# The article on the architecture: what weights make of the image of a 4, case by case. The weights are set by hand.
import keras
import numpy as np
from keras.layers import Conv2D
from keras.models import Sequential

four = np.array(
    [
        [0, 0, 0, 0],
        [9, 0, 9, 0],
        [9, 9, 9, 0],
        [0, 0, 9, 0],
        [0, 0, 9, 0],
    ],
    "float32",
)
image = four.reshape(1, 5, 4, 1)


def convolve(image, *windows, padding="valid"):
    windows = [np.array(window, "float32").reshape(-1, len(np.atleast_2d(window)[0])) for window in windows]
    height, width = windows[0].shape
    kernel = np.stack(windows, axis=-1).reshape(height, width, 1, len(windows))
    model = Sequential()
    model.add(keras.layers.InputLayer(input_shape=image.shape[1:]))
    model.add(Conv2D(len(windows), (height, width), padding=padding, use_bias=False))
    model.layers[0].set_weights([kernel])
    return model.predict(image, verbose=0)[0]


# Case 1: one weight for each pixel.
case_1 = convolve(image, [0.5])
# Case 2: two weights side by side; the image loses a column, and its edges are seen once only.
case_2 = convolve(image, [1, 0.3])
# Case 3: zeros at the sides, so that the edges are seen as often as the rest.
case_3 = convolve(np.pad(image, ((0, 0), (0, 0), (1, 1), (0, 0))), [1, 0.3])
# Case 4: two pairs of weights, and their maps side by side.
case_4 = convolve(image, [1, 0.3], [0.1, 5])
# Case 5: a window of two rows and two columns.
case_5 = convolve(image, [[1, 0.3], [0.3, 1]])

# A window of 3×3 over 6×6 pixels; then with a step of 2; then with zeros around the image.
pixels = np.arange(36, dtype="float32").reshape(1, 6, 6, 1)
window = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], "float32").reshape(3, 3, 1, 1)
shapes = []
for strides, padding in ((1, "valid"), (2, "valid"), (1, "same")):
    model = Sequential([keras.layers.Input((6, 6, 1)), Conv2D(1, 3, strides=strides, padding=padding, use_bias=False)])
    model.set_weights([window])
    convolved = model.predict(pixels, verbose=0)
    shapes.append(convolved.shape[1:3])
print(shapes)
