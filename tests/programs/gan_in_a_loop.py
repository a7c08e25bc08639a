# 2019: the GAN of a tutorial, one function for a step and a loop around it; no class, no `fit`.
import time

import matplotlib.pyplot as plt
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import layers

tf.random.set_seed(7)
train_images = load_digits().images
train_images = train_images.reshape(train_images.shape[0], 8, 8, 1).astype("float32")
train_images = (train_images - 8.0) / 8.0  # from -1 to 1
BUFFER_SIZE = 2000
BATCH_SIZE = 64
EPOCHS = 20
noise_dim = 20
num_examples_to_generate = 16
train_dataset = tf.data.Dataset.from_tensor_slices(train_images).shuffle(BUFFER_SIZE).batch(BATCH_SIZE)


def make_generator_model():
    model = tf.keras.Sequential()
    model.add(layers.Dense(2 * 2 * 64, use_bias=False, input_shape=(noise_dim,)))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((2, 2, 64)))
    assert model.output_shape == (None, 2, 2, 64)  # None is the batch size
    model.add(layers.Conv2DTranspose(32, (4, 4), strides=(2, 2), padding="same", use_bias=False))
    assert model.output_shape == (None, 4, 4, 32)
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Conv2DTranspose(1, (4, 4), strides=(2, 2), padding="same", activation="tanh"))
    assert model.output_shape == (None, 8, 8, 1)
    return model


def make_discriminator_model():
    model = tf.keras.Sequential()
    model.add(layers.Conv2D(32, (3, 3), strides=(2, 2), padding="same", input_shape=[8, 8, 1]))
    model.add(layers.LeakyReLU())
    model.add(layers.Dropout(0.3))
    model.add(layers.Conv2D(64, (3, 3), strides=(2, 2), padding="same"))
    model.add(layers.LeakyReLU())
    model.add(layers.Dropout(0.3))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


generator = make_generator_model()
discriminator = make_discriminator_model()
first = generator(tf.random.normal([1, noise_dim]), training=False)
plt.imshow(first[0, :, :, 0], cmap="gray")
print(discriminator(first))

cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


generator_optimizer = tf.keras.optimizers.Adam(1e-3, beta_1=0.5)
discriminator_optimizer = tf.keras.optimizers.Adam(5e-4, beta_1=0.5)
seed = tf.random.normal([num_examples_to_generate, noise_dim])
losses = []


@tf.function
def train_step(images):
    noise = tf.random.normal([BATCH_SIZE, noise_dim])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gradients_of_generator = gen_tape.gradient(gen_loss, generator.trainable_variables)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients_of_generator, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(gradients_of_discriminator, discriminator.trainable_variables))
    return gen_loss, disc_loss


def generate_and_save_images(model, epoch, test_input):
    predictions = model(test_input, training=False)
    fig = plt.figure(figsize=(4, 4))
    for i in range(predictions.shape[0]):
        plt.subplot(4, 4, i + 1)
        plt.imshow(predictions[i, :, :, 0] * 127.5 + 127.5, cmap="gray")
        plt.axis("off")
    fig.savefig("image_at_epoch_{:04d}.png".format(epoch))
    plt.close(fig)


def train(dataset, epochs):
    for epoch in range(epochs):
        start = time.time()
        for image_batch in dataset:
            gen_loss, disc_loss = train_step(image_batch)
        losses.append((gen_loss.numpy(), disc_loss.numpy()))
        tf.print("epoch", epoch + 1, "losses", gen_loss, disc_loss)
        print("Time for epoch {} is {} sec".format(epoch + 1, time.time() - start))
    generate_and_save_images(generator, epochs, seed)


train(train_dataset, EPOCHS)
drawn = generator(tf.random.normal([500, noise_dim]), training=False).numpy()
