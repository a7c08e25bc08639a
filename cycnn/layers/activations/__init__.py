"""Activations that are layers of their own, with arguments or weights."""
