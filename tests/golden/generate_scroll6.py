#!/usr/bin/env python3
"""Write golden/scroll6: volumes, and scroll6 version 1 of them by SciPy.

usage: generate_scroll6.py        (needs python3-numpy, python3-scipy)

NAME_ZxYxX.u8   the volume, uint8, z slowest
NAME_ZxYxX.u16  or uint16, little-endian; its features are those of value * 255 / 65535
NAME_ZxYxX.f32  float32 [7][z][y][x]: the six channels, then |Dx G(1)| (channel 5 is only compared
                where that is 0.1 or more)
"""
import pathlib
import numpy as np
from scipy.ndimage import gaussian_filter


def gradient(f, axis):
    # numpy.gradient refuses an axis of one voxel; its gradient is defined as 0.
    return np.gradient(f, axis=axis) if f.shape[axis] > 1 else np.zeros_like(f)


def scroll6(volume):
    scale = 255 / 65535 if volume.dtype == np.uint16 else 1
    v = (volume * np.float64(scale)).astype(np.float32)
    g = {s: gaussian_filter(v, s, mode='reflect', truncate=4.0) for s in (1.0, 1.5, 2.0, 3.0)}
    d = [gradient(g[1.0], axis) for axis in range(3)]
    trace = sum(gradient(d[axis], axis) for axis in range(3))
    norm = np.sqrt(sum(x * x for x in d))
    ratio = np.clip(np.abs(d[1]) / (np.abs(d[2]) + 1e-3), 0, 20)
    channels = [v / 255, g[1.0] - g[1.5], g[2.0] - g[3.0], trace, norm, ratio, np.abs(d[2])]
    return np.stack(channels).astype(np.float32)


def sheets(shape, rng, dtype=np.uint8):
    z, y, x = np.meshgrid(*[np.arange(n) for n in shape], indexing='ij')
    wave = 90 + 80 * np.sin(0.55 * x + 0.2 * y + 0.1 * z) + rng.normal(0, 15, shape)
    largest = np.iinfo(dtype).max
    return np.clip(np.rint(wave * (largest / 255)), 0, largest).astype(dtype)


def main():
    folder = pathlib.Path(__file__).parent / 'scroll6'
    rng = np.random.default_rng(6)
    volumes = {
        'sheets': sheets((20, 20, 20), rng),
        'sheets_odd': sheets((7, 40, 33), rng),
        'noise_thin': rng.integers(0, 256, (3, 5, 4), dtype=np.uint8),
        'noise_flat': rng.integers(0, 256, (1, 30, 2), dtype=np.uint8),
        'steps': np.repeat(np.uint8([0, 255, 0, 255]), 8)[None, None, :].repeat(6, 0).repeat(9, 1),
        'constant': np.full((5, 6, 17), 201, np.uint8),
        'sheets_16_bit': sheets((9, 20, 33), rng, np.uint16),
        'noise_16_bit': rng.integers(0, 65536, (3, 5, 4), dtype=np.uint16),
    }
    for name, volume in volumes.items():
        stem = folder / f'{name}_{"x".join(map(str, volume.shape))}'
        volume.tofile(f'{stem}.u{8 * volume.itemsize}')
        scroll6(volume).tofile(f'{stem}.f32')


if __name__ == '__main__':
    main()
