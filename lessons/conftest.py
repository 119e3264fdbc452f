"""Lets pytest grade the lessons: `pytest lessons/01-order-book --student answers/01-order-book.py`."""

from market_sim.course.pytest_checks import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure"]


def pytest_xdist_auto_num_workers() -> int:
    """The checks of one answer run one after the other in this process, which prints the verdict."""
    return 0
