"""Programs to read and to run.

    python -m cycnn.examples.mnist           handwritten digits: load, look, train, test, predict, save
    python -m cycnn.examples.cats_vs_dogs    photos of two kinds from folders, decoded while the network learns

They use only what `import cycnn` offers, and what `pip install "cycnn[examples]"` adds: matplotlib, scikit-learn, Pillow
and h5py.
"""
