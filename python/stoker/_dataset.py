"""A packed data set, opened for reading."""
import operator
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np

from . import _core
from ._loader import Loader


@dataclass(frozen=True)
class Field:
    """What one field of every sample is (libdata/shard/shard_format.md, "Schema").

    Attributes:
        storage: "inline" (a small array of fixed shape) or "blob" (each sample has its own shape).
        dtype: NumPy's name of the element type: "uint8", "float16" ...
        axes: one letter an axis, slowest first: "HWC", "ZYX", "CZYX"; "" for a scalar.
        shape: of inline fields; None where it varies by sample.
        ignore_value: a label that counts in no loss and no metric, or None.
    """
    name: str
    storage: str
    dtype: str
    axes: str
    shape: Optional[Tuple[int, ...]]
    unit: str
    color: str
    normalization: str
    channel_names: Tuple[str, ...]
    definition: str
    ignore_value: Optional[int]


class Dataset:
    """One split of a packed data set. Made by stoker.open.

    Samples are numbered from 0 in stored order; negative numbers count from the end. Safe to use
    from many threads. Pickles by path; goes on working in a forked process.
    """

    def __init__(self, folders, split="", check_hashes=None):
        self._folders = [os.path.abspath(os.fsdecode(folder)) for folder in folders]
        self._check_hashes = check_hashes
        self._core = _core.Dataset([os.fsencode(folder) for folder in folders], split, check_hashes)
        #: name -> Field, in stored order
        self.fields: Dict[str, Field] = {row["name"]: Field(**row) for row in self._core.fields}
        #: names in the order that labels count
        self.class_names: List[str] = self._core.class_names
        #: what a user should know of joined sets: classes taken as one
        self.notes: List[str] = self._core.notes

    @property
    def folders(self) -> List[str]:
        """Where the data set lies; several where they were joined."""
        return list(self._folders)

    @property
    def split(self) -> str:
        """Name of the split that is open."""
        return self._core.split

    @property
    def splits(self) -> Dict[str, int]:
        """Samples of every split that the folders have: {"train": 1000, "val": 200}."""
        return self._core.splits

    @property
    def fingerprint(self) -> str:
        """Of the packing plan and the split: equal where samples and their numbers are."""
        return self._core.fingerprint

    def __len__(self) -> int:
        return len(self._core)

    def __getitem__(self, index: int) -> Dict[str, np.ndarray]:
        """{field: array} of one sample, as stored: read-only views of the mapped shard.

        An image file gives its bytes (uint8 [size]), as does a volume in bricks: image(), volume()
        and patch() decode them. Arrays may outlive the data set. IndexError past the end.
        """
        return self._core.sample(operator.index(index))

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]

    def value(self, index: int, field: str) -> np.ndarray:
        """One field of ds[index]."""
        return self._core.value(index, field)

    def name(self, index: int) -> str:
        """The sample's name, as the source had it."""
        return self._core.name(index)

    def record(self, index: int, field: str = "image") -> Dict[str, Any]:
        """Where a stored value lies and what it is: codec, shape, original_shape, flags, shard,
        offset_bytes, size_bytes, xxh3_64."""
        return self._core.record(index, field)

    def column(self, field: str = "label") -> np.ndarray:
        """The values of an inline field of all samples: [samples, ...], a copy."""
        return self._core.column(field)

    def image(self, index: int, field: str = "image", channels: str = "rgb") -> np.ndarray:
        """A decoded image, uint8 [height, width, channels], as Pillow's convert("RGB") gives it.

        channels: "rgb", "gray", or "stored" (1 for gray files, 3 for others).
        """
        return self._core.image(index, field, channels)

    def volume(self, index: int, field: str = "image") -> np.ndarray:
        """A whole volume, [z, y, x] or [channel, z, y, x], in the field's dtype."""
        return self._core.volume(index, field)

    def patch(self, index: int, origin: Tuple[int, int, int], shape: Tuple[int, int, int],
              field: str = "image") -> np.ndarray:
        """The box of a volume that begins at voxel `origin` (z, y, x) and has `shape` voxels; only
        the bricks that it touches are read. ValueError where it leaves the volume."""
        return self._core.patch(index, tuple(origin), tuple(shape), field)

    def loader(self, batch_size: int, crop: int = 224, *, training=True, channels="rgb",
               scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), flip=0.5, resize_short=0, seed=0,
               order="random", window=16384, tail="short", rank=0, world_size=1, threads=0,
               batches_in_flight=5, on_error="stop", io="mmap", fast_scale=False,
               image_field="image", label_field="label", torch=False) -> Loader:
        """Batches of image crops, made by threads: see stoker.Loader for what it gives.

        Args:
            training: random resized crops, flipped; False: the shorter side resized to
                resize_short (0: crop * 256 / 224), then a crop from the centre.
            channels: "rgb" or "gray".
            scale, ratio, flip: of the random crop: share of the area, width / height, probability.
            order: "random", "window" (shards shuffled, then shuffled in windows of `window`
                samples: reads in sequence) or "sequential".
            tail: what becomes of samples that fill no batch on every rank at the end of an epoch:
                "short" (a smaller batch), "drop", or "pad" (filled from the epoch's start).
            rank, world_size: which share of every epoch this process gets.
            threads: 0: one a core.
            batches_in_flight: being made, ready or in use without a copy; memory follows from it.
            on_error: "stop": a damaged sample raises; "skip": it is left out, and in .skipped.
            io: "mmap", "pread" (network disks) or "direct" (past the page cache).
            fast_scale: decode JPEGs at 1/2, 1/4, 1/8 where that is large enough.
            torch: give tensors.
        """
        stream = _core.ImageStream(
            self._core, batch_size=batch_size, crop=crop, training=training, channels=channels,
            scale=tuple(scale), ratio=tuple(ratio), flip=flip, resize_short=resize_short,
            seed=seed, order=order, window=window, tail=tail, rank=rank, world_size=world_size,
            threads=threads or _cores(), batches_in_flight=batches_in_flight, on_error=on_error,
            io=io, fast_scale=fast_scale, image_field=image_field, label_field=label_field)
        return Loader(stream, {"kind": "images", "fingerprint": self.fingerprint, "seed": seed,
                               "order": order, "window": window if order == "window" else 0}, torch)

    def patch_loader(self, batch_size: int, patch=(128, 128, 128), *, sampling="surface",
                     surface_fraction=0.7, patches_per_volume=4, grid_stride=(0, 0, 0),
                     augment=True, input="image", label=None, distance=False, standardize=None,
                     seed=0, order="random", tail="short", rank=0, world_size=1, threads=0,
                     batches_in_flight=5, on_error="stop", io="mmap", torch=False) -> Loader:
        """Batches of patches of volumes, made by threads: see stoker.Loader for what it gives.

        Args:
            patch: its voxels, z, y, x.
            sampling: "surface" (surface_fraction of the patches centred on label 1), "uniform",
                or "grid" (every place once, not augmented), in steps of grid_stride (0: the patch).
            patches_per_volume: in an epoch; of a grid, as many as there are.
            augment: flips, turns and changes of intensity, as `train` draws them.
            input: "image" (voxels as stored), "computed" (scroll6 features) or "stored" (features
                that precompute-features stored).
            label, distance: give them; label's default: where the data set has labels.
            standardize: factor and offset by stored moments; default: where there are moments.
            seed, order, tail, rank, world_size, threads, batches_in_flight, on_error, io, torch:
                as in loader().
        """
        stream = _core.PatchStream(
            self._core, batch_size=batch_size, patch=tuple(patch), sampling=sampling,
            surface_fraction=surface_fraction, patches_per_volume=patches_per_volume,
            grid_stride=tuple(grid_stride), augment=augment, input=input,
            label="label" in self.fields if label is None else label, distance=distance,
            standardize="feature_mean" in self.fields if standardize is None else standardize,
            seed=seed, order=order, tail=tail, rank=rank, world_size=world_size,
            threads=threads or _cores(), batches_in_flight=batches_in_flight, on_error=on_error,
            io=io)
        return Loader(stream, {"kind": "patches", "fingerprint": self.fingerprint, "seed": seed,
                               "order": order, "sampling": sampling}, torch)

    def __repr__(self):
        fields = ", ".join(f"{f.name}: {f.dtype} {f.axes or 'scalar'}" for f in self.fields.values())
        return f"<stoker.Dataset {', '.join(self._folders)}, {self.split}: {len(self)} samples, {fields}>"

    def __reduce__(self):
        return Dataset, (self._folders, self.split, self._check_hashes)


def _cores():
    """As many as this process may run on."""
    return len(os.sched_getaffinity(0))


def open(path: Union[str, bytes, os.PathLike, List], split: Optional[str] = None, *,
         check_hashes: Optional[bool] = None) -> Dataset:
    """Opens a packed data set.

    Args:
        path: its folder (or its dataset.json); a list of folders is joined into one, as far as
            their fields and classes are the same.
        split: default: the only one, or "train".
        check_hashes: hold stored bytes against their hash as they are read: True: all; None: those
            that are decoded, which costs next to nothing; False: none.

    Raises:
        NotFoundError (a FileNotFoundError), CorruptError, UsageError (a ValueError).
    """
    folders = [path] if isinstance(path, (str, bytes, os.PathLike)) else list(path)
    return Dataset(folders, split or "", check_hashes)
