"""Pooling layers: windows over `base_pooling`, whole maps over `base_global_pooling`."""
