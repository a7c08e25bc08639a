# The tutorial on convolutional networks: MNIST from the first look to predictions. Its lost lines (`Flatten`, the call of
# `fit`, reshaped labels) are filled in.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from tensorflow.keras import layers, models
from tensorflow.keras.datasets import mnist
from tensorflow.keras.utils import to_categorical

(train_images, train_labels), (test_images, test_labels) = mnist.load_data()

image_indices = [0, 1, 2, 3, 4, 5]
fig, axes = plt.subplots(2, 3, figsize=(3, 3))
for i, ax in enumerate(axes.flat):
    ax.imshow(train_images[image_indices[i]], cmap="gray")
    ax.set_title(f"Label: {train_labels[image_indices[i]]}")
    ax.axis("off")
plt.tight_layout()
plt.show()

X_train, X_val, y_train, y_val = train_test_split(train_images, train_labels, test_size=0.2, random_state=23)
print(X_train.shape, X_val.shape, test_images.shape)

X_train = X_train.reshape((48000, 28, 28, 1))
X_train = X_train.astype("float32") / 255
X_val = X_val.reshape((12000, 28, 28, 1))
X_val = X_val.astype("float32") / 255
test_images = test_images.reshape((10000, 28, 28, 1))
test_images = test_images.astype("float32") / 255
y_train = to_categorical(y_train)
y_val = to_categorical(y_val)
test_labels = to_categorical(test_labels)

model = models.Sequential()
model.add(layers.Conv2D(32, (3, 3), activation="relu", strides=(1, 1), padding="valid",
                        kernel_initializer="glorot_uniform", input_shape=(28, 28, 1)))  # fmt: skip
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation="relu"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation="relu"))
model.add(layers.Flatten())
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(10, activation="softmax"))
model.summary()

model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(X_train, y_train, epochs=20, validation_data=(X_val, y_val), batch_size=64)

test_loss, test_acc = model.evaluate(test_images, test_labels)
print(f"Test accuracy: {test_acc}")

image_indices = [0, 1, 2, 3, 4, 5]
fig, axes = plt.subplots(2, 3, figsize=(4, 3))
for i, ax in enumerate(axes.flat):
    input_image = test_images[image_indices[i]].reshape(1, 28, 28, 1)
    prediction = model.predict(input_image)
    predicted_class = np.argmax(prediction)
    ax.imshow(test_images[image_indices[i]].reshape(28, 28), cmap="gray")
    ax.set_title(f"Predicted: {predicted_class}")
    ax.axis("off")
plt.tight_layout()
plt.show()
