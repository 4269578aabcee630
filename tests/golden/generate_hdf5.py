#!/usr/bin/env python3
"""Writes tests/golden/hdf5: small files by h5py (and hdf5plugin), whose values follow from formulas that
tests/formats/hdf5_test.cc has too.

  image[n, y, x, c] = (50 n + 7 y + 3 x + c) mod 256    uint8; 7 samples of 6 x 5 x 3
  label[n]          = n mod 3
  volume[n, z, y, x] = 1000 n + 100 z + 10 y + x        uint16; 4 samples of 6 x 4 x 6
Noise, which does not pack, comes from an integer generator that the test has too.
Needs h5py 3 and hdf5plugin. Run: tests/golden/generate_hdf5.py
"""
import pathlib

import h5py
import hdf5plugin
import numpy as np

OUT = pathlib.Path(__file__).parent / "hdf5"
N = 7
n, y, x, c = np.ogrid[:N, :6, :5, :3]
IMAGE = ((50 * n + 7 * y + 3 * x + c) % 256).astype("u1")
LABEL = np.arange(N) % 3
vn, vz, vy, vx = np.ogrid[:4, :6, :4, :6]
VOLUME = (1000 * vn + 100 * vz + 10 * vy + vx).astype("u2")


def noise(count):
    state, values = 12345, []
    for _ in range(count):
        state = (1103515245 * state + 12345) % 2**31
        values.append(state >> 15 & 255)
    return np.array(values, "u1")


def new(name, **options):
    return h5py.File(OUT / name, "w", track_order=False, **options)


OUT.mkdir(exist_ok=True)

# Every filter of the library that is read, edge chunks on three axes, names, class names.
with new("rows.h5") as f:
    f.create_dataset("images", data=IMAGE, chunks=(2, 4, 5, 3), compression="gzip", shuffle=True, fletcher32=True)
    label = f.create_dataset("labels", data=LABEL, chunks=(4,), compression="gzip", fletcher32=True)
    label.attrs["class_names"] = ["ant", "bee", "kööpen"]
    f["filename"] = [f"insects/{i}.png" for i in range(N)]

with new("volumes.h5") as f:
    f.create_dataset("ct", data=VOLUME, chunks=(2, 2, 4, 4), compression="gzip", shuffle=True)
    f.create_dataset("scan_index", data=np.arange(4) * 5)

for name, options in {"lzf": {"compression": "lzf"}, "blosc": hdf5plugin.Blosc(cname="lz4")}.items():
    with new(f"{name}.h5") as f:
        data = np.concatenate([np.zeros(180, "u1"), noise(180)]).reshape(2, 12, 5, 3)
        f.create_dataset("images", data=data, chunks=(1, 12, 5, 3), **options)
with new("zstd.h5") as f:
    f.create_dataset("images", data=IMAGE, chunks=(1, 6, 5, 3), **hdf5plugin.Zstd())

# A block of the user's own in front, contiguous and chunked.
with new("userblock.h5", userblock_size=1024) as f:
    f["plain"] = VOLUME
    f.create_dataset("packed", data=VOLUME, chunks=(1, 6, 4, 6), compression="gzip")

with new("fill.h5") as f:
    d = f.create_dataset("images", shape=IMAGE.shape, dtype="u1", chunks=(2, 6, 5, 3), compression="gzip", fillvalue=9)
    d[4] = IMAGE[4]
    f.create_dataset("labels", shape=(N,), dtype="i8")  # contiguous, never written

with new("numbers.h5") as f:
    f["images"] = IMAGE
    f["labels"] = LABEL.astype(">i2")
    values = np.arange(N)
    for dtype in ("u1", "i1", ">u2", "<i2", "<u4", ">i4", "<i8", ">u8", "<f2", ">f2", ">f4", "<f8"):
        f["v_" + dtype.replace("<", "le_").replace(">", "be_")] = values.astype(dtype)
    f["flag"] = values % 2 == 1
    f["text"] = ["same" for _ in range(N)]

with new("encoded.h5") as f:
    # 1 x 1 pixels of gray 7: the smallest PNG there is, written by hand below.
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def png(gray):
        head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
        pixels = zlib.compress(bytes([0, gray]))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")

    d = f.create_dataset("img", (3,), dtype=h5py.vlen_dtype("u1"))
    for i in range(3):
        d[i] = np.frombuffer(png(10 * i), "u1")
    f["target"] = LABEL[:3]
