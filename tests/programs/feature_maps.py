# 2018: what the layers of a trained network answer to a picture; a frozen base with a new head.
import numpy as np
from keras import layers, models
from keras.datasets import mnist

(train_images, train_labels), (test_images, test_labels) = mnist.load_data()
train_images = train_images.reshape((60000, 28, 28, 1)).astype("float32") / 255

model = models.Sequential()
model.add(layers.Conv2D(8, (3, 3), activation="relu", input_shape=(28, 28, 1), name="first"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(16, (3, 3), activation="relu"))
model.add(layers.GlobalMaxPooling2D())
model.add(layers.Dense(10, activation="softmax"))
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train_images, train_labels, epochs=5, batch_size=64)

layer_outputs = [layer.output for layer in model.layers[:3]]
activation_model = models.Model(inputs=model.input, outputs=layer_outputs)
activations = activation_model.predict(train_images[:1])
for layer, activation in zip(model.layers, activations):
    print(layer.name, activation.shape)
filters, biases = model.get_layer("first").get_weights()

conv_base = models.Model(model.input, model.layers[3].output)
conv_base.trainable = False
head = models.Sequential([conv_base, layers.Dense(32, activation="relu"), layers.Dense(2, activation="softmax")])
print("trainable weights:", len(head.trainable_weights))
before = conv_base.get_weights()
head.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
head.fit(train_images, train_labels % 2, epochs=3, batch_size=64)
after = conv_base.get_weights()
parity = np.argmax(head.predict(train_images[:200]), axis=1)
