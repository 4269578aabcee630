#!/usr/bin/env python3
"""Writes tests/golden/npy and tests/golden/cifar with NumPy and pickle, as other programs would have.

Element i of an array, counted in C order, is (i * 7 + 3) % 251, or what a line below says; tests compute
the same. usage: tests/golden/generate_arrays.py
"""
import io
import pathlib
import pickle
import tarfile

import numpy as np

here = pathlib.Path(__file__).parent


def counted(shape, dtype=np.uint8):
    return ((np.arange(np.prod(shape)) * 7 + 3) % 251).astype(dtype).reshape(shape)


def labels(count, classes=3):
    return (np.arange(count) % classes).astype(np.uint8)


def write_version(path, array, version):
    with open(path, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


npy = here / "npy"
np.save(npy / "plain.npy", counted((3, 4, 5, 3)))
np.save(npy / "fortran.npy", np.asfortranarray(counted((3, 4, 5, 3))))
np.save(npy / "big_endian.npy", counted((3, 2, 4), ">i2") - 100)
np.save(npy / "fortran_big_endian.npy", np.asfortranarray(counted((3, 2, 4), ">f4") / 4))
write_version(npy / "version2.npy", counted((3, 4), "<u2"), (2, 0))
write_version(npy / "version3.npy", counted((3, 4), "<i8"), (3, 0))
np.save(npy / "bool.npy", counted((3, 6)) % 2 == 0)
np.save(npy / "half.npy", counted((3, 6), np.float16))
np.save(npy / "float64.npy", counted((3, 6), np.float64) / 8)
np.save(npy / "uint64.npy", counted((3, 6), np.uint64))
np.save(npy / "object.npy", np.array([{}, [], None], dtype=object), allow_pickle=True)
np.save(npy / "records.npy", np.zeros(3, dtype=[("x", "<f4"), ("y", "|u1")]))
np.save(npy / "text.npy", np.array(["a", "bc", "d"]))

medmnist = {}
for split, count in (("train", 5), ("val", 2), ("test", 3)):
    medmnist[split + "_images"] = counted((count, 8, 8, 3))
    medmnist[split + "_labels"] = labels(count).reshape(count, 1)
np.savez_compressed(npy / "pathmnist.npz", **medmnist)
np.savez_compressed(npy / "organmnist3d.npz", train_images=counted((2, 8, 9, 10)),
                    train_labels=labels(2).reshape(2, 1))
np.savez_compressed(npy / "chestmnist.npz", train_images=counted((4, 8, 8)),
                    train_labels=counted((4, 14)) % 2)
np.savez(npy / "mnist.npz", x_train=counted((5, 8, 8)), y_train=labels(5), x_test=counted((3, 8, 8)),
         y_test=labels(3))

np.savez(npy / "scalars.npz", images=counted((4, 8, 8)), labels=labels(4), num_classes=3,
         words=np.array(["a", "b", "c"], dtype=object), nothing=np.zeros((4, 0)))
np.savez(npy / "text_labels.npz", images=counted((3, 8, 8)), labels=np.array(["cat", "dog", "cat"]))

cifar = here / "cifar"
names = [f"cat_s_{i:06}.png" for i in range(2)]
data = counted((2, 3072))
for protocol in (2, 4, 5):
    with open(cifar / f"protocol{protocol}.pickle", "wb") as file:
        pickle.dump({b"batch_label": b"testing batch", b"labels": [3, 1], b"data": data,
                     b"filenames": [name.encode() for name in names]}, file, protocol=protocol)
with open(cifar / "fortran.pickle", "wb") as file:
    pickle.dump({"fine_labels": [3, 1], "coarse_labels": [1, 0], "data": np.asfortranarray(data),
                 "filenames": names}, file, protocol=2)
with open(cifar / "meta.pickle", "wb") as file:
    pickle.dump({"label_names": ["plane", "car", "bird", "cat"], "num_vis": 3072}, file, protocol=2)

# As they are downloaded; batches not in the order of their names.
with tarfile.open(cifar / "python.tar.gz", "w:gz") as archive:
    folder = tarfile.TarInfo("cifar-10-batches-py")
    folder.type = tarfile.DIRTYPE
    archive.addfile(folder)
    for name, source in (("data_batch_2", "protocol2"), ("readme.html", "meta"), ("data_batch_1", "protocol4"),
                         ("batches.meta", "meta")):
        content = (cifar / f"{source}.pickle").read_bytes()
        member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
