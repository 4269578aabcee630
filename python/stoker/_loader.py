"""Epochs of batches, made by the threads of libdata/loader."""
from typing import Any, Dict, Iterator, List


class Loader:
    """Iterates over batches; each `for` over it is an epoch. Made by Dataset.loader or patch_loader.

    A batch is a dict of arrays. What a sample looks like depends on (data set, options, seed, epoch,
    sample) alone, not on threads, batch size or where an epoch was resumed.

        loader():        image uint8 [n, crop, crop, channels], label int64 [n] (-1: none), id [n]
        patch_loader():  image uint8 or uint16 [n, 1, z, y, x], or features float16 [n, 6, z, y, x];
                         label uint8 [n, z, y, x] (2: ignore), distance int8 [n, z, y, x]; factor and
                         offset float32 [n, channels]: standardised value = value * factor + offset;
                         id [n]; origin, extent int64 [n, 3]: the patch's box in its volume

    `id` is the sample's number in the split. Batches may be kept for as long as one likes. With
    torch=True they hold tensors over the same memory, images as [n, channels, crop, crop] in
    channels_last order.

    One thread, and one `for`, at a time. Threads start with the first batch; in a forked process
    they start anew, at the parent's position.
    """

    def __init__(self, stream, order: Dict[str, Any], torch: bool):
        """`order`: what the order of an epoch's samples follows from."""
        self._stream = stream
        self._order = {**order, "samples": stream.samples}
        self._convert = _as_tensors if torch else None
        if torch:
            import torch as _  # noqa: F401  missing, it is said here, not at the first batch
        self._epoch = 0
        self._position = 0
        self._under_way = False

    @property
    def epoch(self) -> int:
        """Number of the epoch that is under way, or comes next."""
        return self._epoch

    @property
    def position(self) -> int:
        """How many samples of it all ranks together have been given."""
        return self._position

    def set_epoch(self, epoch: int) -> None:
        """The next `for` is that epoch, from its start."""
        self._move_to(epoch, 0)

    def __len__(self) -> int:
        """Batches of an epoch on this rank; of a resumed one, those that are left."""
        return self._stream.batches(0 if self._under_way else self._position)

    def __iter__(self) -> "Iterator[Dict[str, Any]]":
        if self._under_way:  # the last epoch was left before its end
            self._epoch += 1
            self._position = 0
        self._under_way = True
        self._stream.start(self._epoch, self._position)
        return self

    def __next__(self) -> Dict[str, Any]:
        if not self._under_way:
            raise StopIteration
        taken = self._stream.next()
        if taken is None:
            self._move_to(self._epoch + 1, 0)
            raise StopIteration
        arrays, self._position = taken
        return self._convert(arrays) if self._convert else arrays

    def state_dict(self) -> Dict[str, Any]:
        """Where the loader stands: what load_state_dict needs to go on behind the last batch given,
        also with another batch_size or world_size. Plain numbers and strings."""
        return {"epoch": self._epoch, "position": self._position, **self._order}

    def load_state_dict(self, state: Dict[str, Any]) -> None:
        """The next `for` goes on there. ValueError where the samples would not be the same ones."""
        for key, value in self._order.items():
            if state.get(key) != value:
                raise ValueError(f"the state is of a loader with {key}={state.get(key)!r}, "
                                 f"this one has {key}={value!r}")
        self._move_to(state["epoch"], state["position"])

    @property
    def times(self) -> Dict[str, float]:
        """Where the time went, in seconds summed over threads: read, decode, augment, idle (threads
        without a free batch: the consumer is slower), wait (the consumer, in next())."""
        return self._stream.times

    @property
    def skipped(self) -> List[Dict[str, Any]]:
        """Samples left out with on_error="skip": dicts of epoch, id, place, reason."""
        return self._stream.skipped

    def _move_to(self, epoch, position):
        self._epoch = epoch
        self._position = position
        self._under_way = False


def _as_tensors(arrays):
    import torch
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    if tensors.get("image") is not None and tensors["image"].ndim == 4:
        tensors["image"] = tensors["image"].permute(0, 3, 1, 2)
    return tensors
