#!/usr/bin/env python3
"""Trains a small network on packed images with PyTorch, stoker's loader in place of a DataLoader.

    python_loop.py packed/train packed/val [--epochs 3] [--checkpoint loop.pt]

Needs the Python package (pip install ./python) and torch. Threads of C++ read, crop and flip; pixels come
as uint8 in channels_last order and are normalised on the device. Killed and started again with the same
--checkpoint, it goes on with the batch that came next.
"""
import argparse
import os

import torch
from torch import nn

import stoker

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def network(classes):
    layers = []
    for wide, narrow in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(wide, narrow, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(narrow),
                   nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes))


def on_device(batch, device):
    images = batch["image"].to(device, non_blocking=True).float().div_(255)
    return (images - MEAN.to(device)) / STD.to(device), batch["label"].to(device, non_blocking=True)


def accuracy(model, loader, device):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for batch in loader:
            images, labels = on_device(batch, device)
            right += int((model(images).argmax(1) == labels).sum())
            count += len(labels)
    return right / count


def save(path, model, optimizer, loader):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                "loader": loader.state_dict()}, path + ".tmp")
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("val")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--checkpoint")
    args = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    train = stoker.open(args.train)
    loader = train.loader(args.batch_size, args.crop, seed=1, torch=True)
    val = stoker.open(args.val).loader(args.batch_size, args.crop, training=False, torch=True)
    torch.manual_seed(1)
    model = network(len(train.class_names)).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    if args.checkpoint and os.path.exists(args.checkpoint):
        state = torch.load(args.checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        loader.load_state_dict(state["loader"])
        print(f"goes on in epoch {loader.epoch} behind {loader.position} samples")

    while loader.epoch < args.epochs:
        epoch = loader.epoch
        model.train()
        loss = torch.tensor(float("nan"))  # of an epoch that was all but done
        for step, batch in enumerate(loader):
            images, labels = on_device(batch, device)
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if args.checkpoint and step % 100 == 99:
                save(args.checkpoint, model, optimizer, loader)
        print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {accuracy(model, val, device):.3f}")
        if args.checkpoint:
            save(args.checkpoint, model, optimizer, loader)


if __name__ == "__main__":
    main()
