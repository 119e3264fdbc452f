"""The modules that every judge needs, imported once by the server process that judges are forked from.

A module that is missing here is imported later, which only costs time.
"""

from __future__ import annotations

import pytest  # noqa: F401

import market_sim.blockchain.settlement_service
import market_sim.course.pytest_checks
import market_sim.course.remote_strategy
import market_sim.simulation.run
import market_sim.simulation.scenarios.catalogue  # noqa: F401
