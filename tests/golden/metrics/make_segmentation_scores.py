"""Writes segmentation_scores.json: label and prediction volumes, and what other programs score them.

Needs numpy, scipy, scikit-image and surface-distance (DeepMind). Surface Dice and the surfel areas
are surface-distance's, the variation of information scikit-image's, components SciPy's.
"""

import json
import pathlib

import numpy as np
from scipy import ndimage
from skimage.metrics import variation_of_information
import surface_distance
from surface_distance import lookup_tables

TOUCHING = np.ones((3, 3, 3))  # 26-connectivity


def blobs(rng, size, sigma, share):
    field = ndimage.gaussian_filter(rng.standard_normal(size), sigma)
    return field > np.quantile(field, 1 - share)


def sheets(size, spacing, thickness, slope):
    z, y, x = np.indices(size)
    return (z * 4 + y * slope + x) % (spacing * 4) < thickness * 4


def labelled(surface, ignored=None):
    labels = surface.astype(np.uint8)
    if ignored is not None:
        labels[ignored] = 2
    return labels


def make_cases():
    rng = np.random.default_rng(20260311)
    noise = rng.random((9, 10, 11)) < 0.3
    size = (20, 24, 28)
    surface = sheets(size, 10, 3, 1)
    moved = np.roll(surface, 2, axis=0)
    torn = surface & (rng.random(size) < 0.8)
    bridged = surface | sheets(size[::-1], 9, 1, 2).transpose(2, 1, 0)
    ignored = np.zeros(size, bool)
    ignored[:6] = True
    ignored[:, 5:9, 3:20] = True
    empty = np.zeros((5, 6, 7), bool)
    one = empty.copy()
    one[2, 3, 4] = True
    edge = np.zeros((6, 6, 6), bool)
    edge[0, :, :] = True
    return {
        "noise": (labelled(noise), rng.random((9, 10, 11)) < 0.3),
        "dense noise": (labelled(rng.random((8, 9, 10)) < 0.7), rng.random((8, 9, 10)) < 0.6),
        "blobs": (labelled(blobs(rng, (17, 19, 23), 2.0, 0.2)), blobs(rng, (17, 19, 23), 2.0, 0.25)),
        "sheets moved by two": (labelled(surface), moved),
        "sheets moved by three": (labelled(surface), np.roll(surface, 3, axis=0)),
        "sheets torn": (labelled(surface), torn),
        "sheets bridged": (labelled(surface), bridged),
        "sheets, part ignored": (labelled(surface, ignored), moved | bridged),
        "equal": (labelled(surface), surface),
        "both empty": (labelled(empty), empty),
        "only truth": (labelled(one), empty),
        "only prediction": (labelled(empty), one),
        "prediction only where ignored": (labelled(empty, one), one),
        "one voxel each, corner to corner": (labelled(one), np.roll(one, (1, 1, 1), (0, 1, 2))),
        "on the border of the volume": (labelled(edge), np.roll(edge, 3, axis=0)),
    }


def surface_dice(truth, prediction):
    if not truth.any() and not prediction.any():
        return 1.0  # the package gives nan
    distances = surface_distance.compute_surface_distances(truth, prediction, (1, 1, 1))
    return surface_distance.compute_surface_dice_at_tolerance(distances, 2.0)


def voi(truth, prediction):
    union = truth | prediction
    if not union.any():
        return 0.0, 0.0
    ours = ndimage.label(truth, TOUCHING)[0][union]
    theirs = ndimage.label(prediction, TOUCHING)[0][union]
    split, merge = variation_of_information(ours, theirs)
    return split, merge


def dice(truth, prediction):
    total = int(truth.sum()) + int(prediction.sum())
    return 2.0 * int((truth & prediction).sum()) / total if total else 1.0


def run_lengths(volume):
    flat = volume.astype(np.uint8).ravel()
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    lengths = np.diff(np.concatenate((starts, [flat.size])))
    return np.stack((flat[starts], lengths), axis=1).ravel().tolist()


def describe(labels, prediction):
    truth = labels == 1
    kept = prediction & (labels != 2)
    split, merge = voi(truth, kept)
    return {
        "size_zyx": list(labels.shape),
        "labels": run_lengths(labels),
        "prediction": run_lengths(prediction),
        "components": [int(ndimage.label(mask, TOUCHING)[1]) for mask in (truth, kept)],
        "dice": dice(truth, kept),
        "surface_dice": float(surface_dice(truth, kept)),
        "split_bits": float(split),
        "merge_bits": float(merge),
    }


def surfel_areas():
    """By the code of surfel_area.h: bit 4 dx + 2 dz + dy."""
    table = lookup_tables.create_table_neighbour_code_to_surface_area((1, 1, 1))
    kernel = np.array(lookup_tables.ENCODE_NEIGHBOURHOOD_3D_KERNEL)
    areas = []
    for code in range(256):
        theirs = sum(int(kernel[bit >> 1 & 1, bit & 1, bit >> 2]) for bit in range(8) if code >> bit & 1)
        areas.append(float(table[theirs]))
    return areas


def main():
    cases = {name: describe(*volumes) for name, volumes in make_cases().items()}
    path = pathlib.Path(__file__).with_name("segmentation_scores.json")
    path.write_text(json.dumps({"surfel_areas": surfel_areas(), "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
