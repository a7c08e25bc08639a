"""Benchmarks: how fast cycnn is, beside whom, and how much of the machine that is.

    python -m benchmarks.training      a training step and prediction, beside PyTorch and Keras on TensorFlow and JAX
    python -m benchmarks.scaling       kernels, a training step and prediction on 1 .. N threads, beside a pure FMA loop
    python -m benchmarks.layers        every layer, forward and backward, beside PyTorch
    python -m benchmarks.memory        peak resident memory of training, beside the same
    python -m benchmarks.loading       photos from a folder: decoding, training, and both at once
    python -m benchmarks.startup       what `import cycnn` and a first prediction cost over `import numpy`
    python -m benchmarks.accuracy      the MNIST program with cycnn or with Keras: time per epoch, test accuracy

    shapes.py         the networks and layers that are timed, and the multiply-adds in them
    architectures.py  the same of famous networks: MobileNetV2 and ResNet50 predict, ResNet50 trains, too
    peers.py          the contestants: one class for every library, the same three things to do
    measure.py        turns, medians, the machine, the peak, files
    results/          raw numbers with machine, versions, threads and date

The rules. Answers are compared before times. Contestants run in turns (A B C, A B C), each warmed at the start of its
turn, with the same threads, data and weights, in the layout each likes best. A share is a share of the best that
the processor did in that very run: our FMA loop, or any kernel or peer that beat it. What is lost is shown, too.
"""
