#!/usr/bin/env python3
"""Writes tests/golden/nifti with nibabel: one file a feature that the reader must know.

usage: generate_nifti.py        needs nibabel (5.4 wrote what is stored)

Every volume is 5 x 4 x 3 voxels (x, y, z); voxel (z, y, x) is 100 z + 10 y + x, in 4-D files plus
1000 times the channel, unless said otherwise.
"""
import gzip
import pathlib

import nibabel as nib
import numpy as np

OUT = pathlib.Path(__file__).parent / "nifti"
X, Y, Z = 5, 4, 3
AFFINE = np.array([[0, -2, 0, 10], [1.5, 0, 0, -20], [0, 0, 3, 30.25], [0, 0, 0, 1.0]])


def volume(dtype, channels=None):
    x, y, z = np.meshgrid(np.arange(X), np.arange(Y), np.arange(Z), indexing="ij")
    base = 100 * z + 10 * y + x
    if channels:
        base = np.stack([base + 1000 * c for c in range(channels)], axis=-1)
    return base.astype(dtype)


def save(name, image):
    path = OUT / name
    nib.save(image, path)
    if name.endswith(".gz"):  # without the time of writing
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 9, mtime=0))


def main():
    OUT.mkdir(exist_ok=True)
    for dtype in ["int16", "uint16", "int32", "float32", "float64", "uint32", "int64"]:
        image = nib.Nifti1Image(volume(dtype), AFFINE, dtype=dtype)
        save(f"{dtype}.nii.gz" if dtype == "int16" else f"{dtype}.nii", image)
    save("uint8.nii", nib.Nifti1Image((volume("int32") % 256).astype("uint8"), AFFINE))
    save("int8.nii", nib.Nifti1Image((volume("int32") % 100 - 50).astype("int8"), AFFINE))
    save("channels.nii.gz", nib.Nifti1Image(volume("int16", 2), AFFINE))
    save("nifti2.nii", nib.Nifti2Image(volume("int16"), AFFINE))
    save("pair.img", nib.Nifti1Pair(volume("int16"), AFFINE))

    # value = stored * 2 - 1000
    scaled = nib.Nifti1Image(volume("int16"), AFFINE)
    scaled.header.set_slope_inter(2, -1000)
    raw = scaled.header.copy()
    with open(OUT / "scaled.nii", "wb") as file:
        raw.set_data_offset(352)
        raw.write_to(file)  # and the four bytes that say: no extensions
        file.write(volume("int16").tobytes(order="F"))

    big = nib.Nifti1Header(endianness=">")
    big_image = nib.Nifti1Image(volume(">i2"), AFFINE, header=big)
    save("big_endian.nii", big_image)

    # A qform alone: a quarter turn about z, x mirrored by qfac.
    only_q = nib.Nifti1Image(volume("int16"), None)
    turned = np.array([[0, 1.5, 0, 7], [2, 0, 0, 8], [0, 0, 3, 9], [0, 0, 0, 1.0]])
    only_q.set_qform(turned, code=1)
    only_q.set_sform(None, code=0)
    save("qform.nii", only_q)

    # Neither form: nibabel's own idea of the place.
    nowhere = nib.Nifti1Image(volume("int16"), None)
    nowhere.header.set_zooms((0.5, 2, 3))
    nowhere.set_qform(None, code=0)
    nowhere.set_sform(None, code=0)
    save("unplaced.nii", nowhere)
    print("unplaced.nii:", nib.load(OUT / "unplaced.nii").affine.tolist())

    # Two members, as bgzip and concatenation write them, and an empty one at the end.
    plain = (OUT / "nifti2.nii").read_bytes()
    members = [gzip.compress(part, mtime=0) for part in (plain[:600], plain[600:], b"")]
    (OUT / "members.nii.gz").write_bytes(b"".join(members))


if __name__ == "__main__":
    main()
