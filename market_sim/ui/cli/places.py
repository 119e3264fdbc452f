"""Places to write to: an argument that names one is refused before anything is computed that could not be kept."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from tempfile import TemporaryFile

from market_sim.core.errors import InputError


def new_file(text: str) -> Path:
    """A type for argparse: the path of a file to write."""
    path = Path(text)
    return _tried(path, path.parent, "it is a folder" if path.is_dir() else "")


def new_folder(text: str) -> Path:
    """A type for argparse: a folder to write into, which may be missing yet."""
    path = Path(text)
    return _tried(path, path, "")


def writable(option: str, folder: Path) -> Path:
    """A folder to write into that is an option's default, and so is checked only where it is used."""
    try:
        return new_folder(str(folder))
    except ArgumentTypeError as problem:
        raise InputError(f"{option}: {problem}") from None


def _tried(path: Path, folder: Path, problem: str) -> Path:
    """The path, once a file could be created in its folder.

    A folder that is not there yet is made by the writer, so its nearest parent is asked. The file that asks has a name
    of its own or none: several runs may begin in one folder at once.
    """
    try:
        place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        problem = problem or error.strerror or str(error)
    if problem:
        raise ArgumentTypeError(f"{path}: cannot write there ({problem}); choose another place")
    return path
