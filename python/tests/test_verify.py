"""verify() says what verify-dataset says."""
import shutil

import pytest

import stoker
from conftest import SQUARES


@pytest.mark.parametrize("level", ["fast", "default", "deep"])
def test_sound_sets_are_whole(packed_squares, packed_volumes, level):
    report = stoker.verify(packed_squares, level)
    assert report.whole and report.samples == SQUARES and not report.faults
    assert "whole" in str(report) and report.files[0]["file"] == "dataset.json"
    assert stoker.verify(packed_volumes, level).whole


def test_lists_every_fault_with_its_place(packed_squares, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(packed_squares, copy)
    ds = stoker.open(copy)
    places = [ds.record(i) for i in (2, 30)]
    for record in places:
        with open(record["shard"], "r+b") as shard:
            shard.seek(record["offset_bytes"] + 100)
            shard.write(b"\x00\xff\x00")
    report = stoker.verify(copy)
    assert not report.whole
    records = [fault for fault in report.faults if fault.kind == "record"]
    assert sorted(fault.sample_id for fault in records) == [2, 30]
    for fault, record in zip(sorted(records, key=lambda fault: fault.sample_id), places):
        assert record["shard"].endswith(fault.file) and fault.offset_bytes == record["offset_bytes"]
        assert fault.field == "image" and fault.sample_name in str(fault)
    assert {fault.kind for fault in report.faults} == {"record", "content"}


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        stoker.verify(tmp_path / "none")
    with pytest.raises(ValueError, match="level"):
        stoker.verify(tmp_path, "any")
