"""Layers that move elements: flatten, reshape, permute, zero padding."""
