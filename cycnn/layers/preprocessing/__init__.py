"""Layers for pictures before they are learned from: random changes while training (augmentation).

    random_flip, ...      a layer draws numbers between 0 and 1 for each picture (`base_augmentation`)
      base_geometry       they say where pixels come from: an affine map   → kernels.image.warp
      base_colour         they say what becomes of each pixel              → kernels.image.hue, ...
    mix_up, cut_mix       pictures with pieces of others, and their labels: arrays only (`base_mixing`)
    pipeline              one layer after the other
    text_vectorization    texts to numbers of words, in front of a model

In inference these layers are views: a plan holds no call of theirs.
"""
