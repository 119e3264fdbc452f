"""The version of this program, stored with every archived run; pyproject.toml states the same one."""

from typing import Final

VERSION: Final = "0.1.0"
