"""Convolution layers: one file a layer, over `base_conv`."""
