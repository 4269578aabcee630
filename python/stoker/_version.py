"""The version that was installed."""
from importlib import metadata

try:
    __version__ = metadata.version("stoker")
except metadata.PackageNotFoundError:  # run from a build folder
    __version__ = "unknown"
