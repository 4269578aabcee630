#!/usr/bin/env python3
"""scroll6 beside SciPy on the same volume, in the same run: voxels per second and the ratio.

usage: bench_features.py BIN_DIR [--size 320] [--threads N] [--kernel portable|avx2|avx512 ...]
       BIN_DIR holds bench-features, for example build/release/bin
needs: python3-numpy, python3-scipy. SciPy uses one thread; it has no other way.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'golden'))
import generate_scroll6  # noqa: E402


def write_speed(folder, megabytes=512):
    """Bytes per second that the disk takes, fsync included."""
    block = np.random.default_rng(0).bytes(1 << 20)
    with open(folder / 'speed', 'wb') as file:
        begin = time.perf_counter()
        for _ in range(megabytes):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        seconds = time.perf_counter() - begin
    (folder / 'speed').unlink()
    return megabytes * (1 << 20) / seconds


def check(path, reference):
    """Share of voxels compared, and how many are off by more than 2^-10 relative or 1e-3."""
    ours = np.fromfile(path, np.float16).reshape(reference[:6].shape).astype(np.float32)
    compared = np.ones(ours.shape, bool)
    compared[5] = reference[6] >= 0.1
    off = np.abs(ours - reference[:6]) > np.maximum(np.abs(reference[:6]) * 2.0 ** -10, 1e-3)
    outside = (ours[5] < 0) | (ours[5] > 20)
    return compared[5].mean(), int((off & compared).sum() + outside.sum())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('bin_dir', type=pathlib.Path)
    parser.add_argument('--size', type=int, default=320)
    parser.add_argument('--threads', default='0')
    parser.add_argument('--kernel', nargs='*', default=['avx512', 'avx2'])
    parser.add_argument('--repeat', default='7')
    args = parser.parse_args()
    n = args.size
    volume = generate_scroll6.sheets((n, n, n), np.random.default_rng(1))
    begin = time.perf_counter()
    reference = generate_scroll6.scroll6(volume)
    scipy_rate = n ** 3 / (time.perf_counter() - begin) / 1e6
    print(f'SciPy, 1 thread: {scipy_rate:.2f} Mvoxel/s')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        volume.tofile(folder / 'v.u8')
        for kernel in args.kernel:
            for extra in ([], ['--bricks']):
                planar = [] if extra else ['--planar', folder / 'out.f16']
                run = subprocess.run(
                    [args.bin_dir / 'bench-features', folder / 'v.u8', str(n), '--kernel', kernel,
                     '--threads', args.threads, '--repeat', args.repeat, *extra, *planar],
                    capture_output=True, text=True)
                if run.returncode:
                    print(run.stderr.strip())
                    break
                rate = float(re.search(r'([\d.]+) Mvoxel/s', run.stdout)[1])
                print(f'{run.stdout.strip()}{" into bricks, hashed" if extra else ""}: '
                      f'{rate / scipy_rate:.0f} x SciPy')
                if not extra:
                    share, off = check(folder / 'out.f16', reference)
                    print(f'  parity: {off} voxels off; channel 5 compared on {100 * share:.1f} %')
        print(f'disk: {write_speed(folder) / 1e9:.2f} GB/s written, with fsync')


if __name__ == '__main__':
    main()
