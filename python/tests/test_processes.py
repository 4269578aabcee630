"""Pickles, forks and spawned processes."""
import multiprocessing
import os
import pickle
import signal
import threading

import numpy as np
import pytest

import stoker
from conftest import SQUARES, number_of, square

TIMEOUT_SECONDS = 20


def in_child(check):
    """Whether `check` returns in a forked child, in time."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(TIMEOUT_SECONDS)  # a child that hangs is killed by it
            check()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def check_all(ds):
    for i in range(0, SQUARES, 7):
        np.testing.assert_array_equal(ds[i]["image"], square(number_of(ds.name(i))))
        np.testing.assert_array_equal(ds.image(i), ds[i]["image"])


def ids_of(loader):
    return [i for batch in loader for i in batch["id"].tolist()]


def test_pickles_by_path(squares):
    pickled = pickle.dumps(squares)
    assert len(pickled) < 1000
    check_all(pickle.loads(pickled))


def test_works_in_a_forked_child(squares):
    before = squares[0]["image"]
    assert in_child(lambda: check_all(squares)) == 0
    assert in_child(lambda: check_all(pickle.loads(pickle.dumps(squares)))) == 0
    np.testing.assert_array_equal(before, square(number_of(squares.name(0))))


def test_a_loader_goes_on_in_a_forked_child_and_in_the_parent(squares):
    loader = squares.loader(4, 24, seed=3)
    expected = ids_of(squares.loader(4, 24, seed=3))
    first = next(iter(loader))  # threads run, a batch is held
    rest = expected[4:]

    def check():
        held = first["id"].tolist()
        assert [i for batch in loader for i in batch["id"].tolist()] != []
        assert held == expected[:4] == first["id"].tolist()

    def check_rest():
        found = []
        while True:
            try:
                found += next(loader)["id"].tolist()
            except StopIteration:
                break
        assert found == rest

    assert in_child(check_rest) == 0
    assert in_child(check) == 0
    check_rest()


def test_verifies_in_a_forked_child(packed_squares):
    assert stoker.verify(packed_squares).whole  # starts threads in the parent

    def check():
        assert stoker.verify(packed_squares, "deep").whole

    assert in_child(check) == 0


def spawned(pickled, answers):
    ds = pickle.loads(pickled)
    check_all(ds)
    answers.put(ids_of(ds.loader(8, 24)))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_works_in_started_processes(squares, method):
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    process = context.Process(target=spawned, args=(pickle.dumps(squares), answers))
    process.start()
    found = answers.get(timeout=60)
    process.join(60)
    assert process.exitcode == 0 and found == ids_of(squares.loader(8, 24))


@pytest.mark.slow
def test_a_thousand_forks_and_pickles(squares):
    """While threads of a loader run, one thread decodes, and another opens and verifies."""
    stop = threading.Event()
    path = squares.folders[0]

    def decode():
        while not stop.is_set():
            squares.image(0)

    def use_others():
        while not stop.is_set():
            stoker.open(path)
            stoker.verify(path)

    def check():
        again = pickle.loads(pickle.dumps(squares))
        np.testing.assert_array_equal(again.image(3), squares[3]["image"])
        assert len(next(iter(again.loader(8, 24, threads=1)))["id"]) == 8
        next(loader, None)

    loader = squares.loader(4, 24, threads=2)
    threads = [threading.Thread(target=work) for work in (decode, use_others)]
    for thread in threads:
        thread.start()
    try:
        forks = 0
        while forks < 1000:  # an epoch is ten batches, the last is copied
            for batch in loader:
                assert len(batch["id"]) == 4
                assert in_child(check) == 0
                check_all(pickle.loads(pickle.dumps(squares)))
                forks += 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
