"""What every judge would read before it sees an answer: imported once, by the process that judges are forks of.

An import that is missing here costs time and nothing else.
"""

from __future__ import annotations

import pytest  # noqa: F401

import market_sim.blockchain.settlement_service
import market_sim.course.pytest_checks
import market_sim.course.remote_strategy
import market_sim.simulation.run
import market_sim.simulation.scenarios.catalogue  # noqa: F401
