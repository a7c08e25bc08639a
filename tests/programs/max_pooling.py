# The article on layers: max pooling of a small image, with a model that is a single layer.
import numpy as np
from keras.layers import MaxPooling2D
from keras.models import Sequential

image = np.array([[1, 2, 4, 7], [13, 10, 12, 3], [3, 4, 8, 9], [11, 15, 21, 25]])
image = image.reshape(1, 4, 4, 1)

model = Sequential([MaxPooling2D(pool_size=2, strides=2)])

output = model.predict(image)
output = np.squeeze(output)
print(output)
