# The article on layers: average pooling of a small image. Printed with `AveargePooling2D`.
import numpy as np
from keras.layers import AveragePooling2D
from keras.models import Sequential

image = np.array([[10, 12, 6, 7], [4, 11, 5, 9], [18, 13, 7, 7], [3, 15, 2, 3]])
image = image.reshape(1, 4, 4, 1)

model = Sequential([AveragePooling2D(pool_size=2, strides=2)])

output = model.predict(image)
output = np.squeeze(output)
print(output)
