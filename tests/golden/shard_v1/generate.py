"""Writes the golden data set of container version 1: two samples in one shard, and its manifest.

Written from libdata/shard/shard_format.md alone and sharing nothing with the C++ code, so that it
says whether specification and code agree. Needs Python 3 and the xxhash package:
    python3 -m venv env && env/bin/pip install xxhash && env/bin/python generate.py
The files are committed and never change: version 1 is read for ever.
"""
import json
import pathlib
import struct

import xxhash

FINGERPRINT = 0x0123456789ABCDEF
ALIGNMENT = 64
SCHEMA = {"fields": [
    {"name": "image", "storage": "blob", "dtype": "uint8", "axes": "HW"},
    {"name": "label", "storage": "inline", "dtype": "int32", "axes": "", "shape": []},
]}
# name, image bytes, codec, shape, original shape, flags, label
SAMPLES = [
    ("a/hello", b"hello", 0, (1, 5), (1, 5), 0, 0),
    ("b/zeros", bytes([0, 1, 2, 3, 4, 5]), 0, (2, 3), (4, 6), 0b11, 1),
]
CLASSES = ["a", "b"]
SKIPPED = [{"name": "a/bad", "reason": "cut short", "file": "source.tar", "offset": 1536}]


def hash64(data):
    return xxhash.xxh3_64_intdigest(data, seed=0)


def pad(data, alignment):
    return data + bytes(-len(data) % alignment)


def index_of(offsets):
    columns = [
        b"".join(struct.pack("<Q", offset) for offset in offsets),
        b"".join(struct.pack("<Q", len(s[1])) for s in SAMPLES),
        b"".join(struct.pack("<Q", hash64(s[1])) for s in SAMPLES),
        b"".join(struct.pack("<2I", *s[3]) for s in SAMPLES),
        b"".join(struct.pack("<2I", *s[4]) for s in SAMPLES),
        b"".join(struct.pack("<H", s[5]) for s in SAMPLES),
        b"".join(struct.pack("<B", s[2]) for s in SAMPLES),
        b"".join(struct.pack("<i", s[6]) for s in SAMPLES),
    ]
    return b"".join(pad(column, 64) for column in columns)


def names():
    text = [s[0].encode() for s in SAMPLES]
    ends = [sum(map(len, text[:i])) for i in range(len(text) + 1)]
    return b"".join(struct.pack("<Q", end) for end in ends) + b"".join(text)


def shard():
    header = b"\x89STKR\r\n\x1a" + struct.pack("<IIQQIIQQ", 1, 64, 0, FINGERPRINT, 0, 1, ALIGNMENT, 0)
    header += struct.pack("<Q", hash64(header))
    data, offsets = header, []
    for sample in SAMPLES:
        data = pad(data, ALIGNMENT)
        offsets.append(len(data))
        data += sample[1]
    text = json.dumps({"split": "train", "schema": SCHEMA, "class_names": CLASSES,
                       "skipped": SKIPPED, "normalized": []}, separators=(",", ":")).encode()
    footer = b""
    for section in (index_of(offsets), names(), text):
        data = pad(data, 64)
        footer += struct.pack("<QQQ", len(data), len(section), hash64(section))
        data += section
    data = pad(data, 64)
    footer += struct.pack("<QQQIIQ", len(SAMPLES), len(data) + 128, hash64(header), 1, 0, 0)
    footer += struct.pack("<Q", hash64(footer)) + b"\x89STKEND\n"
    return data + footer


def manifest(file, data):
    text = json.dumps({
        "format": "stoker-dataset", "version": 1, "tool": {"name": "generate.py", "version": "1"},
        "options": {"order": "input"}, "fingerprint": f"{FINGERPRINT:016x}", "schema": SCHEMA,
        "class_names": CLASSES,
        "splits": [{"name": "train", "samples": len(SAMPLES), "shards": [
            {"file": file, "bytes": len(data), "samples": len(SAMPLES),
             "xxh3_128": xxhash.xxh3_128_hexdigest(data)}]}],
        "sources": [{"name": "source.tar", "bytes": 10240}],
        "notes": [], "skipped": SKIPPED, "normalized": []}, indent=2)
    body = text[:-len("\n}")] + ","
    digest = xxhash.xxh3_128_hexdigest(body.encode())
    return f'{body}\n  "manifest_xxh3_128": "{digest}"\n}}\n'


def main():
    folder = pathlib.Path(__file__).parent
    name = "train-00000-of-00001.stk"
    data = shard()
    (folder / name).write_bytes(data)
    (folder / "dataset.json").write_text(manifest(name, data))


main()
