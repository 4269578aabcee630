"""Reads a safetensors file (as `train` writes them) with NumPy alone.

    from read_safetensors import read_safetensors
    tensors, metadata = read_safetensors("final.safetensors")
    model = torchvision.models.resnet18(num_classes=len(json.loads(metadata["class_names"])))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})

Run as a program, it lists what a file holds.
"""
import json
import struct
import sys

import numpy

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "I16": "<i2", "F16": "<f2", "I32": "<i4",
          "F32": "<f4", "I64": "<i8", "F64": "<f8"}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (header_size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + header_size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + header_size + offset for offset in entry["data_offsets"])
        flat = numpy.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).copy()
    return tensors, metadata


if __name__ == "__main__":
    for path in sys.argv[1:]:
        tensors, metadata = read_safetensors(path)
        print(path, json.dumps(metadata))
        for name, array in tensors.items():
            print(f"  {name:50} {array.dtype!s:8} {list(array.shape)}")
