"""Layers that move elements, repeat them or leave some out: shapes and axes, borders, sizes."""
