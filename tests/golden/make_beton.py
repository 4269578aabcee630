#!/usr/bin/env python3
"""Writes tests/golden/beton by FFCV's own DatasetWriter, and beside each set what went into it.

train.beton, val.beton: every field, images as JPEG and raw in one field; other/plain.beton: numbers
alone; other/own.beton: a field of a class of its own. expected.json: of each file and sample, bytes
in hex and shapes. Needs ffcv 1.0.2 (its sources suffice, on PYTHONPATH), numpy, opencv, Pillow;
torch, numba and its library, which the writer does not use, may be absent.
Run: tests/golden/make_beton.py
"""
import importlib.util
import json
import pathlib
import shutil
import sys
import types
from unittest.mock import MagicMock

import numpy as np

# The package itself imports all that FFCV can do; the writer needs none of it.
HOME = pathlib.Path(importlib.util.find_spec("ffcv").origin).parent
sys.modules["ffcv"] = types.ModuleType("ffcv")
sys.modules["ffcv"].__path__ = [str(HOME)]
for name in ("torch", "numba", "numba.typed", "numba.extending", "ffcv.libffcv",
             "ffcv.pipeline.compiler"):
    sys.modules.setdefault(name, MagicMock())
sys.modules["numba.typed"].Dict = dict


class Tensor:
    def __init__(self, array):
        self.array = array

    def numpy(self):
        return self.array


sys.modules["torch"].zeros = lambda size, dtype: Tensor(np.zeros(size, dtype))
for name in "operation", "state", "allocation_query":
    sys.modules["ffcv.pipeline." + name] = types.ModuleType(name)
sys.modules["ffcv.pipeline"] = types.ModuleType("ffcv.pipeline")
sys.modules["ffcv.pipeline.operation"].Operation = type("Operation", (), {})
sys.modules["ffcv.pipeline.state"].State = type("State", (), {})
sys.modules["ffcv.pipeline.allocation_query"].AllocationQuery = type("AllocationQuery", (), {})

import ffcv.fields as fields
import ffcv.writer as writer
from ffcv.fields.rgb_image import encode_jpeg

writer.MIN_PAGE_SIZE = 1 << 10
OUT = pathlib.Path(__file__).parent / "beton"


class OwnField(fields.IntField):
    pass


FIELDS = {
    "image": lambda: fields.RGBImageField(write_mode="smart", smart_threshold=200, jpeg_quality=90),
    "label": fields.IntField,
    "score": fields.FloatField,
    "pixels": lambda: fields.RGBImageField(write_mode="raw"),
    "note": fields.JSONField,
    "box": lambda: fields.NDArrayField(np.dtype("<f4"), (4,)),
    "grid": lambda: fields.NDArrayField(np.dtype(">i2"), (2, 3)),
    "tensor": lambda: fields.TorchTensorField(np.dtype("<i8"), (2,)),
    "extra": fields.BytesField,
    "when": lambda: fields.NDArrayField(np.dtype("<M8[s]"), (1,)),
}


def picture(i):
    """6 x 5 pixels, which stay raw, or 12 x 10, which become a JPEG."""
    height, width = (5, 6) if i % 2 == 0 else (10, 12)
    y, x, channel = np.mgrid[:height, :width, :3]
    return ((9 * x + 7 * y + 40 * channel + 20 * i) % 256).astype(np.uint8)


def sample(i):
    return {
        "image": picture(i),
        "label": i % 3,
        "score": i / 4,
        "pixels": np.full((3, 2, 3), i, np.uint8),
        "note": {"n": i, "text": "é" * i},
        "box": np.arange(i, i + 4, dtype="<f4"),
        "grid": np.arange(i - 3, i + 3).astype(">i2").reshape(2, 3),
        "tensor": Tensor(np.array([i, -10**12 - i], "<i8")),
        "extra": np.frombuffer(f"extra {i}".encode() * (i % 3), np.uint8),
        "when": np.array([i], "<M8[s]"),
    }


def expected(value, name):
    if name == "image" and value.nbytes > 200:
        return {"hex": encode_jpeg(value, 90).tobytes().hex(), "shape": []}
    if isinstance(value, dict):
        value = json.dumps(value).encode()
        return {"hex": value.hex(), "shape": [len(value)]}
    array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    to = {"label": "<i4", "score": "<f4"}.get(name, array.dtype.newbyteorder("<"))
    return {"hex": array.astype(to).tobytes().hex(), "shape": list(array.shape)}


def write(name, names, numbers):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {field: FIELDS[field]() for field in names}
    rows = [tuple(sample(i)[field] for field in names) for i in numbers]
    out = writer.DatasetWriter(str(path), made, page_size=writer.MIN_PAGE_SIZE, num_workers=1)
    out.from_indexed_dataset(rows)
    return [{f: expected(sample(i)[f], f) for f in names if f != "when"} for i in numbers]


shutil.rmtree(OUT, ignore_errors=True)
told = {}
told["train.beton"] = write("train.beton", list(FIELDS), range(7))
told["val.beton"] = write("val.beton", list(FIELDS), range(7, 9))
told["other/plain.beton"] = write("other/plain.beton", ["label", "score"], range(3))
told["other/small.beton"] = write("other/small.beton", ["image", "label"], range(4))
own = writer.DatasetWriter(str(OUT / "other/own.beton"), {"own": OwnField()},
                           page_size=writer.MIN_PAGE_SIZE, num_workers=1)
own.from_indexed_dataset([(1,), (2,)])
(OUT / "expected.json").write_text(json.dumps(told, indent=1) + "\n")
