# The article on the architecture: photos of cats and dogs, one convolution. Its lost lines (where the photos lie, the
# size, the hyperparameters) are filled in; photos are read with Pillow, since `scipy.misc.imread` is gone.
import os

import keras
import numpy as np
from keras.models import Sequential
from PIL import Image

filepath = "train/cat/"
filepath2 = "train/dog/"
cat = sorted(os.listdir(filepath))
dog = sorted(os.listdir(filepath2))

images = []
label = []
for i in cat:
    image = Image.open(filepath + i)
    images.append(image)
    label.append(0)  # for cat images
for i in dog:
    image = Image.open(filepath2 + i)
    images.append(image)
    label.append(1)  # for dog images

for i in range(len(images)):
    images[i] = np.array(images[i].convert("RGB").resize((300, 300)))
images = np.array(images)
label = np.array(label)

filters = 10
filtersize = (5, 5)
epochs = 5
batchsize = 128
input_shape = (300, 300, 3)

from keras.utils.np_utils import to_categorical

label = to_categorical(label)

model = Sequential()
model.add(keras.layers.InputLayer(input_shape=input_shape))
model.add(keras.layers.convolutional.Conv2D(filters, filtersize, strides=(1, 1), padding="valid",
                                            data_format="channels_last", activation="relu"))  # fmt: skip
model.add(keras.layers.MaxPooling2D(pool_size=(2, 2)))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(units=2, input_dim=50, activation="softmax"))

model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(images, label, epochs=epochs, batch_size=batchsize, validation_split=0.3)

model.summary()
