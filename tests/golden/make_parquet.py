#!/usr/bin/env python3
"""Writes tests/golden/parquet by Hugging Face's datasets and by pyarrow.

Sample i: image PNG (5 x 4, all 20 * i), label i % 2 of ["cat", "dog"], path img_i.png.
hub       to_parquet in the Hub's layout: train of two files (0, 1 and 2), validation (3),
          test without a class (4, -1)
kinds     every type of column: text, score i / 2, big uint64, flag, half, box float32 (4),
          grid Array2D int16 (2, 3), ragged uint8 lists (i + 1, 2), raw bytes, when (a date),
          empty (nothing but nulls)
codecs    the same table by each codec, page version and dictionary choice; rows in groups of two
saved     save_to_disk of a DatasetDict, rows 0 to 3 and 4
selected  save_to_disk whose state.json says a selection of rows, as datasets before 2.0 wrote
files     Arrow: a file of batches, a stream compressed by lz4, a stream cut behind its first batch
configs   two configurations, en and fr
named     split names, classes and files by README.md
nulls     a label, a text, an image that is null, one each
paths     images by their paths alone
texts     labels as texts
turned    row 2 where the classes are ["dog", "cat"]
encrypted the magic of an encrypted footer alone
Needs datasets 5.2.0, pyarrow 26.0.1, Pillow. Run: tests/golden/make_parquet.py
"""
import io
import json
import pathlib
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import (Array2D, ClassLabel, Dataset, DatasetDict, Features, Image, List, Value)
from PIL import Image as Pillow

OUT = pathlib.Path(__file__).parent / "parquet"
SMALL = Features({"image": Image(), "label": ClassLabel(names=["cat", "dog"])})
ALL = Features({"image": Image(), "label": ClassLabel(names=["cat", "dog"]),
                "text": Value("string"), "score": Value("float64"), "big": Value("uint64"),
                "flag": Value("bool"), "half": Value("float16"),
                "box": List(Value("float32"), length=4), "grid": Array2D((2, 3), "int16"),
                "ragged": List(List(Value("uint8"))),
                "raw": Value("binary"), "when": Value("timestamp[s]"), "empty": Value("null")})


def png(i):
    file = io.BytesIO()
    Pillow.fromarray(np.full((4, 5, 3), 20 * i, np.uint8)).save(file, "PNG")
    return file.getvalue()


def sample(i):
    return {"image": {"bytes": png(i), "path": f"img_{i}.png"}, "label": i % 2, "text": f"text {i}",
            "score": i / 2, "big": 10**12 + i, "flag": i % 2 == 1, "half": i / 4,
            "box": [i, i + 1, i + 2, i + 3], "grid": [[i, i + 1, i + 2], [i + 3, i + 4, i + 5]],
            "ragged": [[2 * r, 2 * r + 1] for r in range(i + 1)], "raw": bytes([i, 0, 255]),
            "when": i, "empty": None}


def table(rows, features=SMALL, **change):
    samples = [{**sample(i), **change} for i in rows]
    columns = {name: [each[name] for each in samples] for name in features}
    return Dataset.from_dict(columns, features=features)


def save(dataset, name):
    (OUT / name).parent.mkdir(parents=True, exist_ok=True)
    dataset.to_parquet(str(OUT / name))


def plain(dataset):  # the table itself, its metadata included
    return dataset.data.table.combine_chunks()


shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir()
save(table([0, 1]), "hub/data/train-00000-of-00002.parquet")
save(table([2]), "hub/data/train-00001-of-00002.parquet")
save(table([3]), "hub/data/validation-00000-of-00001.parquet")
save(table([4], label=-1), "hub/data/test-00000-of-00001.parquet")
save(table(range(4), ALL), "kinds.parquet")
turned = Features({"image": Image(), "label": ClassLabel(names=["dog", "cat"])})
save(table([2], turned), "turned.parquet")

(OUT / "codecs").mkdir()
for codec in "none", "snappy", "zstd", "gzip", "brotli", "lz4":
    for version in "1.0", "2.0":
        pq.write_table(plain(table(range(4))), OUT / f"codecs/{codec}-{version}.parquet",
                       compression=codec, data_page_version=version,
                       use_dictionary=version == "2.0", row_group_size=2)

DatasetDict({"train": table(range(4)), "validation": table([4])}).save_to_disk(str(OUT / "saved"))
table(range(2)).save_to_disk(str(OUT / "selected"))
state = json.loads((OUT / "selected/state.json").read_text())
state["_indices_files"] = [{"filename": "indices.arrow"}]
(OUT / "selected/state.json").write_text(json.dumps(state, indent=1) + "\n")

(OUT / "files").mkdir()
batches = plain(table(range(4))).to_batches(max_chunksize=2)
schema = batches[0].schema
with pa.ipc.new_file(str(OUT / "files/file.arrow"), schema) as out:
    [out.write_batch(batch) for batch in batches]
lz4 = pa.ipc.IpcWriteOptions(compression="lz4")
with pa.ipc.new_stream(str(OUT / "files/lz4.arrow"), schema, options=lz4) as out:
    [out.write_batch(batch) for batch in batches]
with pa.ipc.new_stream(str(OUT / "files/cut.arrow"), schema) as out:
    out.write_batch(batches[0])
whole = (OUT / "files/cut.arrow").read_bytes()
(OUT / "files/cut.arrow").write_bytes(whole[:-8])

for language in "en", "fr":
    save(table([0 if language == "en" else 1]), f"configs/{language}/train-00000-of-00001.parquet")
named = plain(table([0])).replace_schema_metadata(None)
(OUT / "named/data").mkdir(parents=True)
pq.write_table(named, OUT / "named/data/a-00000.parquet")
pq.write_table(named, OUT / "named/data/b-00000.parquet")
(OUT / "named/README.md").write_text("""---
license: mit  # of the pictures
configs:
- config_name: default
  data_files:
  - split: unsupervised
    path: data/a-*
  - split: validation
    path:
    - "data/b-*"
dataset_info:
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names:
          '0': cat
          '1': dog
---
# Cats and dogs
""")

for column, rows in ("label", 1), ("text", 2), ("image", 0):
    columns = {name: [sample(i)[name] for i in range(3)] for name in ("image", "label", "text")}
    columns[column][rows] = None
    features = Features({name: ALL[name] for name in columns})
    save(Dataset.from_dict(columns, features=features), f"nulls/{column}.parquet")

(OUT / "paths/images").mkdir(parents=True)
for i in range(2):
    (OUT / f"paths/images/{i}.png").write_bytes(png(i))
places = pa.array(["images/0.png", "images/1.png"])
image = pa.StructArray.from_arrays([pa.array([None] * 2, pa.binary()), places],
                                   names=["bytes", "path"])
pq.write_table(pa.table({"image": image, "label": pa.array([0, 1])}), OUT / "paths/table.parquet")

rows = {"picture": [png(i) for i in range(4)], "class": ["dog", "cat", "dog", "eel"],
        "__key__": list("wxyz")}
pq.write_table(pa.table(rows), OUT / "texts.parquet", compression="none")
(OUT / "encrypted.parquet").write_bytes(b"PARE" + bytes(8) + b"PARE")
for left in OUT.rglob("*.lock"):
    left.unlink()
