"""stoker.torch, and tensors from loaders. Skipped where there is no torch."""
import pickle

import numpy as np
import pytest

from conftest import SQUARES, number_of, square

torch = pytest.importorskip("torch")


@pytest.fixture
def pairs(packed_squares):
    import stoker.torch
    return stoker.torch.Dataset(packed_squares)


def check(pairs, images, labels, order):
    for image, label, i in zip(images, labels, order):
        number = number_of(pairs.data.name(i))
        np.testing.assert_array_equal(image.numpy().transpose(1, 2, 0), square(number))
        assert int(label) == number % 4


def test_is_a_torch_data_set(pairs):
    assert isinstance(pairs, torch.utils.data.Dataset) and len(pairs) == SQUARES
    image, label = pairs[-1]
    assert image.dtype == torch.uint8 and isinstance(label, int)
    check(pairs, [image], [label], [SQUARES - 1])
    assert pairs.targets == [pairs[i][1] for i in range(SQUARES)]
    assert pairs.classes == ["class_0", "class_1", "class_2", "class_3"]


def halve(image):
    return torch.from_numpy(image // 2)


def test_transforms_what_it_gives(packed_squares):
    import stoker.torch
    ds = stoker.torch.Dataset(packed_squares, transform=halve, target_transform=str)
    image, label = pickle.loads(pickle.dumps(ds))[2]
    np.testing.assert_array_equal(image.numpy(), square(number_of(ds.data.name(2))) // 2)
    assert label == str(number_of(ds.data.name(2)) % 4)


@pytest.mark.parametrize("method", [None, "fork", "spawn", "forkserver"])
def test_goes_through_workers(pairs, method):
    pairs[0]
    workers = {} if method is None else {"num_workers": 2, "multiprocessing_context": method,
                                         "persistent_workers": True}
    loader = torch.utils.data.DataLoader(pairs, batch_size=8, **workers)
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == SQUARES // 8
        for b, (images, labels) in enumerate(batches):
            check(pairs, images, labels, range(b * 8, b * 8 + 8))


def test_loaders_give_tensors(pairs):
    loader = pairs.data.loader(8, 32, training=False, resize_short=32, torch=True)
    for batch in loader:
        assert batch["image"].shape == (8, 3, 32, 32) and batch["label"].dtype == torch.int64
        assert batch["image"].is_contiguous(memory_format=torch.channels_last)
        check(pairs, batch["image"], batch["label"], batch["id"].tolist())


def test_patches_are_tensors(volumes):
    loader = volumes.patch_loader(2, (16, 16, 16), augment=False, input="computed", torch=True)
    batch = next(iter(loader))
    assert batch["features"].shape == (2, 6, 16, 16, 16) and batch["features"].dtype == torch.float16
    assert batch["id"].shape == (2,) and batch["origin"].shape == (2, 3)
