"""Loads a DenseNet-121 that `train` has written into MONAI's.

    load_in_monai.py runs/mednist/best.safetensors [IMAGE ...]

Says what the file holds and, of each image, the most likely class. The layers are the same as
torchvision's; MONAI nests those of a dense layer one deeper and calls the classifier class_layers.out.
"""
import re
import sys

import torch
from monai.networks.nets import DenseNet121
from load_in_torchvision import print_classes
from read_safetensors import read_safetensors


def monai_name(name):
    """torchvision's name of a tensor of DenseNet-121 -> MONAI's."""
    name = re.sub(r"(denselayer\d+)\.", r"\1.layers.", name)
    return re.sub(r"^classifier\.", "class_layers.out.", name)


def load_in_monai(path):
    """The network, ready to predict, and the file's metadata."""
    tensors, metadata = read_safetensors(path)
    if metadata["model"] != "densenet121":
        sys.exit(f"{path} holds a {metadata['model']}; MONAI's DenseNet121 takes a densenet121")
    model = DenseNet121(spatial_dims=2, in_channels=tensors["features.conv0.weight"].shape[1],
                        out_channels=len(tensors["classifier.weight"]))
    model.load_state_dict({monai_name(name): torch.from_numpy(array) for name, array in tensors.items()},
                          strict=True)
    return model.eval(), metadata


if __name__ == "__main__":
    model, metadata = load_in_monai(sys.argv[1])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{metadata['model']}, {parameters} parameters, classes: {metadata.get('class_names')}")
    print_classes(model, metadata, sys.argv[2:])
