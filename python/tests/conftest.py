"""Small data sets, packed by stoker's programs from sources that NumPy and Pillow make or read as well.

The programs are looked for in the folder that STOKER_BIN names (a build's bin); without it, what needs
them is skipped.
"""
import os
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest

import stoker


def run_program(name, *arguments):
    folder = os.environ.get("STOKER_BIN")
    if not folder or not os.path.exists(os.path.join(folder, name)):
        pytest.skip(f"STOKER_BIN names no folder with {name}")
    subprocess.run([os.path.join(folder, name), "--quiet", *map(str, arguments)], check=True,
                   stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def image_tree(tmp_path_factory):
    """Made-up ImageNet training images as files, a folder per class: {name: path}."""
    folder = tmp_path_factory.mktemp("imagenet")
    run_program("make-sample-imagenet", "--output", folder, "--classes", 3, "--train-per-class", 14,
                "--val-per-class", 2)
    tree = folder / "tree"
    with tarfile.open(folder / "ILSVRC2012_img_train.tar") as outer:
        for member in outer.getmembers():
            with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                inner.extractall(tree / Path(member.name).stem)
    return {f"{path.parent.name}/{path.name}": path for path in sorted(tree.glob("*/*"))}


@pytest.fixture(scope="session")
def packed_images(image_tree, tmp_path_factory):
    """image_tree as it is: source bytes kept, in several shards."""
    output = tmp_path_factory.mktemp("packed") / "original"
    tree = next(iter(image_tree.values())).parent.parent
    run_program("pack-imagenet", "--input", tree, "--output", output, "--shard-size", "64KiB")
    return output


def square(number, side=32):
    """Pixels by arithmetic: uint8 [side, side, 3], different for every number."""
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    return ((number * 37 + y * 5 + x * 3 + c * 11) % 256).astype(np.uint8)


SQUARES = 40


def number_of(name):
    return int(Path(name).stem)


@pytest.fixture(scope="session")
def packed_squares(tmp_path_factory):
    """square(0) to square(39), stored raw; class of number n: n % 4."""
    from PIL import Image
    folder = tmp_path_factory.mktemp("squares")
    for number in range(SQUARES):
        path = folder / "tree" / f"class_{number % 4}" / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(square(number)).save(path)
    run_program("pack-imagenet", "--input", folder / "tree", "--output", folder / "packed",
                "--encode", "raw", "--shard-size", "32KiB")
    return folder / "packed"


@pytest.fixture(scope="session")
def scrolls(tmp_path_factory):
    """Made-up TIFF volumes in the layout of the Vesuvius challenge."""
    folder = tmp_path_factory.mktemp("scrolls")
    run_program("make-sample-scrolls", "--output", folder, "--count", 2, "--size", 48)
    return folder


@pytest.fixture(scope="session")
def packed_volumes(scrolls, tmp_path_factory):
    output = tmp_path_factory.mktemp("packed") / "volumes"
    run_program("pack-volumes", "--input", scrolls, "--output", output, "--targets", "distance")
    return output


@pytest.fixture(scope="session")
def packed_features(packed_volumes, tmp_path_factory):
    output = tmp_path_factory.mktemp("packed") / "features"
    run_program("precompute-features", "--input", packed_volumes, "--output", output)
    return output


@pytest.fixture
def images(packed_images):
    return stoker.open(packed_images)


@pytest.fixture
def squares(packed_squares):
    return stoker.open(packed_squares)


@pytest.fixture
def volumes(packed_volumes):
    return stoker.open(packed_volumes)
