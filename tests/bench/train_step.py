#!/usr/bin/env python3
"""Time of a training step: `train` beside the same step written in Python with the same LibTorch.

usage: train_step.py TRAIN [--model NAME]... [--volumes DIR] [--threads N] [--steps N] [--repeat N]
    TRAIN    the program, as build/release/bin/train
    DIR      packed volumes with labels, for unet3d, which is left out without
Needs python3-torch and python3-torchvision of the LibTorch that TRAIN is built with.

Both sides learn from batches made once in memory (train --fake-data; unet3d reads its patches), with
the same network, batch, size, optimiser, memory layout and number of threads. Python's loop is the
plain one of its tutorials: forward, cross_entropy, backward, step, loss.item() every ten steps. They run in turns; of
each a short and a long run is made, and the difference is what its steps took, without start and
warm-up. Printed are medians: seconds a step, processor seconds (user and system) and page faults.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

WARM_UP = 4
# Name: batch, side. Those of the guides, scaled to what two cores do in seconds.
MODELS = {"resnet18": (32, 64), "resnet50": (16, 224), "densenet121": (32, 64), "unet3d": (2, 64)}
UNET_BASE = 16


def unet():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inside, outside):
            super().__init__()
            self.body = nn.Sequential(*[
                layer for a in (inside, outside) for layer in (
                    nn.Conv3d(a, outside, 3, padding=1, bias=False),
                    nn.InstanceNorm3d(outside, affine=True), nn.LeakyReLU(0.01, inplace=True))])

        def forward(self, x):
            return self.body(x)

    class UNet(nn.Module):
        def __init__(self, channels, classes, base, depth):
            super().__init__()
            widths = [base << level for level in range(depth)]
            self.encoder = nn.ModuleList(Block(a, b) for a, b in zip([channels] + widths, widths))
            self.down = nn.ModuleList(nn.Conv3d(w, w, 2, stride=2) for w in widths)
            self.bottleneck = Block(widths[-1], 2 * widths[-1])
            self.up = nn.ModuleList(nn.ConvTranspose3d(2 * w, 2 * w, 2, stride=2) for w in widths)
            self.decoder = nn.ModuleList(Block(3 * w, w) for w in widths)
            self.head = nn.Conv3d(base, classes, 1)

        def forward(self, x):
            skipped = []
            for block, down in zip(self.encoder, self.down):
                skipped.append(block(x))
                x = down(skipped[-1])
            x = self.bottleneck(x)
            for block, up in zip(reversed(self.decoder), reversed(self.up)):
                x = block(torch.cat([skipped.pop(), up(x)], 1))
            return self.head(x)

    return UNet(1, 2, UNET_BASE, 4)


def run_python(model, threads, steps):
    """The loop itself, in a process of its own."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    batch, side = MODELS[model]
    if model == "unet3d":
        network = unet()
        images = torch.rand(batch, 1, side, side, side)
        labels = torch.randint(0, 2, (batch, side, side, side))
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
        clip = 1.0
    else:
        import torchvision

        network = getattr(torchvision.models, model)(num_classes=1000)
        network = network.to(memory_format=torch.channels_last)
        images = torch.rand(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
        labels = torch.randint(0, 1000, (batch,))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
        clip = None
    for step in range(steps):
        optimizer.zero_grad()
        outputs = network(images)
        loss = functional.cross_entropy(outputs, labels)
        if model == "unet3d":
            surface = outputs.softmax(1)[:, 1]
            both = (surface * labels).sum((1, 2, 3))
            loss = loss + (1 - 2 * both / (surface.sum((1, 2, 3)) + labels.sum((1, 2, 3)))).mean()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
        if step % 10 == 0:
            loss.item()


def measure(command):
    """Wall seconds, user and system seconds, minor page faults of a whole process."""
    started = os.times().elapsed
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = os.times().elapsed - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
            after.ru_minflt - before.ru_minflt)


def step_of(command_of, steps):
    """What one of `steps` steps after the warm-up takes."""
    short, long = measure(command_of(WARM_UP)), measure(command_of(WARM_UP + steps))
    return [(b - a) / steps for a, b in zip(short, long)]


def train_command(options, model, steps, folder):
    batch, side = MODELS[model]
    command = [options.train, "--model", model, "--crop", str(side), "--batch-size", str(batch),
               "--epochs", "1", "--limit-batches", str(steps), "--threads", str(options.threads),
               "--quiet", "--output-dir", folder, "--force"]
    if model == "unet3d":
        return command + ["--data", options.volumes, "--base", str(UNET_BASE), "--features", "image",
                          "--patches-per-volume", "64", "--eval-every", "1000"]
    return command + ["--fake-data", "--channels", "3", "--fake-classes", "1000"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("--model", action="append", choices=MODELS)
    parser.add_argument("--volumes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--python-steps", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.python_steps is not None:
        run_python(options.model[0], options.threads, options.python_steps)
        return

    print("model        batch side |  train: s  cpu s  faults | Python: s  cpu s  faults | wall   cpu")
    for model in options.model or MODELS:
        if model == "unet3d" and options.volumes is None:
            print("unet3d: no --volumes, left out")
            continue
        ours, python = [], []
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.repeat):
                ours.append(step_of(
                    lambda n: train_command(options, model, n, folder),
                    options.steps))
                python.append(step_of(
                    lambda n: [sys.executable, __file__, options.train, "--model", model,
                               "--threads", str(options.threads), "--python-steps", str(n)],
                    options.steps))
        wall = statistics.median(a[0] / b[0] for a, b in zip(ours, python))
        cpu = statistics.median(a[1] / b[1] for a, b in zip(ours, python))
        a, b = ([statistics.median(column) for column in zip(*side)] for side in (ours, python))
        print(f"{model:12} {MODELS[model][0]:5} {MODELS[model][1]:4} | {a[0]:9.3f} {a[1]:6.3f}"
              f" {a[2]:7.0f} | {b[0]:9.3f} {b[1]:6.3f} {b[2]:7.0f} | {wall:4.2f}  {cpu:4.2f}",
              flush=True)


if __name__ == "__main__":
    main()
