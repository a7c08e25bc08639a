# 2021: Grad-CAM: which places of a picture speak for a class, in colours over the picture.
import matplotlib as mpl
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(2)
last_conv_layer_name = "last_conv"


def make_pictures(number):
    """A bright cross or a bright ring somewhere on noise; which of the two, and where its middle is."""
    random = np.random.RandomState(number)
    pictures = random.uniform(0, 80, size=(number, 32, 32, 3))
    labels = random.randint(2, size=number)
    places = random.randint(6, 26, size=(number, 2))
    rows, columns = np.mgrid[:32, :32]
    for picture, label, (top, left) in zip(pictures, labels, places):
        far = np.maximum(abs(rows - top), abs(columns - left))
        cross = (far <= 4) & (np.minimum(abs(rows - top), abs(columns - left)) == 0)
        picture[cross if label == 0 else far == 4] = 255
    return pictures.astype("float32"), labels, places


x, y, _ = make_pictures(600)
inputs = keras.Input((32, 32, 3))
h = keras.layers.Rescaling(1.0 / 255)(inputs)
h = keras.layers.Conv2D(12, 3, padding="same", activation="relu")(h)
h = keras.layers.MaxPooling2D()(h)
h = keras.layers.Conv2D(16, 5, padding="same", activation="relu", name=last_conv_layer_name)(h)
h = keras.layers.GlobalAveragePooling2D()(h)
outputs = keras.layers.Dense(2, activation="softmax")(h)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=32, epochs=8, verbose=2)


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    # From the input to the maps of the last convolution, and to the predictions.
    grad_model = keras.models.Model(model.inputs, [model.get_layer(last_conv_layer_name).output, model.output])
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = tf.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))

    # Each map counts as much as it matters for the class.
    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., tf.newaxis]
    heatmap = tf.squeeze(heatmap)
    heatmap = tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)
    return heatmap.numpy()


def save_and_display_gradcam(img, heatmap, cam_path="cam.jpg", alpha=0.4):
    heatmap = np.uint8(255 * heatmap)
    jet = mpl.colormaps["jet"]
    jet_colors = jet(np.arange(256))[:, :3]
    jet_heatmap = jet_colors[heatmap]
    jet_heatmap = keras.utils.array_to_img(jet_heatmap)
    jet_heatmap = jet_heatmap.resize((img.shape[1], img.shape[0]))
    jet_heatmap = keras.utils.img_to_array(jet_heatmap)
    superimposed_img = keras.utils.array_to_img(jet_heatmap * alpha + img)
    superimposed_img.save(cam_path)


pictures, labels, places = make_pictures(40)
model.layers[-1].activation = None  # the softmax has no part in it
found = []
for picture in pictures:
    img_array = np.expand_dims(picture, axis=0)
    heatmap = make_gradcam_heatmap(img_array, model, last_conv_layer_name)
    found.append(np.array(np.unravel_index(heatmap.argmax(), heatmap.shape)) * 2 + 0.5)
save_and_display_gradcam(pictures[-1], heatmap)
distances = np.abs(np.array(found) - places).max(axis=1)
