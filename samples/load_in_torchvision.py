"""Loads weights that `train` has written into torchvision's network of the same name.

    load_in_torchvision.py runs/a/best.safetensors [IMAGE ...]

Says what the file holds and, of each image, the most likely class. Every name and shape is
torchvision's own: nothing is renamed, nothing left over (strict=True).
"""
import json
import sys

import torch
import torchvision
from read_safetensors import read_safetensors


def add_blurpool(model):
    """What `train --blurpool` adds, as FFCV's ResNets do: a fixed blur before strided convolutions."""
    binomial = torch.tensor([[1., 2., 1.], [2., 4., 2.], [1., 2., 1.]]) / 16

    def blur(convolution, inputs):
        (images,) = inputs
        channels = images.shape[1]
        weight = binomial.to(images).repeat(channels, 1, 1, 1)
        return torch.nn.functional.conv2d(images, weight, padding=1, groups=channels)

    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d) and module.stride != (1, 1) and module.in_channels >= 16:
            module.register_forward_pre_hook(blur)


def load_in_torchvision(path):
    """The network, ready to predict, and the file's metadata."""
    tensors, metadata = read_safetensors(path)
    is_densenet = metadata["model"].startswith("densenet")
    head = tensors["classifier.weight" if is_densenet else "fc.weight"]
    stem = tensors["features.conv0.weight" if is_densenet else "conv1.weight"]
    model = getattr(torchvision.models, metadata["model"])(num_classes=len(head))
    if stem.shape[1] != 3:  # trained on gray images
        convolution = torch.nn.Conv2d(stem.shape[1], 64, 7, stride=2, padding=3, bias=False)
        if is_densenet:
            model.features.conv0 = convolution
        else:
            model.conv1 = convolution
    if "blurpool" in metadata:
        add_blurpool(model)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()}, strict=True)
    return model.eval(), metadata


def read_image(path, metadata):
    """[1, channels, crop, crop], as the network saw images in validation."""
    from PIL import Image
    from torchvision import transforms

    numbers = {key: [float(number) for number in metadata[key].split(",")] for key in ("mean", "std")}
    prepare = transforms.Compose([
        transforms.Resize(int(metadata["val_resize"]) or int(metadata["crop"])),
        transforms.CenterCrop(int(metadata["crop"])),
        transforms.ToTensor(),
        transforms.Normalize(numbers["mean"], numbers["std"])])
    return prepare(Image.open(path).convert("L" if metadata["channels"] == "1" else "RGB")).unsqueeze(0)


def print_classes(model, metadata, images):
    names = json.loads(metadata["class_names"])
    for path in images:
        with torch.no_grad():
            probabilities = model(read_image(path, metadata)).softmax(1)[0]
        best = int(probabilities.argmax())
        print(f"{path} {names[best]} {float(probabilities[best]):.4f}")


if __name__ == "__main__":
    model, metadata = load_in_torchvision(sys.argv[1])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{metadata['model']}, {parameters} parameters, classes: {metadata.get('class_names')}")
    print_classes(model, metadata, sys.argv[2:])
