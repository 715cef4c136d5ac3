"""MongoDB keeps the laws: on pymongo, sync and async, and on a Motor client."""

from __future__ import annotations

import pytest
from tests.contract.served import Served, harness

from aett.testing import Harness, Race

ENGINE = "aett.adapters.mongodb"
RACE = Race(writers=12, commits=40, streams=4)


class TestMongodb(Served):
    race = RACE

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        return harness(ENGINE, mongodb_url, called="collection")


class TestAsyncMongodb(Served):
    race = RACE

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        return harness(ENGINE, mongodb_url, awaited=True, called="collection")
