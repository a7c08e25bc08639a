"""Programs to read and to run.

    python -m cycnn.examples.mnist        handwritten digits: load, look, train, test, predict, save

They use only what `import cycnn` offers, and what `pip install "cycnn[examples]"` adds: matplotlib and scikit-learn.
"""
