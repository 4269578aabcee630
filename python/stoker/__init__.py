"""stoker: packed, checked, memory-mapped data sets of images and volumes, as NumPy arrays.

    ds = stoker.open("packed/train")
    ds[0]                                  # {"image": array, "label": array}: views of the mapped shard
    ds.image(0)                            # decoded, uint8 [height, width, 3]
    for batch in ds.loader(256, crop=224): # {"image": uint8 [n, 224, 224, 3], "label": int64 [n], "id"}
        ...

Data sets are packed by the programs pack-imagenet, pack-volumes and convert-dataset; stoker.convert
calls the last.
"""
from ._convert import convert
from ._dataset import Dataset, Field, open
from ._errors import (CorruptError, Error, IoError, NotFoundError, UnsupportedError,
                      UsageError)
from ._loader import Loader
from ._verify import Fault, VerifyReport, verify
from ._version import __version__

__all__ = ["CorruptError", "Dataset", "Error", "Fault", "Field", "IoError", "Loader",
           "NotFoundError", "UnsupportedError", "UsageError", "VerifyReport", "__version__",
           "convert", "open", "verify"]
