"""Makes a safetensors file, as `train --init-from` takes it, of weights that torch.save has written.

    torchvision_to_safetensors.py resnet50-11ad3fa6.pth resnet50.safetensors

torchvision keeps what it downloads in ~/.cache/torch/hub/checkpoints. A training checkpoint will do
too, where the weights lie under "state_dict" or "model", or bear the prefix "module." of data-parallel
training. Nothing but tensors is read: a file cannot run code of its own.

With the package safetensors installed, the plain case is one line:

    python3 -c 'import sys, torch, safetensors.torch as s; s.save_file(torch.load(sys.argv[1]), sys.argv[2])' IN OUT
"""
import json
import re
import struct
import sys

import torch

DTYPES = {torch.float16: "F16", torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def torchvision_name(name):
    """The names that torchvision's models have today; its files of DenseNets are older."""
    name = re.sub(r"^module\.", "", name)
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name)


def read_pth(path):
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(torch.is_tensor(value) for value in state.values()):
        sys.exit(f"{path}: expected a state_dict, tensors by name")
    return {torchvision_name(name): tensor.contiguous() for name, tensor in state.items()}


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES:
            sys.exit(f"{name}: {tensor.dtype} is not written here")
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # arrays begin at a multiple of 8
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.numpy().tobytes())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tensors = read_pth(sys.argv[1])
    write_safetensors(sys.argv[2], tensors)
    print(f"{sys.argv[2]}: {len(tensors)} tensors")
