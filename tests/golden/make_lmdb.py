#!/usr/bin/env python3
"""Writes tests/golden/lmdb by the lmdb package, as people write image sets, and what it wrote.

plain: keys that are names, images alone. numbered: image-%09d, label-%09d, num-samples; texts: the
same with transcriptions. pickled: pairs of (file, label), __len__, __keys__ (folder2lmdb); batches:
the same by a loader with batches of one. named: two databases, images and labels; splits: two,
train and val. deep_val: 390 keys, branch pages, values in pages of their own, entries deleted and
written anew. refused: what is not read. expected.json: of each set and sample, bytes in hex.
Needs lmdb 3.0.0, NumPy, Pillow. Run: tests/golden/make_lmdb.py
"""
import io
import json
import pathlib
import pickle
import shutil

import lmdb
import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).parent / "lmdb"
told = {}


def png(i, size=4):
    out = io.BytesIO()
    Image.fromarray(np.full((size, size + 1, 3), 20 * i % 256, np.uint8)).save(out, "PNG")
    return out.getvalue()


def ppm(i):
    return b"P6 1 1 255\n" + bytes([i % 256, i // 256, 7])


def noise(i, side=27):
    """An image that does not fit a node."""
    pixels = np.random.default_rng(i).integers(0, 256, (side, side, 3), np.uint8)
    return b"P6 %d %d 255\n" % (side, side) + pixels.tobytes()


def write(name, databases, **flags):
    """databases: {None or name: [(key, value)]}, each list a transaction of its own."""
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with lmdb.open(str(path), subdir=False, lock=False, max_dbs=4, map_size=1 << 22) as env:
        for database, entries in databases.items():
            handle = env.open_db(database and database.encode(), **flags)
            with env.begin(write=True, db=handle) as change:
                for key, value in entries:
                    change.put(key, value)


def tell(name, samples):
    told[name] = [{"name": key, "values": {field: value.hex() for field, value in values.items()}}
                  for key, values in samples]


def int32(number):
    return number.to_bytes(4, "little", signed=True)


shutil.rmtree(OUT, ignore_errors=True)

names = [f"cat/{i:03}.png" for i in range(4)]
write("plain.lmdb", {None: [(n.encode(), png(i)) for i, n in enumerate(names)]})
tell("plain.lmdb", [(n, {"image": png(i)}) for i, n in enumerate(names)])

# the last number is past the count: of an earlier, longer set
rows = [(f"{kind}-{i:09}".encode(), png(i) if kind == "image" else b"%d" % (i % 2))
        for i in range(1, 12) for kind in ("image", "label")]
write("numbered.lmdb", {None: rows + [(b"num-samples", b"10")]})
tell("numbered.lmdb", [(f"{i:09}", {"image": png(i), "label": int32(i % 2)}) for i in range(1, 11)])

words = ["one", "two", "three"]
rows = [(f"image-{i:09}".encode(), png(i)) for i in range(1, 4)]
rows += [(f"label-{i:09}".encode(), words[i - 1].encode()) for i in range(1, 4)]
write("texts.lmdb", {None: rows + [(b"num-samples", b"3")]})
tell("texts.lmdb", [(f"{i:09}", {"image": png(i), "text": words[i - 1].encode()})
                    for i in range(1, 4)])

keys = [str(i).encode() for i in range(12)]
rows = [(key, pickle.dumps((png(i), i % 3))) for i, key in enumerate(keys)]
rows += [(b"__keys__", pickle.dumps(keys)), (b"__len__", pickle.dumps(12))]
write("pickled.lmdb", {None: rows})
tell("pickled.lmdb", [(str(i), {"image": png(i), "label": int32(i % 3)}) for i in range(12)])

# a loader with batches of one: a list with the file, an array with the label; protocol 2
rows = [(b"%d" % i, pickle.dumps(([png(i)], np.array([i % 3])), protocol=2)) for i in range(3)]
write("batches.lmdb", {None: rows + [(b"__len__", pickle.dumps(3))]})
tell("batches.lmdb", [(str(i), {"image": png(i), "label": int32(i % 3)}) for i in range(3)])

kinds = ["dog", "cat", "dog"]
write("named.lmdb", {"images": [(b"k%d" % i, png(i)) for i in range(3)],
                     "labels": [(b"k%d" % i, kinds[i].encode()) for i in range(3)]})
tell("named.lmdb", [(f"k{i}", {"image": png(i), "label": int32(int(kinds[i] == "dog"))})
                    for i in range(3)])
write("splits.lmdb", {"train": [(b"a%d" % i, png(i)) for i in range(2)], "val": [(b"b", png(9))]})
tell("splits.lmdb", [("a0", {"image": png(0)}), ("a1", {"image": png(1)}),
                     ("b", {"image": png(9)})])

# a folder, as lmdb.open makes it by default; many pages, some of them written again
path = OUT / "deep_val"
with lmdb.open(str(path), lock=False, map_size=1 << 24) as env:
    with env.begin(write=True) as change:
        for i in range(400):
            change.put(b"key%04d" % i, ppm(i))
    with env.begin(write=True) as change:
        for i in range(0, 400, 200):
            change.put(b"key%04d" % i, noise(i))
        change.put(b"key0100", noise(100, 40))
        for i in range(50, 60):
            change.delete(b"key%04d" % i)
    with env.begin(write=True) as change:
        change.put(b"key0100", noise(101))  # shorter, in the pages it has
kept = [i for i in range(400) if not 50 <= i < 60]
big = {0: noise(0), 200: noise(200), 100: noise(101)}
tell("deep_val", [(f"key{i:04}", {"image": big.get(i, ppm(i))}) for i in kept])

# channels, height, width, data, label
datum = b"\x08\x03\x10\x01\x18\x01\x22\x03\x01\x02\x03\x28\x05"
write("refused/datum.lmdb", {None: [(b"00000000_a", datum)]})
write("refused/dupsort.lmdb", {"train": [(b"a", png(1)[:100]), (b"a", png(2)[:100])]}, dupsort=True)
# msgpack: an array of two, of bytes and a number
write("refused/msgpack.lmdb", {None: [(b"0", b"\x92\xc4\x03abc\x01"), (b"__len__", b"\x01")]})
write("refused/side.lmdb", {None: [(b"a", png(1))], "other": [(b"b", png(2))]})
lines = [f"{json.dumps(name)}: {json.dumps(samples)}" for name, samples in told.items()]
(OUT / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
