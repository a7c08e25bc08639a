# 2016: the modules and the names of those days, and `nb_epoch`.
import numpy as np
from keras import backend as K
from keras.constraints import maxnorm
from keras.datasets import mnist
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import np_utils

K.set_image_dim_ordering("tf")
np.random.seed(7)
nb_epoch = 10

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(X_train.shape[0], 28, 28, 1).astype("float32") / 255
X_test = X_test.reshape(X_test.shape[0], 28, 28, 1).astype("float32") / 255
Y_train = np_utils.to_categorical(y_train)
Y_test = np_utils.to_categorical(y_test)

model = Sequential()
model.add(Convolution2D(16, (3, 3), padding="same", input_shape=(28, 28, 1)))
model.add(BatchNormalization())
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Convolution2D(16, (3, 3), kernel_initializer="uniform"))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2), padding="same"))
model.add(Flatten())
model.add(Dense(64, input_dim=50, kernel_constraint=maxnorm(3)))
model.add(Activation("relu"))
model.add(Dropout(0.25))
model.add(Dense(Y_test.shape[1]))
model.add(Activation("softmax"))

lrate = 0.05
sgd = SGD(lr=lrate, decay=lrate / nb_epoch, momentum=0.9, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
hist = model.fit(X_train, Y_train, validation_data=(X_test, Y_test), nb_epoch=nb_epoch, batch_size=100, verbose=2)
scores = model.evaluate(X_test, Y_test, verbose=0)
print("Error: %.2f%%" % (100 - scores[1] * 100))
