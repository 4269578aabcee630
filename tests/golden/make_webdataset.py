#!/usr/bin/env python3
"""Writes tests/golden/webdataset: a shard by the webdataset library's own TarWriter.

Four samples, keys a/000 to a/003: an image (PNG of 5 x 4 pixels, all 40 * i), cls i % 2, a JSON with
"kind", a text, an array of float32 2 x 3 (i * 10 + n) and a pickle, which is to be skipped.
Needs webdataset 1.0.2, numpy, pillow. Run: tests/golden/make_webdataset.py
"""
import io
import pathlib

import numpy as np
import webdataset as wds
from PIL import Image

OUT = pathlib.Path(__file__).parent / "webdataset"


def png(value):
    out = io.BytesIO()
    Image.fromarray(np.full((4, 5, 3), value, np.uint8)).save(out, "PNG")
    return out.getvalue()


with open(OUT / "library-000000.tar", "wb") as stream, wds.TarWriter(stream, mtime=1.5) as writer:
    for i in range(4):
        writer.write(
            {
                "__key__": f"a/{i:03}",
                "png": png(40 * i),
                "cls": i % 2,
                "json": {"kind": ["cat", "dog"][i % 2], "id": 100 + i},
                "txt": f"sample {i}",
                "emb.npy": np.arange(6, dtype=np.float32).reshape(2, 3) + 10 * i,
                "extra.pth": b"\x80\x04N.",
            }
        )
