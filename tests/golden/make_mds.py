#!/usr/bin/env python3
"""Writes tests/golden/mds by MosaicML Streaming's own MDSWriter: plain/{train,val} and zstd/.

train: two shards of four samples in all, val one shard of one. image (PNG, 5 x 4, all 40 * i), label
i % 2, score i / 2, text "text i", box float32 (4) i..i+3, grid int16 (i + 1, 2) counted, raw uint8
(2, 3, 3) all i, big uint64 i, pixels (PIL, RGB, 3 x 2, all i), note JSON {"n": i}, obj pickled {i}.
gz: the same, compressed. zstd: image and class alone, with hashes.
Needs mosaicml-streaming 0.13.0; torch, which the writer does not use, may be absent. Run: tests/golden/make_mds.py
"""
import importlib.util
import pathlib
import shutil
import sys
import types
from unittest.mock import MagicMock

# The packages themselves import all that Streaming can do; the writer needs none of it.
HOME = pathlib.Path(importlib.util.find_spec("streaming").origin).parent
for name in "streaming", "streaming.base":
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(HOME.parent / name.replace(".", "/"))]
for name in "torch", "torch.distributed", "torch.utils", "torch.utils.data":
    sys.modules.setdefault(name, MagicMock())

import numpy as np
from PIL import Image
from streaming.base.format.mds.writer import MDSWriter

OUT = pathlib.Path(__file__).parent / "mds"
ALL = {"image": "png", "label": "int", "score": "float64", "text": "str", "box": "ndarray:float32:4",
       "grid": "ndarray:int16", "raw": "ndarray:uint8:2,3,3", "big": "uint64", "pixels": "pil",
       "note": "json", "count": "str_int", "any": "ndarray", "obj": "pkl"}


def sample(i):
    return {
        "image": Image.fromarray(np.full((4, 5, 3), 40 * i, np.uint8)),
        "label": i % 2,
        "score": i / 2,
        "text": f"text {i}",
        "box": np.arange(i, i + 4, dtype=np.float32),
        "grid": np.arange(2 * i + 2, dtype=np.int16).reshape(-1, 2),
        "raw": np.full((2, 3, 3), i, np.uint8),
        "big": i,
        "pixels": Image.fromarray(np.full((2, 3, 3), i, np.uint8)),
        "note": {"n": i},
        "count": 10**12 + i,
        "any": np.full((3, 2), i, np.float16),
        "obj": {i},
    }


def write(folder, columns, samples, **options):
    shutil.rmtree(OUT / folder, ignore_errors=True)
    with MDSWriter(out=str(OUT / folder), columns=columns, **options) as out:
        for each in samples:
            out.write({name: each[name] for name in columns})


write("plain/train", ALL, [sample(i) for i in range(4)], size_limit=1500, hashes=["sha1", "xxh64"])
write("plain/val", ALL, [sample(4)])
write("gz", {"text": "str", "label": "int32"}, [sample(i) for i in range(3)], compression="gz")
rows = [{**sample(i), "class": ["dog", "cat"][i % 2]} for i in range(4)]
write("zstd", {"image": "png", "class": "str"}, rows, compression="zstd:7", size_limit=400,
      hashes=["blake2s", "md5", "xxh3_64"])
