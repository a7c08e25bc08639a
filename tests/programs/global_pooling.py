# The article on layers: one number of a whole feature map.
import numpy as np
from keras.layers import GlobalAveragePooling2D, GlobalMaxPooling2D
from keras.models import Sequential

image = np.array([[10, 12, 8, 7], [4, 11, 5, 9], [18, 13, 7, 7], [3, 15, 2, 2]])
image = image.reshape(1, 4, 4, 1)

gmax_model = Sequential([GlobalMaxPooling2D()])
gavg_model = Sequential([GlobalAveragePooling2D()])

gmax_output = gmax_model.predict(image)
gavg_output = gavg_model.predict(image)

gmax_output = np.squeeze(gmax_output)
gavg_output = np.squeeze(gavg_output)
print("gmax_output: ", gmax_output)
print("gavg_output: ", gavg_output)
