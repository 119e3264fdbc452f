"""Where a student's strategy failed: the error in one line, with the line of the student's own file."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def where_it_failed(error: Exception) -> str:
    """The kind of error, its message, and the innermost place in code: never a whole path of somebody's machine."""
    frames = traceback.extract_tb(error.__traceback__)
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if not frames:
        return message
    return f"{message} (line {frames[-1].lineno} of {PurePath(frames[-1].filename).name})"
