"""Is a packed data set whole?"""
import os
from dataclasses import dataclass
from typing import List, Optional, Union

from . import _core


@dataclass(frozen=True)
class Fault:
    """One fault, placed as closely as it can be. str() is the line that verify-dataset prints.

    Attributes:
        kind: "manifest", "missing", "unreadable", "size", "content", "structure", "foreign",
            "unlisted", "index", "names", "padding", "record", "label", "notes" or "decode".
        file: base name of the shard or manifest.
        sample, sample_id: number in the shard, and in the split; None where it is about no sample.
        offset_bytes: in the file, or None.
    """
    kind: str
    file: str
    split: str
    sample: Optional[int]
    sample_id: Optional[int]
    sample_name: str
    field: str
    offset_bytes: Optional[int]
    message: str
    text: str

    def __str__(self):
        return self.text


@dataclass(frozen=True)
class VerifyReport:
    """What verify has found. `warnings` are oddities: the data set is whole all the same."""
    folder: str
    level: str
    faults: List[Fault]
    warnings: List[Fault]
    files: List[dict]  # of each file: file, split, size_bytes, samples, seconds
    samples: int
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def __str__(self):
        lines = [f"{self.folder}: {'whole' if self.whole else f'{len(self.faults)} faults'}, "
                 f"{self.samples} samples in {len(self.files)} files"]
        lines += [f"  {fault}" for fault in self.faults]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def verify(path: Union[str, bytes, os.PathLike], level: str = "default") -> VerifyReport:
    """Checks a packed data set on all cores and lists every fault, as verify-dataset does.

    level: "fast": manifest, sizes, whole-shard hashes; "default": every record and every byte as
    well; "deep": every value is decoded.

    Raises NotFoundError where the folder is not there; whatever is wrong with the data is in the
    report. Can be interrupted (Ctrl-C).
    """
    folder = os.fspath(path)
    result = _core.verify(os.fsencode(folder), level)
    return VerifyReport(folder=os.fsdecode(folder), level=level,
                        faults=[Fault(**row) for row in result["faults"]],
                        warnings=[Fault(**row) for row in result["warnings"]],
                        files=result["files"], samples=result["samples"],
                        seconds=result["seconds"])
