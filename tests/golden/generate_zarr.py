#!/usr/bin/env python3
"""Small Zarr stores for tests, written by zarr-python.

Every array has the shape (5, 6, 7) and the values z * 100 + y * 10 + x, unless said otherwise; of
"holes" the chunk at the front is not stored and reads as the fill value, 7.

usage: generate_zarr.py FOLDER     (zarr 3.1.6, numcodecs 0.16.6, numpy)
"""
import shutil
import sys
import warnings
from pathlib import Path

import numcodecs
import numpy
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

warnings.simplefilter("ignore")
SHAPE = (5, 6, 7)
CHUNKS = (3, 6, 4)
Z, Y, X = numpy.indices(SHAPE)
VALUES = Z * 100 + Y * 10 + X


def zipped(path, write):
    store = zarr.storage.ZipStore(str(path), mode="w")
    write(store)
    store.close()


def create(store, dtype="uint16", fill=0, **options):
    array = zarr.create_array(store, shape=SHAPE, chunks=CHUNKS, dtype=dtype, fill_value=fill,
                              **options)
    array[:] = VALUES.astype(dtype)


def write_v2(folder):
    blosc = numcodecs.Blosc
    compressors = {"raw": None, "zlib": numcodecs.Zlib(1), "gzip": numcodecs.GZip(1),
                   "zstd": numcodecs.Zstd(1), "lz4": numcodecs.LZ4(),
                   "blosc_lz4": blosc("lz4", 5, blosc.SHUFFLE),
                   "blosc_lz4hc": blosc("lz4hc", 5, blosc.NOSHUFFLE),
                   "blosc_zstd": blosc("zstd", 5, blosc.BITSHUFFLE),
                   "blosc_zlib": blosc("zlib", 5, blosc.SHUFFLE),
                   "blosc_blosclz": blosc("blosclz", 5, blosc.SHUFFLE)}
    for name, compressor in compressors.items():
        zipped(folder / f"v2_{name}.zip",
               lambda store: create(store, zarr_format=2, compressors=compressor))
    for dtype in ("int8", "uint8", ">i2", ">u4", "<i8", "<f2", ">f4", "<f8"):
        values = VALUES % 100
        def write(store):
            array = zarr.create_array(store, shape=SHAPE, chunks=CHUNKS, dtype=dtype, zarr_format=2,
                                      compressors=None, order="F", fill_value=0)
            array[:] = values.astype(dtype)
        name = dtype.replace("<", "little_").replace(">", "big_")
        zipped(folder / f"v2_f_order_{name}.zip", write)


def write_v3(folder):
    codecs = {"raw": [], "gzip": [GzipCodec(level=1)], "zstd": [ZstdCodec(level=1)],
              "blosc": [BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle", typesize=2)],
              "crc32c": [ZstdCodec(level=1), Crc32cCodec()]}
    for name, compressors in codecs.items():
        zipped(folder / f"v3_{name}.zip", lambda store: create(store, compressors=compressors))
    zipped(folder / "v3_big_transposed.zip",
           lambda store: create(store, compressors=[ZstdCodec()],
                                filters=[TransposeCodec(order=(2, 0, 1))],
                                serializer=BytesCodec(endian="big")))
    zipped(folder / "v3_v2_keys.zip",
           lambda store: create(store, chunk_key_encoding={"name": "v2", "separator": "."}))
    for place in ("start", "end"):
        def write(store):
            array = zarr.create_array(store, shape=SHAPE, chunks=(2, 3, 4),
                                      shards={"shape": (4, 6, 8), "index_location": place},
                                      dtype="uint16", compressors=[GzipCodec(level=1)],
                                      fill_value=0)
            array[:] = VALUES
            array[2:4, 3:6, 0:4] = 0  # an inner chunk that is not stored
        zipped(folder / f"v3_sharded_{place}.zip", write)


def write_holes(folder):
    for version in (2, 3):
        def write(store):
            array = zarr.create_array(store, shape=SHAPE, chunks=CHUNKS, dtype="uint16",
                                      fill_value=7, zarr_format=version)
            array[3:] = VALUES[3:]
            array[:, :, 4:] = VALUES[:, :, 4:]
        zipped(folder / f"v{version}_holes.zip", write)
    zipped(folder / "v3_nan.zip", lambda store: zarr.create_array(
        store, shape=(2, 2, 2), chunks=(1, 2, 2), dtype="float32", fill_value=float("nan")))


def write_ome(folder):
    """An image (c, z, y, x) as Vesuvius' and OME's tools write them, with labels; version 0.4."""
    root = zarr.open_group(folder / "ome_v2.zarr", mode="w", zarr_format=2)
    array = root.create_array("0", shape=(1, *SHAPE), chunks=(1, *CHUNKS), dtype="uint16",
                              chunk_key_encoding={"name": "v2", "separator": "/"},
                              compressors=numcodecs.Blosc("zstd", 3), fill_value=0)
    array[0] = VALUES
    names = ["z", "y", "x"]
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": n, "type": "space", "unit": "micrometer"} for n in names]
    steps = [{"type": "scale", "scale": [1.0, 8.0, 4.0, 2.0]},
             {"type": "translation", "translation": [0.0, 0.0, 0.0, 16.0]}]
    root.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [
        {"path": "0", "coordinateTransformations": steps}]}]
    labels = root.create_group("labels")
    labels.attrs["labels"] = ["surface"]
    surface = labels.create_group("surface")
    mask = surface.create_array("0", shape=SHAPE, chunks=CHUNKS, dtype="int32", fill_value=0,
                                compressors=numcodecs.GZip(1))
    mask[:] = VALUES % 2
    surface.attrs["multiscales"] = [{"version": "0.4", "axes": axes[1:], "datasets": [
        {"path": "0", "coordinateTransformations": [
            {"type": "scale", "scale": [8.0, 4.0, 2.0]}]}]}]


def write_stack(folder):
    """Images 4 x 3 of three channels with labels: i * 36 + y * 9 + x * 3 + c, modulo 251."""
    root = zarr.open_group(folder / "stack_v3.zarr", mode="w")
    images = root.create_array("images", shape=(5, 4, 3, 3), chunks=(2, 4, 3, 3), dtype="uint8")
    images[:] = (numpy.arange(180) % 251).reshape(5, 4, 3, 3)
    labels = root.create_array("labels", shape=(5,), chunks=(5,), dtype="int64")
    labels[:] = numpy.arange(5) % 3


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for write in (write_v2, write_v3, write_holes, write_ome, write_stack):
        write(folder)


main(Path(sys.argv[1]))
