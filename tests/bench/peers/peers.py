"""Writes or loads images with one peer of stoker; prints one line of JSON about it.

  peers.py write-ffcv  FOLDER FILE --mode jpg|raw|proportion --max-side N --threads T
  peers.py load-ffcv   FILE --threads T --epochs E
  peers.py load-torchvision FOLDER --threads T --epochs E
  peers.py write-webdataset FOLDER FILE.tar
  peers.py load-webdataset  FILE.tar --threads T --epochs E --images N

FOLDER has one sub-folder a class. Loading is RandomResizedCrop(224) and a random flip, batches of
uint8 pixels; the first epoch is not timed.
"""
import argparse
import json
import pathlib
import resource
import statistics
import time


def cpu_seconds():
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def time_epochs(one_epoch, epochs):
    """one_epoch() runs an epoch and returns its number of images."""
    one_epoch()
    rates, cpu, images = [], cpu_seconds(), 0
    for _ in range(epochs):
        start = time.monotonic()
        count = one_epoch()
        rates.append(count / (time.monotonic() - start))
        images += count
    return {"images_per_second": statistics.median(rates), "images_per_second_all": rates,
            "cpu_seconds_per_1000_images": (cpu_seconds() - cpu) / images * 1000}


def write_ffcv(args):
    from ffcv.fields import IntField, RGBImageField
    from ffcv.writer import DatasetWriter
    from torchvision.datasets import ImageFolder

    field = RGBImageField(write_mode=args.mode, max_resolution=args.max_side, jpeg_quality=90,
                          compress_probability=0.5)
    images = ImageFolder(args.source)
    start = time.monotonic()
    writer = DatasetWriter(args.file, {"image": field, "label": IntField()}, num_workers=args.threads)
    writer.from_indexed_dataset(images, chunksize=20)
    seconds = time.monotonic() - start
    return {"images_per_second": len(images) / seconds, "seconds": seconds,
            "bytes": pathlib.Path(args.file).stat().st_size}


def load_ffcv(args):
    from ffcv.fields.decoders import IntDecoder, RandomResizedCropRGBImageDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.transforms import RandomHorizontalFlip

    pipelines = {"image": [RandomResizedCropRGBImageDecoder((224, 224)), RandomHorizontalFlip()],
                 "label": [IntDecoder()]}
    loader = Loader(args.source, batch_size=args.batch_size, num_workers=args.threads, seed=1,
                    order=OrderOption.RANDOM, os_cache=True, drop_last=False, pipelines=pipelines)
    return time_epochs(lambda: sum(len(labels) for _, labels in loader), args.epochs)


def crops():
    from torchvision import transforms
    return transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(),
                               transforms.PILToTensor()])


def load_torchvision(args):
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder

    loader = DataLoader(ImageFolder(args.source, crops()), batch_size=args.batch_size, shuffle=True,
                        num_workers=args.threads, persistent_workers=True)
    result = time_epochs(lambda: sum(len(labels) for _, labels in loader), args.epochs)
    del result["cpu_seconds_per_1000_images"]  # the workers' time is known only once they end
    return result


def write_webdataset(args):
    import webdataset

    start = time.monotonic()
    with webdataset.TarWriter(args.file) as sink:
        for label, folder in enumerate(sorted(pathlib.Path(args.source).iterdir())):
            for path in sorted(folder.iterdir()):
                sink.write({"__key__": f"{folder.name}_{path.stem}".replace(".", "_"),
                            "jpg": path.read_bytes(), "cls": str(label).encode()})
    return {"seconds": time.monotonic() - start}


def load_webdataset(args):
    import torch
    import webdataset

    transform = crops()
    # One shard a worker would be the usual way; the same tar several times over is as good here.
    data = (webdataset.WebDataset([args.source] * args.threads, shardshuffle=False)
            .shuffle(1000).decode("pilrgb").to_tuple("jpg", "cls").map_tuple(transform, int))
    loader = torch.utils.data.DataLoader(data.batched(args.batch_size), batch_size=None,
                                         num_workers=args.threads, persistent_workers=True)
    result = time_epochs(lambda: sum(len(labels) for _, labels in loader), args.epochs)
    del result["cpu_seconds_per_1000_images"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("source")
    parser.add_argument("file", nargs="?")
    parser.add_argument("--mode", default="jpg")
    parser.add_argument("--max-side", type=int, default=500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=256)
    args = parser.parse_args()
    command = globals()[args.command.replace("-", "_")]
    print(json.dumps({"command": args.command, **command(args)}), flush=True)


if __name__ == "__main__":
    main()
