"""A loader that is stopped anywhere goes on exactly."""
import json

import numpy as np
import pytest


def trail(loader, epochs):
    """What `epochs` epochs give, to the byte."""
    return [(loader.epoch, batch["id"].tolist(), batch["image"].tobytes())
            for _ in range(epochs) for batch in loader]


@pytest.fixture
def make(images):
    return lambda **options: images.loader(**{"batch_size": 4, "crop": 24, "seed": 9, **options})


@pytest.mark.parametrize("stop", range(0, 23, 3))
def test_goes_on_behind_any_batch(make, stop):
    expected = trail(make(), 2)
    loader = make()
    seen = []
    while len(seen) < stop:
        for batch in loader:
            seen.append((loader.epoch, batch["id"].tolist(), batch["image"].tobytes()))
            if len(seen) == stop:
                break
    state = json.loads(json.dumps(loader.state_dict()))
    other = make()
    other.load_state_dict(state)
    assert seen + trail(other, 2 - other.epoch) == expected


def test_goes_on_with_another_batch_size_and_world(make):
    def samples(loaders, epochs):
        return sorted((i, pixels.tobytes()) for loader in loaders for _ in range(epochs)
                      for batch in loader for i, pixels in zip(batch["id"].tolist(), batch["image"]))

    loader = make()
    seen = []
    for batch in loader:
        seen += [(i, pixels.tobytes()) for i, pixels in zip(batch["id"].tolist(), batch["image"])]
        if len(seen) >= 20:
            break
    rest = [make(batch_size=3, rank=rank, world_size=2) for rank in range(2)]
    for other in rest:
        other.load_state_dict(loader.state_dict())
    assert sorted(seen + samples(rest, 1)) == samples([make()], 1)


def test_says_how_many_batches_are_left(make):
    loader = make()
    whole = len(loader)
    for _batch in loader:
        break
    other = make()
    other.load_state_dict(loader.state_dict())
    assert len(other) == whole - 1 == sum(1 for _ in other)
    assert len(other) == whole


def test_leaving_an_epoch_early_begins_the_next(make):
    loader = make()
    for _batch in loader:
        break
    assert loader.epoch == 0
    second = [batch["id"].tolist() for batch in loader]
    assert second == [ids for epoch, ids, _ in trail(make(), 2) if epoch == 1]
    assert loader.epoch == 2


def test_set_epoch(make):
    loader = make()
    loader.set_epoch(5)
    five = trail(loader, 1)
    loader.set_epoch(5)
    assert trail(loader, 1) == five


@pytest.mark.parametrize("other", [{"seed": 10}, {"order": "sequential"}])
def test_states_of_another_order_are_value_errors(make, other):
    with pytest.raises(ValueError, match=next(iter(other))):
        make(**other).load_state_dict(make().state_dict())


def test_states_of_another_data_set_are_value_errors(make, squares):
    with pytest.raises(ValueError, match="fingerprint"):
        make().load_state_dict(squares.loader(4, 24, seed=9).state_dict())


def test_patches_go_on_too(volumes):
    def make():
        return volumes.patch_loader(2, (16, 16, 16), patches_per_volume=5, seed=2)

    def patches(loader):
        return [(b["id"].tolist(), b["image"].tobytes(), b["origin"].tolist()) for b in loader]

    expected = patches(make())
    loader = make()
    for _batch, _ in zip(loader, range(2)):
        pass
    other = make()
    other.load_state_dict(loader.state_dict())
    left = patches(other)
    assert left == expected[len(expected) - len(left):] and 0 < len(left) < len(expected)
    np.testing.assert_equal(other.epoch, 1)