with new("opaque.h5") as f:
    f["data"] = np.array([png(10 * i) for i in range(3)], dtype="V80")
    f["y"] = LABEL[:3].astype("u4")

with new("groups.h5") as f:
    for i in range(3):
        g = f.create_group(f"{i:06d}")
        g["image"] = VOLUME[i, : 6 - i % 2].astype("f4") / 2
        g["mask"] = (VOLUME[i, : 6 - i % 2] % 2).astype("u1")
        g.attrs["label"] = i
        g.attrs["patient"] = f"P{i}"

with new("group_texts.h5") as f:
    for i in range(3):
        f[f"s{i}/pixels"] = IMAGE[i]
        f[f"s{i}"].attrs["label"] = ["bee", "ant", "bee"][i]

(OUT / "slices").mkdir(exist_ok=True)
for i in range(3):
    with new(f"slices/volume_1_slice_{i}.h5") as f:
        f["image"] = IMAGE[i].astype("f8") / 4
        f["mask"] = (IMAGE[i] % 2).astype("u1")

(OUT / "pairs").mkdir(exist_ok=True)
for split, begin, end in (("train", 0, 4), ("valid", 4, 6), ("test", 6, 7)):
    with new(f"pairs/patches_split_{split}_x.h5") as f:
        f.create_dataset("x", data=IMAGE[begin:end], chunks=(1, 6, 5, 3), compression="gzip")
    with new(f"pairs/patches_split_{split}_y.h5") as f:
        f["y"] = LABEL[begin:end].astype("u1").reshape(-1, 1, 1, 1)

with new("splits.h5") as f:
    f["list_classes"] = np.array([b"ant", b"bee", b"cow"])
    for split, begin, end in (("train", 0, 5), ("test", 5, 7)):
        f[f"{split}_set_x"] = IMAGE[begin:end]
        f[f"{split}_set_y"] = LABEL[begin:end]

with new("ambiguous.h5") as f:
    f["a"] = IMAGE
    f["b"] = IMAGE + 1
    f["labels"] = LABEL

# Classes as texts of fixed length; more arrays of three rows than columns.
with new("text_labels.h5") as f:
    f["images"] = IMAGE
    f["class"] = np.array([[b"bee", b"ant", b"tern"][i] for i in LABEL])
    f["mean"], f["std"], f["palette"] = np.zeros(3), np.ones(3), np.zeros((3, 3), "u1")
with new("one_hot.h5") as f:
    f["images"] = IMAGE
    f["labels"] = np.eye(3, dtype="f4")[LABEL]

# Elements in other files, one of which there is.
for name, source in {"virtual": "ambiguous.h5", "virtual_missing": "not_there.h5"}.items():
    with new(f"{name}.h5") as f:
        layout = h5py.VirtualLayout(IMAGE.shape, "u1")
        layout[:] = h5py.VirtualSource(source, "a", IMAGE.shape)
        f.create_virtual_dataset("images", layout)
        f["labels"] = LABEL
with new("external.h5") as f:
    f["images"] = h5py.ExternalLink("ambiguous.h5", "/a")

with new("latest.h5", libver="latest") as f:
    f.create_dataset("images", data=IMAGE, chunks=(1, 6, 5, 3), compression="gzip")

# As MATLAB's save -v7.3: a text in a block of 512 bytes in front, axes turned round, doubles, samples
# numbered from 1. X(y, x, c, n) lies as (n, c, x, y).
with new("matlab.mat", userblock_size=512) as f:
    d = f.create_dataset("X", data=IMAGE.transpose(0, 3, 2, 1), chunks=(7, 3, 5, 6), compression="gzip")
    d.attrs["MATLAB_class"] = np.bytes_("uint8")
    d = f.create_dataset("y", data=(LABEL + 1.0).reshape(1, N))
    d.attrs["MATLAB_class"] = np.bytes_("double")
with open(OUT / "matlab.mat", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: (left out) HDF5 schema 1.00 .".ljust(116))
    f.write(bytes(8) + b"\x00\x02IM")
