#!/usr/bin/env python3
"""Writes tests/golden/tfrecord: a file by the PyPI package tfrecord's own TFRecordWriter.

Four Examples: image/encoded (PNG of 5 x 4 pixels, all 40 * i), image/class/label i % 2,
image/class/text, image/filename, score (float), box (four floats), counts (i int64s).
Needs tfrecord 1.14.6, numpy, pillow. Run: tests/golden/make_tfrecord.py
"""
import io
import pathlib

import numpy as np
from PIL import Image
from tfrecord.writer import TFRecordWriter

OUT = pathlib.Path(__file__).parent / "tfrecord"


def png(value):
    out = io.BytesIO()
    Image.fromarray(np.full((4, 5, 3), value, np.uint8)).save(out, "PNG")
    return out.getvalue()


writer = TFRecordWriter(str(OUT / "train-00000-of-00001"))
for i in range(4):
    writer.write(
        {
            "image/encoded": (png(40 * i), "byte"),
            "image/class/label": (i % 2, "int"),
            "image/class/text": (["cat", "dog"][i % 2].encode(), "byte"),
            "image/filename": (f"{i}.png".encode(), "byte"),
            "score": (0.5 * i, "float"),
            "box": ([0.25, 0.5, 0.75, 1.0 * i], "float"),
            "counts": (list(range(i + 1)), "int"),
        }
    )
writer.close()
