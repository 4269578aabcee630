#!/usr/bin/env python3
"""A Parquet data set of 16,000 JPEG files: convert-dataset in turns with Hugging Face's datasets.

Theirs: load_dataset with an empty cache, then the bytes of every row; with one process and with as
many as there are files; and streamed, which keeps nothing. Ours: convert-dataset to a packed
set, checked, hashed and synced, where theirs leaves its cache to the system: a FOLDER in memory
(/dev/shm) leaves the disk out of it. Page cache warm; the time of Python's imports is left out.
Prints medians of wall and CPU seconds over the rounds, and ratios theirs / ours.
usage: bench_parquet.py BUILD/bin FOLDER [ROUNDS]       (needs datasets, Pillow)
"""
import io
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

COUNT, DRAWN, SHARDS = 16000, 200, 4
THEIRS = """
import os, sys, time
from datasets import Image, load_dataset
folder, cache, way = sys.argv[1:]
begun, before = time.perf_counter(), os.times()
if way == "streamed":
    rows = load_dataset(folder, split="train", streaming=True)
else:
    rows = load_dataset(folder, split="train", cache_dir=cache, num_proc=int(way))
rows = rows.cast_column("image", Image(decode=False))
size = sum(len(row["image"]["bytes"]) for row in rows)
seconds, after = time.perf_counter() - begun, os.times()
print(size, seconds, sum(after[:4]) - sum(before[:4]))
"""


def jpegs():
    """Distinct files of about 60 KB: drawn ones, with the number of each in a comment."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(DRAWN):
        base = rng.integers(0, 256, (16, 16, 3), np.uint8).repeat(25, 0).repeat(25, 1)
        noise = rng.normal(0, 12, base.shape)
        file = io.BytesIO()
        pixels = (base * 0.7 + 30 + noise).clip(0, 255).astype("u1")
        Image.fromarray(pixels).save(file, "JPEG", quality=90)
        drawn.append(file.getvalue())
    for i in range(COUNT):
        comment = b"%016d" % i
        yield drawn[i % DRAWN][:2] + b"\xff\xfe\x00\x12" + comment + drawn[i % DRAWN][2:]


def write(folder):
    from datasets import ClassLabel, Dataset, Features, Image

    features = Features({"image": Image(), "label": ClassLabel(num_classes=100)})
    files, size = list(jpegs()), COUNT // SHARDS
    for s in range(SHARDS):
        rows = range(s * size, (s + 1) * size)
        images = [{"bytes": files[i], "path": f"{i}.jpg"} for i in rows]
        table = Dataset.from_dict({"image": images, "label": [i % 100 for i in rows]}, features)
        table.to_parquet(f"{folder}/train-{s:05}-of-{SHARDS:05}.parquet")
    return sum(map(len, files))


def theirs(source, work, way):
    cache = work / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    os.sync()
    environment = dict(os.environ, HF_HOME=str(cache), HF_HUB_OFFLINE="1")
    command = [sys.executable, "-c", THEIRS, str(source), str(cache), way]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    size, seconds, used = run.stdout.split()
    return int(size), float(seconds), float(used)


def ours(program, source, work):
    output = work / "packed"
    shutil.rmtree(output, ignore_errors=True)
    os.sync()
    command = [program, "--quiet", "--input", source, "--to", "stk", "--output", output]
    begun, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begun, os.times()
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    return size, seconds, sum(after[2:4]) - sum(before[2:4])


def main():
    program, work = pathlib.Path(sys.argv[1]) / "convert-dataset", pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    source = work / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    size = write(source)
    print(f"{COUNT} JPEG files, {size / 1e6:.0f} MB, in {SHARDS} Parquet files")
    ways = {"ours: packed": lambda: ours(program, source, work)}
    for way, name in ("1", "1 process"), (str(SHARDS), f"{SHARDS} processes"), ("streamed",) * 2:
        ways["datasets, " + name] = lambda way=way: theirs(source, work, way)
    times = {name: [] for name in ways}
    for r in range(rounds):
        for name in list(ways) if r % 2 else list(ways)[::-1]:
            found, *seconds = ways[name]()
            assert found >= size, (name, found, size)
            times[name].append(seconds)
    best = [statistics.median(column) for column in zip(*times["ours: packed"])]
    for name, each in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*each))
        print(f"{name:24} {wall:6.2f} s, {cpu:6.2f} s of processors; "
              f"theirs / ours {wall / best[0]:.2f}, by processors {cpu / best[1]:.2f}")


main()
