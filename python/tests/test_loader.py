"""Batches: what is in them, in which order, for how long."""
import numpy as np
import pytest

import stoker
from conftest import SQUARES, number_of, square


def whole(ds, batch_size, **options):
    """A loader whose crops are the whole images, unturned."""
    return ds.loader(batch_size, 32, training=False, resize_short=32, **options)


def test_batches_hold_the_source_pixels_and_labels(squares):
    seen = []
    for batch in whole(squares, 7):
        assert batch["image"].dtype == np.uint8 and batch["label"].dtype == np.int64
        for pixels, label, i in zip(batch["image"], batch["label"], batch["id"]):
            number = number_of(squares.name(int(i)))
            np.testing.assert_array_equal(pixels, square(number))
            assert label == number % 4
            seen.append(int(i))
    assert sorted(seen) == list(range(SQUARES))


def test_batches_are_as_many_as_said(squares):
    for tail, sizes in [("short", [16, 16, 8]), ("drop", [16, 16]), ("pad", [16, 16, 16])]:
        loader = whole(squares, 16, tail=tail)
        assert len(loader) == len(sizes)
        assert [len(batch["id"]) for batch in loader] == sizes


def ids_of(loader):
    return [i for batch in loader for i in batch["id"].tolist()]


def test_orders(squares):
    assert ids_of(whole(squares, 8, order="sequential")) == list(range(SQUARES))
    shuffled = whole(squares, 8, seed=1)
    first, second = ids_of(shuffled), ids_of(shuffled)
    assert sorted(first) == sorted(second) == list(range(SQUARES))
    assert first != second and first != list(range(SQUARES))
    assert ids_of(whole(squares, 5, seed=1, threads=1)) == first
    assert ids_of(whole(squares, 8, seed=2)) != first
    assert sorted(ids_of(whole(squares, 8, order="window", window=10))) == list(range(SQUARES))


def test_ranks_share_an_epoch(squares):
    parts = [ids_of(whole(squares, 4, seed=3, rank=rank, world_size=3)) for rank in range(3)]
    assert sorted(sum(parts, [])) == list(range(SQUARES))


def test_ranks_without_samples_get_an_empty_batch(squares):
    sizes = [[len(b["image"]) for b in whole(squares, 13, rank=r, world_size=3)] for r in range(3)]
    assert [sum(column) for column in zip(*sizes)] == [39, 1]
    last = list(whole(squares, 13, rank=2, world_size=3))[-1]
    assert last["image"].shape == (0, 32, 32, 3) and last["label"].shape == (0,)


def test_crops_depend_on_seed_epoch_and_sample_alone(images):
    def crops(**options):
        loader = images.loader(crop=24, seed=5, **options)
        return [{int(i): pixels.copy() for b in loader for i, pixels in zip(b["id"], b["image"])}
                for _ in range(2)]

    one, other = crops(batch_size=3, threads=1), crops(batch_size=10, threads=3)
    for epoch in range(2):
        assert one[epoch].keys() == other[epoch].keys()
        for i, pixels in one[epoch].items():
            np.testing.assert_array_equal(pixels, other[epoch][i])
    assert any((one[0][i] != one[1][i]).any() for i in one[0])


def test_gray_batches_have_one_channel(squares):
    image_module = pytest.importorskip("PIL.Image")
    batch = next(iter(whole(squares, 4, channels="gray")))
    number = number_of(squares.name(int(batch["id"][0])))
    expected = np.asarray(image_module.fromarray(square(number)).convert("L"))
    np.testing.assert_array_equal(batch["image"][0, :, :, 0], expected)


