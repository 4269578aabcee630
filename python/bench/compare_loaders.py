#!/usr/bin/env python3
"""Batches per second from Python: stoker beside other loaders, on the same images, in turns.

    compare_loaders.py --packed DIR [--tree FOLDER] [--beton FILE] [--bin build/release/bin]

All give batches of RandomResizedCrop(224) and a random flip, as uint8 pixels. A round is an epoch of each;
the first is not timed, the table has medians. What cannot be imported is left out and named:
  --packed   a data set that stoker packed: from Python as arrays and tensors, through
             stoker.torch.Dataset in a DataLoader, and by bench-loader itself (--bin)
  --tree     the images as files, a folder per class: torchvision's ImageFolder in a DataLoader, SPDL
             with torchvision's decoder, LitData (packed anew into --work)
  --beton    the images as FFCV wrote them
"""
import argparse
import glob
import importlib
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

import stoker


def need(*modules):
    return [importlib.import_module(module) for module in modules]


def crops():
    from torchvision import transforms
    return transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(),
                               transforms.PILToTensor()])


def tensor_crops():
    from torchvision import transforms
    return transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()])


# Each returns a function that runs an epoch and says how many images it gave.


def stoker_arrays(args):
    loader = stoker.open(args.packed).loader(args.batch_size, threads=args.threads)
    return lambda: sum(len(batch["image"]) for batch in loader)


def stoker_tensors(args):
    need("torch")
    loader = stoker.open(args.packed).loader(args.batch_size, threads=args.threads, torch=True)
    return lambda: sum(len(batch["image"]) for batch in loader)


def stoker_data_loader(args):
    (torch, _, torch_sets) = need("torch", "torchvision", "stoker.torch")
    from PIL import Image
    transform = crops()
    data = torch_sets.Dataset(args.packed, transform=lambda pixels: transform(Image.fromarray(pixels)))
    loader = torch.utils.data.DataLoader(data, args.batch_size, shuffle=True, num_workers=args.threads,
                                         persistent_workers=True)
    return lambda: sum(len(labels) for _, labels in loader)


def torchvision_folder(args):
    (torch, torchvision) = need("torch", "torchvision")
    data = torchvision.datasets.ImageFolder(args.tree, crops())
    loader = torch.utils.data.DataLoader(data, args.batch_size, shuffle=True, num_workers=args.threads,
                                         persistent_workers=True)
    return lambda: sum(len(labels) for _, labels in loader)


def ffcv(args):
    need("ffcv")
    from ffcv.fields.decoders import IntDecoder, RandomResizedCropRGBImageDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.transforms import RandomHorizontalFlip
    loader = Loader(args.beton, batch_size=args.batch_size, num_workers=args.threads, os_cache=True,
                    order=OrderOption.RANDOM, drop_last=False, pipelines={
                        "image": [RandomResizedCropRGBImageDecoder((224, 224)), RandomHorizontalFlip()],
                        "label": [IntDecoder()]})
    return lambda: sum(len(labels) for _, labels in loader)


def spdl(args):
    (torch, torchvision, pipeline) = need("torch", "torchvision", "spdl.pipeline")
    files = glob.glob(os.path.join(args.tree, "*", "*"))
    transform = tensor_crops()

    def load(path):
        read = torchvision.io.read_file(path)
        return transform(torchvision.io.decode_jpeg(read, torchvision.io.ImageReadMode.RGB))

    def epoch():
        order = random.sample(files, len(files))
        built = (pipeline.PipelineBuilder().add_source(order).pipe(load, concurrency=args.threads)
                 .aggregate(args.batch_size).pipe(torch.stack).add_sink(2)
                 .build(num_threads=args.threads))
        with built.auto_stop():
            return sum(len(batch) for batch in built)
    return epoch


def read_with_class(path):
    with open(path, "rb") as file:
        return {"image": file.read(), "class": os.path.basename(os.path.dirname(path))}


def litdata(args):
    (torch, torchvision, lit) = need("torch", "torchvision", "litdata")
    packed = os.path.join(args.work, "litdata")
    lit.optimize(fn=read_with_class, inputs=sorted(glob.glob(os.path.join(args.tree, "*", "*"))),
                 output_dir=packed, chunk_bytes="64MB", num_workers=args.threads)
    transform = tensor_crops()

    class Images(lit.StreamingDataset):
        def __getitem__(self, index):
            read = torch.frombuffer(bytearray(super().__getitem__(index)["image"]), dtype=torch.uint8)
            return transform(torchvision.io.decode_jpeg(read, torchvision.io.ImageReadMode.RGB)), 0

    loader = lit.StreamingDataLoader(Images(packed, shuffle=True), batch_size=args.batch_size,
                                     num_workers=args.threads)
    return lambda: sum(len(labels) for _, labels in loader)


def bench_loader(args):
    """An epoch by the program; its own rate, without its start."""
    program = os.path.join(args.bin, "bench-loader")
    report = os.path.join(args.work, "bench.json")

    def rate():
        subprocess.run([program, args.packed, "--threads", str(args.threads), "--batch-size",
                        str(args.batch_size), "--epochs", "1", "--quiet", "--json", report],
                       check=True, stdout=subprocess.DEVNULL)
        with open(report, encoding="utf-8") as file:
            return json.load(file)["images_per_second"]
    return rate


ROWS = [  # name, needs this argument, how
    ("bench-loader", "bin", bench_loader),
    ("stoker, NumPy arrays", "packed", stoker_arrays),
    ("stoker, tensors", "packed", stoker_tensors),
    ("stoker.torch.Dataset, DataLoader", "packed", stoker_data_loader),
    ("FFCV", "beton", ffcv),
    ("SPDL, torchvision decoder", "tree", spdl),
    ("LitData", "tree", litdata),
    ("torchvision, DataLoader", "tree", torchvision_folder),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("packed", "tree", "beton", "bin"):
        parser.add_argument("--" + name, required=name == "packed")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as args.work:
        print_table(measure(args), args)


def measure(args):
    """{name: rates}, an epoch of each loader in turns."""
    runs, rates = {}, {}
    for name, argument, make in ROWS:
        if getattr(args, argument) is None:
            print(f"left out: {name} (no --{argument})")
            continue
        try:
            runs[name] = make(args)
            runs[name]()
        except ImportError as error:
            print(f"left out: {name} ({error})")
            runs.pop(name, None)
    for _ in range(args.rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            count = run()
            seconds = time.perf_counter() - start
            rates.setdefault(name, []).append(count if name == "bench-loader" else count / seconds)
    return {name: statistics.median(values) for name, values in rates.items()}


def print_table(rates, args):
    own, peer = rates.get("bench-loader"), rates.get("torchvision, DataLoader")
    print(f"\n{args.packed}, {args.threads} threads or workers, batches of {args.batch_size}\n")
    print("| loader | images/s | of bench-loader | torchvision is 1 |\n|---|---|---|---|")
    for name, rate in rates.items():
        share = f"{rate / own:.2f}" if own else ""
        ratio = f"{rate / peer:.1f}" if peer else ""
        print(f"| {name} | {rate:,.0f} | {share} | {ratio} |")


if __name__ == "__main__":
    main()
