"""From any format that stoker reads to any that it writes: runs the program convert-dataset."""
import json
import os
import shutil
import subprocess
import tempfile
from typing import Any, Dict, Optional, Sequence, Union

from ._errors import CorruptError, Error, IoError, NotFoundError, UsageError

_ERROR_OF_EXIT = {1: CorruptError, 2: UsageError, 3: IoError}


_Path = Union[str, bytes, os.PathLike]


def convert(inputs: Union[_Path, Sequence[_Path]], output: _Path, *, to: str = "stk",
            source_format: Optional[str] = None, split: Optional[str] = None,
            filter: Optional[str] = None, fields: Optional[Dict[str, str]] = None,
            drop: Sequence[str] = (), **options: Any) -> Dict[str, Any]:
    """Converts a data set, as `convert-dataset` does, whose formats docs/formats lists.

    The formats need more libraries than reading shards does, so they are not in this package: the
    program is, looked for in the folder that the environment's STOKER_BIN names, then in PATH.

    Args:
        inputs: a path, or several of one format, which are joined.
        output: the folder to write.
        to: "stk" (packed shards), "webdataset", "hdf5", "npy" ...
        source_format: of the inputs (--from); default: what they look like.
        split, filter: convert this split, or what matches this expression, alone.
        fields: {name: what the source calls it}.
        drop: fields to leave out.
        options: any other option of the program, with _ for -: threads=4, on_error="skip",
            resume=True, encode="raw".

    Returns:
        The program's report: samples, bytes, what was skipped.

    Raises:
        UsageError (a ValueError), CorruptError (the data is bad), IoError, each with the program's
        own text; NotFoundError where there is no program.
    """
    program = _find_program("convert-dataset")
    paths = [inputs] if isinstance(inputs, (str, bytes, os.PathLike)) else list(inputs)
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.json")
        command = [program, "--quiet", "--json", report, "--to", to,
                   "--output", os.fsdecode(output), "--input", *map(os.fsdecode, paths)]
        named = {"from": source_format, "split": split, "filter": filter,
                 "field": [f"{name}={source}" for name, source in (fields or {}).items()],
                 "drop": [drop] if isinstance(drop, str) else list(drop), **options}
        for name, value in named.items():
            command += _flag(name, value)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", errors="replace")
        if done.returncode != 0:
            raise _ERROR_OF_EXIT.get(done.returncode, Error)(
                done.stderr.strip() or f"convert-dataset ended with {done.returncode}")
        if not os.path.exists(report):  # --dry-run
            return {}
        with open(report, encoding="utf-8") as file:
            return json.load(file)


def _flag(name, value):
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, (list, tuple)):
        return [word for one in value for word in (flag, str(one))]
    return [flag, str(value)]


def _find_program(name):
    folder = os.environ.get("STOKER_BIN")
    found = shutil.which(name, path=folder) if folder else shutil.which(name)
    if found:
        return found
    where = f"the folder {folder} that STOKER_BIN names" if folder else "PATH"
    raise NotFoundError(f"expected the program {name} in {where}, found none: build and install "
                        "stoker's programs (docs/install.md), or set STOKER_BIN to their folder")
