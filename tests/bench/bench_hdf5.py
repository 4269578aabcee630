#!/usr/bin/env python3
"""HDF5 in turns with h5py: 12,000 uint8 images of 96 x 96 x 3 in chunks of 16, gzip 4, page cache warm.

Prints medians of wall and CPU seconds over the rounds, and ratios h5py / ours: reading is the same file; writing has
the same images in memory, the same chunks as ours, and a synced file at the end on both sides.
usage: bench_hdf5.py BUILD/bin FOLDER [ROUNDS]       (needs h5py)
"""
import os
import pathlib
import statistics
import subprocess
import sys
import time

import h5py
import numpy as np

COUNT, CHUNK = 12000, 16


def images():
    """Smooth pictures with noise in the lowest bits: deflate keeps about 0.9 of them, as of photographs."""
    rng = np.random.default_rng(1)
    data = np.empty((COUNT, 96, 96, 3), "u1")
    for i in range(0, COUNT, 500):  # little memory at a time
        base = rng.integers(0, 256, (500, 7, 7, 3)).astype("f4").repeat(14, 1).repeat(14, 2)[:, :96, :96]
        data[i : i + 500] = (base * 0.5 + rng.normal(60, 28, base.shape).astype("f4")).clip(0, 255)
    return data


def clock(work):
    wall, cpu = time.perf_counter(), os.times()
    size = work()
    after = os.times()
    return size, time.perf_counter() - wall, after.user + after.system - cpu.user - cpu.system


def h5py_read(path):
    with h5py.File(path) as f:
        d = f["images"]
        return sum(d[i : i + CHUNK].nbytes for i in range(0, len(d), CHUNK))


def h5py_write(data, path, chunk):
    with h5py.File(path, "w") as f:
        d = f.create_dataset("image", data.shape, "u1", chunks=(chunk, *data.shape[1:]), compression="gzip", compression_opts=4)
        for i in range(0, len(data), chunk):
            d[i : i + chunk] = data[i : i + chunk]
    with open(path, "rb+") as f:
        os.fsync(f.fileno())
    return data.nbytes


def ours(*arguments):
    text = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split()
    return int(text[0]), float(text[1]), float(text[2])


def main():
    program = os.path.join(sys.argv[1], "bench-hdf5")
    folder = pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    source = folder / "bench.h5"
    data = images()
    if not source.exists():
        with h5py.File(source, "w") as f:
            f.create_dataset("images", data=data, chunks=(CHUNK, 96, 96, 3), compression="gzip", compression_opts=4)
    print(f"{data.nbytes / 1e6:.0f} MB, ratio {source.stat().st_size / data.nbytes:.2f}, load {os.getloadavg()[0]:.1f}")
    rows = {name: [] for name in ("read ours", "read h5py", "write ours", "write h5py")}
    for _ in range(rounds):
        rows["read h5py"].append(clock(lambda: h5py_read(source)))
        rows["read ours"].append(ours(program, "read", str(source)))
        rows["write h5py"].append(clock(lambda: h5py_write(data, folder / "peer.h5", 37)))
        rows["write ours"].append(ours(program, "write", str(source), str(folder / "ours.h5"), "4"))
    with h5py.File(folder / "ours.h5") as f:
        assert (f["image"][:] == data).all(), "h5py reads other pixels than were written"
    for name, runs in rows.items():
        assert all(size == data.nbytes for size, _, _ in runs)
        wall, cpu = (statistics.median(run[k] for run in runs) for k in (1, 2))
        print(f"{name:11} {data.nbytes / wall / 1e6:6.0f} MB/s  wall {wall:.2f} s  cpu {cpu:.2f} s")
    for what in ("read", "write"):
        for k, name in ((1, "wall"), (2, "cpu")):
            ratios = [p[k] / o[k] for p, o in zip(rows[f"{what} h5py"], rows[f"{what} ours"])]
            print(f"{what} {name}: h5py / ours = {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
