"""The kernels compiled for avx2 (made by setup.py from the sources one folder up)."""
