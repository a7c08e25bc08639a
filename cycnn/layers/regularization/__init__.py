"""Layers that act in training only: they drop elements, or disturb them."""
