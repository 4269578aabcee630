#!/usr/bin/env python3
"""Reads one shard of a packed data set, from libdata/shard/shard_format.md alone. Needs NumPy.

As a program: read_shard.py FILE.stk [SAMPLE] prints what the shard, or one sample of it, holds.
Hashes are not checked here (verify-dataset does); magic numbers, versions and bounds are.
"""
import json
import sys

import numpy as np

CODECS = {0: "raw", 1: "jpeg", 2: "png", 3: "bmp", 4: "webp", 5: "tiff", 6: "gif", 7: "pnm",
          16: "bricks"}


def expect(condition, message):
    if not condition:
        raise ValueError(message)


class Shard:
    def __init__(self, path):
        self.data = data = np.memmap(path, np.uint8, "r")
        expect(data.size >= 192 and data[:8].tobytes() == b"\x89STKR\r\n\x1a", "not a shard")
        expect(data[-8:].tobytes() == b"\x89STKEND\n", "no footer: cut short or not finished")
        footer = data[-128:]
        word = footer[:96].view("<u8")
        for version in (data[8:12].view("<u4")[0], footer[96:100].view("<u4")[0]):
            expect(version == 1, f"version {version}: only 1 is known here")
        expect(int(word[10]) == data.size, f"expected {word[10]} bytes, found {data.size}")
        index, names, text = (self._cut(int(word[3 * i]), int(word[3 * i + 1])) for i in range(3))
        self.records_end = int(word[0])
        self.count = count = int(word[9])
        expect(8 * (count + 1) <= names.size, "names are cut short")
        self.name_ends = names[:8 * (count + 1)].view("<u8")
        self.name_text = names[8 * (count + 1):]
        self.meta = json.loads(text.tobytes())
        self.fields = {field["name"]: field for field in self.meta["schema"]["fields"]}
        self.columns = {}
        at = 0
        for name, field in self.fields.items():
            dtype, rank = np.dtype(field["dtype"]).newbyteorder("<"), len(field["axes"])
            layout = [("value", dtype, tuple(field["shape"]))] if field["storage"] == "inline" else [
                ("offset", "<u8", ()), ("length", "<u8", ()), ("hash", "<u8", ()),
                ("shape", "<u4", (rank,)), ("original_shape", "<u4", (rank,)),
                ("flags", "<u2", ()), ("codec", "u1", ())]
            for column, kind, shape in layout:
                size = np.dtype(kind).itemsize * int(np.prod(shape, dtype=np.int64)) * count
                expect(at + size <= index.size, "the index is cut short")
                self.columns[name, column] = index[at:at + size].view(kind).reshape(count, *shape)
                at += -(-size // 64) * 64

    def _cut(self, offset, size):
        expect(offset % 64 == 0 and offset + size <= self.data.size, "a section lies outside the file")
        return self.data[offset:offset + size]

    def name(self, i):
        return self.name_text[int(self.name_ends[i]):int(self.name_ends[i + 1])].tobytes().decode()

    def value(self, i, field):
        """An inline value or a raw array as an array; any other codec as the bytes of its file."""
        if self.fields[field]["storage"] == "inline":
            return self.columns[field, "value"][i]
        offset, length = (int(self.columns[field, c][i]) for c in ("offset", "length"))
        expect(64 <= offset and offset + length <= self.records_end, "a record lies outside its area")
        blob = self.data[offset:offset + length]
        if CODECS[int(self.columns[field, "codec"][i])] != "raw":
            return blob
        dtype = np.dtype(self.fields[field]["dtype"]).newbyteorder("<")
        return blob.view(dtype).reshape(self.columns[field, "shape"][i])


if __name__ == "__main__":
    shard = Shard(sys.argv[1])
    for i in range(shard.count) if len(sys.argv) < 3 else [int(sys.argv[2])]:
        values = {name: shard.value(i, name) for name in shard.fields}
        print(i, shard.name(i), {k: v.tolist() if v.size < 10 else v.shape for k, v in values.items()})
