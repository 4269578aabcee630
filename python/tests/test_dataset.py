"""Samples as stored: numbers, fields, views of the mapped shards."""
import gc

import numpy as np
import pytest

import stoker
from conftest import SQUARES, number_of, square


def test_gives_every_source_file_under_its_name(images, image_tree):
    assert len(images) == len(image_tree)
    names = [images.name(i) for i in range(len(images))]
    assert sorted(names) == sorted(image_tree)
    for i, name in enumerate(names):
        assert images[i]["image"].tobytes() == image_tree[name].read_bytes()


def test_labels_count_sorted_folders(images, image_tree):
    folders = sorted({name.split("/")[0] for name in image_tree})
    assert images.class_names == folders
    expected = [folders.index(images.name(i).split("/")[0]) for i in range(len(images))]
    assert [int(images[i]["label"]) for i in range(len(images))] == expected
    assert images.column("label").tolist() == expected
    assert images.column("label").dtype == images.fields["label"].dtype


def test_raw_pixels_are_views_of_the_source_pixels(squares):
    for i in range(SQUARES):
        pixels = squares[i]["image"]
        np.testing.assert_array_equal(pixels, square(number_of(squares.name(i))))
        assert pixels.dtype == np.uint8 and not pixels.flags.writeable and not pixels.flags.owndata


def test_negative_numbers_count_from_the_end(squares):
    assert squares.name(-1) == squares.name(SQUARES - 1)
    np.testing.assert_array_equal(squares[-SQUARES]["image"], squares[0]["image"])


@pytest.mark.parametrize("index", [SQUARES, -SQUARES - 1, 2**62])
def test_numbers_past_the_end_are_index_errors(squares, index):
    with pytest.raises(IndexError, match=f"sample {index} is out of range.*has {SQUARES}"):
        squares[index]


def test_numbers_may_be_numpys_and_nothing_else(squares):
    assert squares.name(np.int64(3)) == squares.name(3)
    np.testing.assert_array_equal(squares[np.uint8(3)]["image"], squares[3]["image"])
    for index in ("3", 3.0, None, slice(3)):
        with pytest.raises(TypeError):
            squares[index]


def test_iterates_once_over_all(squares):
    assert sum(1 for _ in squares) == SQUARES


def test_views_outlive_the_data_set(packed_squares):
    ds = stoker.open(packed_squares)
    number = number_of(ds.name(7))
    pixels, label = ds[7]["image"], ds[7]["label"]
    del ds
    gc.collect()
    np.testing.assert_array_equal(pixels, square(number))
    assert int(label) == number % 4


def test_views_cannot_be_written(squares):
    with pytest.raises(ValueError):
        squares[0]["image"][0, 0, 0] = 1
    with pytest.raises(ValueError):
        squares[0]["image"].flags.writeable = True


def test_arrays_go_through_dlpack(squares):
    batch = next(iter(squares.loader(4, 32, training=False, resize_short=32)))
    again = np.from_dlpack(batch["image"])
    np.testing.assert_array_equal(again, batch["image"])
    assert np.shares_memory(again, batch["image"])


def test_says_what_fields_are(squares, volumes):
    image = squares.fields["image"]
    assert (image.storage, image.dtype, image.axes, image.shape) == ("blob", "uint8", "HWC", None)
    assert squares.fields["label"].shape == ()
    assert volumes.fields["label"].ignore_value == 2
    assert volumes.fields["nonzero_box"].shape == (6,)


def test_says_what_splits_there_are(squares, packed_squares):
    assert squares.splits == {"train": SQUARES} and squares.split == "train"
    with pytest.raises(ValueError, match="test.*train"):
        stoker.open(packed_squares, split="test")


def test_says_where_a_record_lies(squares, packed_squares):
    record = squares.record(5)
    assert record["codec"] == "raw" and record["shape"] == (32, 32, 3)
    with open(record["shard"], "rb") as shard:
        shard.seek(record["offset_bytes"])
        stored = shard.read(record["size_bytes"])
    assert stored == square(number_of(squares.name(5))).tobytes()


def test_joins_folders(images, packed_images, packed_squares):
    with pytest.raises(ValueError, match="twice"):
        stoker.open([packed_images, packed_images])
    with pytest.raises(ValueError):  # other classes
        stoker.open([packed_images, packed_squares])


def test_opens_by_text_path_and_manifest(packed_squares):
    for path in (packed_squares, str(packed_squares), packed_squares / "dataset.json",
                 str(packed_squares).encode()):
        assert len(stoker.open(path)) == SQUARES
