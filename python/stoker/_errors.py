"""What goes wrong, as exceptions. Each text says path and byte offset where they are known."""


class Error(Exception):
    """Any failure of stoker's.

    Attributes:
        path: the file or folder it is about; "" where there is none.
        offset_bytes: where in that file, or None.
    """

    def __init__(self, message="", path="", offset_bytes=None):
        super().__init__(message)
        self.path = path
        self.offset_bytes = offset_bytes


class CorruptError(Error):
    """The data is damaged, or not what it claims to be."""


class UnsupportedError(Error):
    """Well-formed, but outside what this version reads."""


class UsageError(Error, ValueError):
    """An argument that makes no sense, or does not fit the data set."""


class NotFoundError(Error, FileNotFoundError):
    """A file or folder that should be there is not."""


class IoError(Error, OSError):
    """The operating system refused."""


for _type in (Error, CorruptError, UnsupportedError, UsageError, NotFoundError, IoError):
    _type.__module__ = "stoker"  # as users name them
