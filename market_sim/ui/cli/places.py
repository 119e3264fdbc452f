"""Places to write to: an argument that names one is refused before anything is computed that could not be kept."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from errno import EACCES, EISDIR
from os import W_OK, access, strerror
from pathlib import Path
from tempfile import TemporaryFile

from market_sim.core.errors import InputError


def new_file(text: str) -> Path:
    """A type for argparse: the path of a file to write."""
    return _tried(Path(text), _ask_file)


def new_folder(text: str) -> Path:
    """A type for argparse: a folder to write into, which may be missing yet."""
    return _tried(Path(text), _ask_folder)


def writable(option: str, folder: Path) -> Path:
    """A folder to write into that is an option's default, and so is checked only where it is used."""
    try:
        return new_folder(str(folder))
    except ArgumentTypeError as problem:
        raise InputError(f"{option}: {problem}") from None


def _tried(path: Path, ask: Callable[[Path], None]) -> Path:
    """The path, unless asking raises OSError."""
    try:
        ask(path)
    except OSError as error:
        problem = error.strerror or str(error)
        raise ArgumentTypeError(f"{path}: cannot write there ({problem}); choose another place") from None
    return path


def _ask_file(path: Path) -> None:
    """A file that is there is asked itself: it can be a device, in whose folder nobody may create one."""
    if path.is_dir():
        raise IsADirectoryError(EISDIR, "it is a folder")
    if not path.exists():
        _ask_folder(path.parent)
    elif not access(path, W_OK):
        raise PermissionError(EACCES, strerror(EACCES))


def _ask_folder(folder: Path) -> None:
    """Create a file in it.

    A folder that is not there yet is made by the writer, so its nearest parent is asked. The file that asks has a name
    of its own or none: several runs may begin in one folder at once.
    """
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    with TemporaryFile(dir=place):
        pass
