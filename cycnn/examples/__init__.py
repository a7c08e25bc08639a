"""Programs to read and to run: a page of code each, a picture as result, and a bar that is stated at the top.

    python -m cycnn.examples.NAME --help

    mnist                  handwritten digits: load, look, train, test, predict, save
    cats_vs_dogs           photos of two kinds from folders, other ones in each epoch

    from_scratch           from pixels to convolutions, every number by hand and by a layer
    handcrafted_filters    edges found by filters from textbooks, without training
    mlp_and_cnn            what convolutions save: parameters and accuracy beside dense layers
    questions              what people ask about convolutional networks, answered by measuring

    cifar10                ten kinds of small photos, in the manner of VGG or of ResNet
    transfer_learning      a network that knows some digits learns others from five images each
    autoencoder            takes the noise off digits
    super_resolution       small pictures made large and sharp
    segmentation           a U-Net: what does each pixel belong to?
    object_detection       what is in a scene, and where, in a single pass
    style_transfer         what one picture shows, in the manner of another
    text_lines             lines of text, read with CTC
    gan_digits             digits that nobody wrote: one network draws, another one tells drawings from real ones
    vae_digits             a map of handwriting, and what lies between two digits

    time_series            1D: what somebody does, from a sensor
    sounds                 2D: sounds by their spectrograms
    volumes                3D: nodules in scans
    text_classification    did somebody like what he bought?
    entity_tagging         people, places and firms in sentences

    common                 what the programs share: their arguments, and handwritten digits

They use only what `import cycnn` offers, and what `pip install "cycnn[examples]"` adds: matplotlib, scikit-learn, Pillow
and h5py. Where a data set can be neither found nor downloaded they say so, and learn from one that is embedded or drawn.
"""