@pytest.mark.parametrize("in_flight", [2, 3, 5])
def test_batches_may_all_be_kept(squares, in_flight):
    """However few the ring holds, over epochs, and after the loader and data set are gone."""
    ds = squares
    loader = whole(ds, 4, batches_in_flight=in_flight)
    kept = [batch for _ in range(3) for batch in loader]
    names = [ds.name(i) for i in range(SQUARES)]
    del loader, ds
    assert len(kept) == 30
    for batch in kept:
        for pixels, i in zip(batch["image"], batch["id"]):
            np.testing.assert_array_equal(pixels, square(number_of(names[int(i)])))


def test_batches_kept_from_an_epoch_left_early_do_not_change(squares):
    loader = whole(squares, 4, seed=1)
    kept = next(iter(loader))
    before = {name: array.copy() for name, array in kept.items()}
    for _ in range(2):
        for _batch in loader:
            pass
    for name in kept:
        np.testing.assert_array_equal(kept[name], before[name])


def test_batches_are_ones_own_to_write(squares):
    for batch in whole(squares, 8):
        batch["image"][:] = 0
    for batch in whole(squares, 8):
        assert batch["image"].any()


@pytest.mark.parametrize("options, text", [
    ({"batch_size": 0}, "batch size"), ({"crop": 0}, "crop"), ({"order": "any"}, "random"),
    ({"tail": "any"}, "tail"), ({"channels": "any"}, "channels"), ({"rank": 1}, "rank"),
    ({"image_field": "label"}, "label"), ({"image_field": "none"}, "none"),
    ({"batches_in_flight": 1}, "batches in flight"), ({"io": "any"}, "mmap"),
    ({"on_error": "any"}, "stop")])
def test_wrong_options_are_value_errors(squares, options, text):
    with pytest.raises(ValueError, match=text):
        squares.loader(**{"batch_size": 4, **options})


@pytest.mark.parametrize("io", ["pread", "direct"])
def test_other_ways_to_read_give_the_same(squares, io):
    try:
        loader = whole(squares, 7, io=io)
        found = [batch["image"].tobytes() for batch in loader]
    except stoker.IoError as error:
        pytest.skip(f"no {io} here: {error}")
    assert found == [batch["image"].tobytes() for batch in whole(squares, 7)]


def test_says_where_time_went(squares):
    loader = whole(squares, 8)
    assert loader.times["samples"] == 0
    assert len(ids_of(loader)) == SQUARES
    assert loader.times["samples"] == SQUARES
    assert loader.times["stored_bytes"] == SQUARES * 32 * 32 * 3


def test_patches_are_boxes_of_volumes(volumes):
    loader = volumes.patch_loader(3, (16, 8, 24), sampling="uniform", augment=False,
                                  patches_per_volume=5, distance=True)
    count = 0
    for batch in loader:
        for k, volume in enumerate(batch["id"].tolist()):
            box = tuple(slice(o, o + s) for o, s in zip(batch["origin"][k], batch["extent"][k]))
            for field in ("image", "label", "distance"):
                found = batch[field][k, 0] if field == "image" else batch[field][k]
                np.testing.assert_array_equal(found, volumes.volume(volume, field)[box])
            count += 1
        assert batch["distance"].dtype == np.int8
    assert count == 10


def test_grids_cover_each_volume_once(volumes):
    loader = volumes.patch_loader(4, (24, 24, 24), sampling="grid")
    origins = {(int(i), *o) for b in loader for i, o in zip(b["id"], b["origin"].tolist())}
    assert origins == {(i, z, y, x) for i in range(2) for z in (0, 24) for y in (0, 24) for x in (0, 24)}


def test_computed_features_are_float16(volumes):
    batch = next(iter(volumes.patch_loader(2, (16, 16, 16), input="computed", augment=False)))
    assert batch["features"].dtype == np.float16 and batch["features"].shape == (2, 6, 16, 16, 16)
    box = tuple(slice(o, o + 16) for o in batch["origin"][0])
    voxels = volumes.volume(int(batch["id"][0]))[box]
    np.testing.assert_array_equal(batch["features"][0, 0],
                                  (voxels.astype(np.float32) / 255).astype(np.float16))
