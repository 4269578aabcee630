#!/usr/bin/env python3
"""Writes tests/golden/devkit: a small ILSVRC2012 development kit, meta.mat by SciPy.

Five leaf classes whose ids are not in the order of their WordNet ids, and two inner nodes. Run:
/usr/bin/python3 tests/golden/generate_devkit.py
"""
import gzip
import io
import pathlib
import tarfile

import numpy as np
import scipy.io

OUT = pathlib.Path(__file__).parent / "devkit"
#           id, wnid, num_children
SYNSETS = [(1, "n02119789", 0), (2, "n02100735", 0), (3, "n01440764", 0), (4, "n15075141", 0),
           (5, "n02110185", 0), (6, "n00001740", 2), (7, "n00015388", 3)]
TRUTH = [3, 1, 5, 5, 4, 2, 1, 3]


def meta_mat(compress, number):
    fields = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children",
              "wordnet_height", "num_train_images"]
    synsets = np.zeros((len(SYNSETS), 1), dtype=[(name, "O") for name in fields])
    for row, (ident, wnid, children) in enumerate(SYNSETS):
        synsets[row, 0] = (number(ident), wnid, f"words of {wnid}", "", number(children),
                           np.arange(children, dtype=np.float64), number(0), number(1300))
    out = io.BytesIO()
    scipy.io.savemat(out, {"other": np.arange(3.0), "synsets": synsets}, do_compression=compress)
    data = bytearray(out.getvalue())
    data[:116] = b"MATLAB 5.0 MAT-file, written by SciPy".ljust(116)  # without the date
    return bytes(data)


def main():
    data = OUT / "ILSVRC2012_devkit_t12" / "data"
    data.mkdir(parents=True, exist_ok=True)
    meta = meta_mat(True, float)
    (data / "meta.mat").write_bytes(meta)
    (OUT / "meta_plain_uint16.mat").write_bytes(meta_mat(False, np.uint16))
    truth = "".join(f"{ident}\n" for ident in TRUTH).encode()
    (data / "ILSVRC2012_validation_ground_truth.txt").write_bytes(truth)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("readme.txt", b"a devkit for tests\n"), ("data/meta.mat", meta),
                              ("data/ILSVRC2012_validation_ground_truth.txt", truth)):
            info = tarfile.TarInfo(f"ILSVRC2012_devkit_t12/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    (OUT / "devkit.tar.gz").write_bytes(gzip.compress(plain.getvalue(), mtime=0))
    wnid_of = {ident: wnid for ident, wnid, _ in SYNSETS}
    classes = sorted(wnid for _, wnid, children in SYNSETS if children == 0)
    with open(OUT / "expected.tsv", "w") as out:
        for i, ident in enumerate(TRUTH, 1):
            out.write(f"ILSVRC2012_val_{i:08}\t{wnid_of[ident]}\t{classes.index(wnid_of[ident])}\n")


main()
