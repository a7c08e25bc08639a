# 2020: deep dream: a picture is changed so that chosen layers answer more, on several scales.
import numpy as np
import tensorflow as tf
from tensorflow import keras

random = np.random.RandomState(0)
stripes = np.sin(np.arange(40) * np.pi / 2)  # four pixels from one to the next
result_prefix = "dream"
layer_settings = {"stripes": 1.0, "deeper": 0.2}
step = 0.02
num_octave = 3
octave_scale = 1.4
iterations = 10
max_loss = 60.0

inputs = keras.Input((None, None, 3))
first = keras.layers.Conv2D(2, 9, padding="same", activation="relu", name="stripes")
second = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="deeper")
model = keras.Model(inputs, second(keras.layers.AveragePooling2D(2)(first(inputs))))
filters = np.zeros((9, 9, 3, 2), "float32")
filters[..., 0] = stripes[:9, None] / 100  # upright over here, lying over there
filters[..., 1] = stripes[:9, None, None] / 100
first.set_weights([filters, np.full(2, 0.02, "float32")])
second.set_weights([np.abs(random.normal(size=(3, 3, 2, 4)).astype("float32")) / 9, np.zeros(4, "float32")])
outputs_dict = {layer.name: layer.output for layer in [model.get_layer(name) for name in layer_settings]}
feature_extractor = keras.Model(inputs=model.inputs, outputs=outputs_dict)


def preprocess_image(image_path):
    img = keras.utils.load_img(image_path)
    img = keras.utils.img_to_array(img)
    img = np.expand_dims(img, axis=0)
    return img.astype("float32") / 127.5 - 1.0


def deprocess_image(x):
    x = x.reshape((x.shape[1], x.shape[2], 3))
    x = (x + 1.0) * 127.5
    return np.clip(x, 0, 255).astype("uint8")


def compute_loss(input_image):
    features = feature_extractor(input_image)
    loss = tf.zeros(shape=())
    for name in features:
        coeff = layer_settings[name]
        activation = features[name]
        # Pixels at the border do not count.
        scaling = tf.reduce_prod(tf.cast(tf.shape(activation), "float32"))
        loss += 1e3 * coeff * tf.reduce_sum(tf.square(activation[:, 2:-2, 2:-2, :])) / scaling
    return loss


@tf.function
def gradient_ascent_step(img, learning_rate):
    with tf.GradientTape() as tape:
        tape.watch(img)
        loss = compute_loss(img)
    grads = tape.gradient(loss, img)
    grads /= tf.maximum(tf.reduce_mean(tf.abs(grads)), 1e-6)
    img += learning_rate * grads
    return loss, img


def gradient_ascent_loop(img, iterations, learning_rate, max_loss=None):
    for i in range(iterations):
        loss, img = gradient_ascent_step(img, learning_rate)
        if max_loss is not None and loss > max_loss:
            break
        print("... Loss value at step %d: %.2f" % (i, loss))
        losses.append(float(loss))
    return img


keras.utils.save_img("sky.png", random.uniform(100, 155, size=(48, 64, 3)))
original_img = preprocess_image("sky.png")
original_shape = original_img.shape[1:3]
successive_shapes = [original_shape]
for i in range(1, num_octave):
    shape = tuple([int(dim / (octave_scale**i)) for dim in original_shape])
    successive_shapes.append(shape)
successive_shapes = successive_shapes[::-1]
shrunk_original_img = tf.image.resize(original_img, successive_shapes[0])

losses, starts = [], []
img = tf.identity(original_img)
for i, shape in enumerate(successive_shapes):
    print("Processing octave %d with shape %s" % (i, shape))
    starts.append(len(losses))
    img = tf.image.resize(img, shape)
    img = gradient_ascent_loop(img, iterations=iterations, learning_rate=step, max_loss=max_loss)
    upscaled_shrunk_original_img = tf.image.resize(shrunk_original_img, shape)
    same_size_original = tf.image.resize(original_img, shape)
    lost_detail = same_size_original - upscaled_shrunk_original_img
    img += lost_detail
    shrunk_original_img = tf.image.resize(original_img, shape)

keras.utils.save_img(result_prefix + ".png", deprocess_image(img.numpy()))
dream = img.numpy()[0]
