"""The kernels compiled for baseline (made by setup.py from the sources one folder up)."""
