#!/usr/bin/env python3
"""Write golden/distance: targets, and exact squared distances to them by SciPy.

usage: generate_distance.py        (needs python3-numpy, python3-scipy)

NAME_ZxYxX.u8   uint8, 1 where the target is, z slowest
NAME_ZxYxX.i32  int32, squared distance of each voxel to the nearest target
"""
import pathlib
import numpy as np
from scipy.ndimage import distance_transform_edt


def main():
    folder = pathlib.Path(__file__).parent / 'distance'
    rng = np.random.default_rng(3)
    corner = np.zeros((40, 2, 30), np.uint8)
    corner[0, 1, 29] = 1
    targets = {
        'sparse': (rng.random((17, 23, 31)) < 0.003).astype(np.uint8),
        'dense': (rng.random((12, 9, 20)) < 0.4).astype(np.uint8),
        'corner': corner,
        'line': (rng.random((1, 1, 50)) < 0.1).astype(np.uint8),
    }
    for name, target in targets.items():
        stem = folder / f'{name}_{"x".join(map(str, target.shape))}'
        target.tofile(f'{stem}.u8')
        distance = distance_transform_edt(target == 0)
        np.rint(distance ** 2).astype(np.int32).tofile(f'{stem}.i32')


if __name__ == '__main__':
    main()
