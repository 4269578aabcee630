"""What is wrong is said with path and offset, as the exception that Python programs expect."""
import pickle
import shutil

import pytest

import stoker


@pytest.fixture
def damaged(packed_images, tmp_path):
    """A copy of packed_images: damage(index) flips a byte in the middle of a sample's record."""
    copy = tmp_path / "damaged"
    shutil.copytree(packed_images, copy)
    ds = stoker.open(copy)

    def damage(index):
        record = ds.record(index)
        with open(record["shard"], "r+b") as shard:
            shard.seek(record["offset_bytes"] + record["size_bytes"] // 2)
            byte = shard.read(1)[0]
            shard.seek(-1, 1)
            shard.write(bytes([byte ^ 0x55]))
        return record

    return copy, damage


def test_no_folder_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        stoker.open(tmp_path / "none")
    assert isinstance(caught.value, stoker.NotFoundError)
    assert str(tmp_path / "none") in str(caught.value) and caught.value.path == str(tmp_path / "none")


def test_a_missing_shard_is_a_file_not_found_error(damaged):
    folder, _ = damaged
    shard = next(folder.glob("*-00001-*.stk"))
    shard.unlink()
    with pytest.raises(FileNotFoundError, match=shard.name):
        stoker.open(folder)


def test_a_damaged_manifest_is_a_corrupt_error(damaged):
    folder, _ = damaged
    manifest = folder / "dataset.json"
    manifest.write_text(manifest.read_text().replace("pack-imagenet", "pack-imagenot", 1))
    with pytest.raises(stoker.CorruptError, match="dataset.json"):
        stoker.open(folder)


def test_damage_is_found_on_decoding_with_its_place(damaged):
    folder, damage = damaged
    record = damage(5)
    ds = stoker.open(folder)
    with pytest.raises(stoker.CorruptError) as caught:
        ds.image(5)
    error = caught.value
    assert error.path == record["shard"] and error.offset_bytes == record["offset_bytes"]
    assert record["shard"] in str(error) and f"byte {record['offset_bytes']}" in str(error)
    ds.image(4)


def test_raw_bytes_are_checked_where_asked(damaged):
    folder, damage = damaged
    damage(5)
    stoker.open(folder)[5]
    with pytest.raises(stoker.CorruptError):
        stoker.open(folder, check_hashes=True)[5]


def test_a_loader_raises_in_order_of_the_epoch(damaged):
    folder, damage = damaged
    damage(13)
    loader = stoker.open(folder).loader(4, 24, order="sequential")
    seen = []
    with pytest.raises(stoker.CorruptError, match="sample .*field image"):
        for batch in loader:
            seen += batch["id"].tolist()
    assert seen == list(range(12))
    with pytest.raises(stoker.CorruptError):
        next(loader)


def test_a_loader_skips_and_notes(damaged):
    folder, damage = damaged
    damage(13)
    ds = stoker.open(folder)
    loader = ds.loader(4, 24, order="sequential", on_error="skip")
    seen = [i for batch in loader for i in batch["id"].tolist()]
    assert seen == [i for i in range(len(ds)) if i != 13]
    (skipped,) = loader.skipped
    assert skipped["id"] == 13 and skipped["epoch"] == 0 and ds.name(13) in skipped["place"]


@pytest.mark.parametrize("type", [stoker.Error, stoker.CorruptError, stoker.UsageError,
                                  stoker.NotFoundError, stoker.IoError])
def test_errors_cross_processes(type):
    error = pickle.loads(pickle.dumps(type("a: at byte 5: b", "a", 5)))
    assert (str(error), error.path, error.offset_bytes) == ("a: at byte 5: b", "a", 5)
