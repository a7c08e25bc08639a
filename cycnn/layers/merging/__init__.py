"""Layers of several inputs: sums, products and extremes element by element, maps side by side, dot products."""
