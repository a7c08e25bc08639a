# 2019: a variational autoencoder of layers written as classes, which add to the loss; trained by `fit` and by hand.
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import backend as K
from tensorflow.keras import layers

tf.random.set_seed(5)
x_train = load_digits().data.astype("float32") / 16


class Sampling(layers.Layer):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = K.random_normal(shape=(K.shape(z_mean)[0], K.shape(z_mean)[1]))
        return z_mean + K.exp(0.5 * z_log_var) * epsilon


class Encoder(layers.Layer):
    def __init__(self, latent_dim=8, intermediate_dim=64, name="encoder", **kwargs):
        super(Encoder, self).__init__(name=name, **kwargs)
        self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
        self.dense_mean = layers.Dense(latent_dim)
        self.dense_log_var = layers.Dense(latent_dim)
        self.sampling = Sampling()

    def call(self, inputs):
        x = self.dense_proj(inputs)
        z_mean = self.dense_mean(x)
        z_log_var = self.dense_log_var(x)
        z = self.sampling((z_mean, z_log_var))
        return z_mean, z_log_var, z


class Decoder(layers.Layer):
    def __init__(self, original_dim, intermediate_dim=64, name="decoder", **kwargs):
        super(Decoder, self).__init__(name=name, **kwargs)
        self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
        self.dense_output = layers.Dense(original_dim, activation="sigmoid")

    def call(self, inputs):
        return self.dense_output(self.dense_proj(inputs))


class VariationalAutoEncoder(tf.keras.Model):
    def __init__(self, original_dim, intermediate_dim=64, latent_dim=8, name="autoencoder", **kwargs):
        super(VariationalAutoEncoder, self).__init__(name=name, **kwargs)
        self.original_dim = original_dim
        self.encoder = Encoder(latent_dim=latent_dim, intermediate_dim=intermediate_dim)
        self.decoder = Decoder(original_dim, intermediate_dim=intermediate_dim)

    def call(self, inputs):
        z_mean, z_log_var, z = self.encoder(inputs)
        reconstructed = self.decoder(z)
        kl_loss = -0.5 * tf.reduce_mean(z_log_var - tf.square(z_mean) - tf.exp(z_log_var) + 1)
        self.add_loss(0.01 * kl_loss)
        return reconstructed


# By hand.
by_hand = VariationalAutoEncoder(64)
optimizer = tf.keras.optimizers.Adam(learning_rate=3e-3)
mse_loss_fn = tf.keras.losses.MeanSquaredError()
loss_metric = tf.keras.metrics.Mean()
train_dataset = tf.data.Dataset.from_tensor_slices(x_train)
train_dataset = train_dataset.shuffle(buffer_size=1024).batch(64)
progress = []
for epoch in range(15):
    print("epoch %d" % epoch)
    loss_metric.reset_state()
    for step, x_batch_train in enumerate(train_dataset):
        with tf.GradientTape() as tape:
            reconstructed = by_hand(x_batch_train)
            loss = mse_loss_fn(x_batch_train, reconstructed)
            loss += sum(by_hand.losses)
        grads = tape.gradient(loss, by_hand.trainable_weights)
        optimizer.apply_gradients(zip(grads, by_hand.trainable_weights))
        loss_metric(loss)
        if step % 20 == 0:
            print("step %d: mean loss = %.4f" % (step, loss_metric.result()))
    progress.append(float(loss_metric.result()))

# By `fit`.
vae = VariationalAutoEncoder(64)
vae.compile(tf.keras.optimizers.Adam(learning_rate=3e-3), loss=tf.keras.losses.MeanSquaredError())
history = vae.fit(x_train, x_train, epochs=15, batch_size=64)
restored = {"by hand": by_hand.predict(x_train), "fit": vae.predict(x_train)}
