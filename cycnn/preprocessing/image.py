"""Pictures, under the name that programs for Keras use. Nothing is here yet: each name says what to use instead."""

_BATCHES = "a `cycnn.utils.PyDataset` that reads the photos of a batch, like the one in `cycnn.examples.cats_vs_dogs`"
INSTEAD = {
    "DirectoryIterator": _BATCHES,
    "ImageDataGenerator": f"{_BATCHES}; for arrays, `fit(x, y)` itself",
    "array_to_img": "`PIL.Image.fromarray(array.astype('uint8'))`",
    "image_dataset_from_directory": _BATCHES,
    "img_to_array": "`numpy.asarray(image, 'float32')`",
    "load_img": "`PIL.Image.open(path).convert('RGB').resize((width, height))`",
    "save_img": "`PIL.Image.fromarray(array.astype('uint8')).save(path)`",
}

__all__: list[str] = []


def __getattr__(name):
    if name in INSTEAD:
        # An AttributeError would lose its text in `from cycnn.preprocessing.image import ImageDataGenerator`.
        raise ImportError(f"cycnn has no {name}. Use {INSTEAD[name]}.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
