"""The stream under load: a hundred and a thousand readers lose nothing, and stopped readers cost no memory.

A delay is a matter of the machine. So where one is too long, it must at least be no longer than twice that of the
library's own echo server with as many clients in the same minute. STREAM_SECONDS=30 makes the large run as long as is
promised.
"""

from __future__ import annotations

import os

import pytest

from benchmarks.stream import delivery, echo, growth_mb

SECONDS = float(os.environ.get("STREAM_SECONDS", "5"))
ATTEMPTS = 3
"""A delay is the best of these; nothing may be lost in any of them."""


@pytest.mark.parametrize(("readers", "seconds", "longest_ms"), [(100, 3.0, 20), (1_000, SECONDS, 250)])
def test_readers_lose_nothing_and_wait_no_longer_than_promised(readers, seconds, longest_ms):
    for _ in range(ATTEMPTS):
        found = delivery(readers, seconds)
        print(f"{readers} readers: {found}")
        assert found["lost"] == found["closed"] == 0
        assert found["messages"] >= readers * (seconds * 10 - 2), "the canary: all of them were there"
        if found["p99"] < longest_ms:
            return
        bare = echo(readers, seconds)
        if found["p99"] <= 2 * bare["p99"]:
            return
    raise AssertionError(f"{found}; the machine is busy, but a bare echo took {bare}")


def test_stopped_readers_do_not_make_the_stream_grow():
    assert growth_mb(SECONDS)["growth"] < 100
