"""The kernels compiled for avx512 (made by setup.py from the sources one folder up)."""
