"""Layers that every network has: dense products, activations by name."""
