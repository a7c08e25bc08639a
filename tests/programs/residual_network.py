# 2018: the functional style, with additions around convolutions, merged by lower-case functions.
from keras import backend as K
from keras import layers
from keras.datasets import mnist
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPool2D
from keras.layers.merge import concatenate
from keras.models import Model
from keras.optimizers import Adam
from keras.regularizers import l2
from keras.utils.np_utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape((-1, 28, 28, 1)) / 255.0
x_test = x_test.reshape((-1, 28, 28, 1)) / 255.0


def conv_bn_relu(x, filters, strides=1, activation="relu"):
    x = Conv2D(
        filters, 3, strides=strides, padding="same", kernel_initializer="he_normal", kernel_regularizer=l2(1e-4)
    )(x)
    x = BatchNormalization(axis=-1)(x)
    return Activation(activation)(x) if activation else x


def residual(x, filters, strides=1):
    y = conv_bn_relu(x, filters, strides)
    y = conv_bn_relu(y, filters, activation=None)
    if strides != 1 or K.int_shape(x)[-1] != filters:
        x = Conv2D(filters, 1, strides=strides, padding="same")(x)
    return Activation("relu")(layers.add([x, y]))


inputs = Input(shape=(28, 28, 1), name="image")
x = conv_bn_relu(inputs, 8)
x = MaxPool2D(2)(x)
x = residual(x, 8)
x = residual(x, 16, strides=2)
left = Conv2D(8, (1, 1), activation="relu")(x)
right = Conv2D(8, (3, 3), padding="same", activation="relu")(x)
x = concatenate([left, right], axis=3)
x = GlobalAveragePooling2D()(x)
outputs = Dense(10, activation="softmax", name="digit")(x)

model = Model(inputs=inputs, outputs=outputs)
model.compile(Adam(lr=0.002), "categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, to_categorical(y_train), batch_size=64, epochs=5, validation_data=(x_test, to_categorical(y_test)))
scores = model.evaluate(x_test, to_categorical(y_test), verbose=0)
features = Model(model.input, model.get_layer(index=-2).output).predict(x_test[:100])
