#!/usr/bin/env python3
"""Writes tests/golden/tar: archives by Python's tarfile and GNU tar, each with a listing beside it.

NAME.tar.txt has a line "TYPE OFFSET SIZE NAME" a member, as tarfile reads the archive back; a hard
link is listed as the file before it that it names, where there is one. Bodies are the member's name, over and
over, so that a test can check a body without this script.
Needs GNU tar. Run: tests/golden/generate_tars.py
"""
import io
import os
import pathlib
import subprocess
import tarfile
import tempfile

OUT = pathlib.Path(__file__).parent / "tar"
LONG = "a_long_folder_name/" * 8 + "n01440764_10026.JPEG"
FILES = [("n01440764/n01440764_1.JPEG", 700), ("empty.JPEG", 0), ("exact_block.JPEG", 512), (LONG, 30)]


def body(name, size):
    text = name.encode() + b"\n"
    return (text * (size // len(text) + 1))[:size]


def write_listing(path):
    with tarfile.open(path) as archive, open(f"{path}.txt", "w") as out:
        files = {}
        for m in archive:
            if m.islnk() and m.linkname in files:
                m.type, m.offset_data, m.size = tarfile.REGTYPE, *files[m.linkname]
            if m.isreg():
                files[m.name] = m.offset_data, m.size
            kind = "file" if m.isreg() else "folder" if m.isdir() else "link"
            out.write(f"{kind} {m.offset_data} {m.size if m.isreg() else 0} {m.name.removeprefix('./')}\n")


def add(archive, name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    archive.addfile(info, io.BytesIO(body(name, size)))


def with_tarfile(name, file_format, **more):
    path = OUT / name
    with tarfile.open(path, "w", format=file_format, **more) as archive:
        folder = tarfile.TarInfo("n01440764")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for file_name, size in FILES:
            if len(file_name) < 100 or file_format != tarfile.USTAR_FORMAT or "/" in file_name:
                add(archive, file_name, size)
        link = tarfile.TarInfo("link.JPEG")
        link.type, link.linkname = tarfile.SYMTYPE, LONG
        if file_format != tarfile.USTAR_FORMAT:
            archive.addfile(link)
    write_listing(path)


def with_gnu_tar(name, file_format):
    path = OUT / name
    with tempfile.TemporaryDirectory() as folder:
        names = [n for n, _ in FILES if file_format != "v7" or len(n) < 100]
        for file_name, size in FILES:
            target = pathlib.Path(folder, file_name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body(file_name, size))
            os.utime(target, (0, 0))
        subprocess.run(["tar", f"--format={file_format}", "--owner=0", "--group=0", "--numeric-owner",
                        "--mode=0644", "--blocking-factor=4", "-cf", path, "-C", folder]
                       + [f"./{n}" for n in names], check=True)
    write_listing(path)


def with_hard_links(name, file_format, names):
    """A file, links to it under the other names, and a link to a file that was then taken out."""
    path = OUT / name
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for first, *others in (names, ["gone.JPEG", "lost.JPEG"]):
            for file_name in (first, *others):
                (root / file_name).parent.mkdir(parents=True, exist_ok=True)
            (root / first).write_bytes(body(first, 700))
            os.utime(root / first, (0, 0))
            for other in others:
                os.link(root / first, root / other)
        more = ["--pax-option=delete=atime,delete=ctime"] if file_format == "posix" else []
        subprocess.run(["tar", f"--format={file_format}", "--owner=0", "--group=0", "--numeric-owner",
                        "--mode=0644", "--blocking-factor=4", *more, "-cf", path, "-C", folder]
                       + names + ["gone.JPEG", "lost.JPEG"], check=True)
        subprocess.run(["tar", "--delete", "-f", path, "gone.JPEG"], check=True)
    write_listing(path)


def nested(name):
    path = OUT / name
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as outer:
        for wnid, count in (("n01443537", 1), ("n01440764", 2), ("n01484850", 0)):
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w", format=tarfile.GNU_FORMAT) as archive:
                for i in range(count):
                    add(archive, f"{wnid}_{i}.JPEG", 40 + i)
            info = tarfile.TarInfo(f"{wnid}.tar")
            info.size = len(inner.getvalue())
            inner.seek(0)
            outer.addfile(info, inner)
    write_listing(path)


def main():
    OUT.mkdir(exist_ok=True)
    with_tarfile("python_gnu.tar", tarfile.GNU_FORMAT)
    with_tarfile("python_ustar.tar", tarfile.USTAR_FORMAT)
    with_tarfile("python_pax.tar", tarfile.PAX_FORMAT, pax_headers={"comment": "a global header"})
    for file_format in ("gnu", "ustar", "posix", "v7"):
        with_gnu_tar(f"tar_{file_format}.tar", file_format)
    with_hard_links("links_gnu.tar", "gnu", ["first.JPEG", "a/second.JPEG", LONG, "./z_last.JPEG"])
    with_hard_links("links_posix.tar", "posix", [LONG, "first.JPEG", "./a/second.JPEG"])
    with_hard_links("links_long.tar", "gnu", [LONG, "first.JPEG"])
    nested("nested.tar")
    # A member of 9 GiB, past what 11 octal digits hold: only its headers.
    huge = tarfile.TarInfo("huge.bin")
    huge.size = 9 << 30
    (OUT / "huge_gnu.header").write_bytes(huge.tobuf(tarfile.GNU_FORMAT))
    (OUT / "huge_pax.header").write_bytes(huge.tobuf(tarfile.PAX_FORMAT))


main()
