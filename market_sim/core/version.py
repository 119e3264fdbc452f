"""The version of this program, which every archived run carries. pyproject.toml states the same one."""

from typing import Final

VERSION: Final = "0.1.0"
