"""convert() runs convert-dataset."""
import numpy as np
import pytest

import stoker
from conftest import SQUARES, number_of, run_program, square


def test_converts_both_ways(packed_squares, tmp_path):
    run_program("convert-dataset", "--version")
    report = stoker.convert(packed_squares, tmp_path / "npy", to="npy")
    assert report["samples"] == SQUARES
    images = np.load(next((tmp_path / "npy").rglob("*image*.npy")))
    assert images.shape == (SQUARES, 32, 32, 3)

    stoker.convert([tmp_path / "npy"], tmp_path / "again", threads=1, order="input")
    again, original = stoker.open(tmp_path / "again"), stoker.open(packed_squares)
    for i in range(SQUARES):
        np.testing.assert_array_equal(again[i]["image"], square(number_of(original.name(i))))


def test_its_errors_are_exceptions(packed_squares, tmp_path):
    run_program("convert-dataset", "--version")
    with pytest.raises(ValueError, match="any"):
        stoker.convert(packed_squares, tmp_path / "x", to="any")
    with pytest.raises(stoker.Error, match="none"):
        stoker.convert(tmp_path / "none", tmp_path / "x")


def test_no_program_is_said(packed_squares, tmp_path, monkeypatch):
    monkeypatch.setenv("STOKER_BIN", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="convert-dataset.*STOKER_BIN"):
        stoker.convert(packed_squares, tmp_path / "x")
