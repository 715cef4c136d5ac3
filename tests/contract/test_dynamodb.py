"""DynamoDB keeps the laws: on boto3, and on aioboto3."""

from __future__ import annotations

import pytest
from tests.contract.served import Served, harness

from aett.testing import Harness, Race

ENGINE = "aett.adapters.dynamodb"
RACE = Race(writers=12, commits=40, streams=4)


class TestDynamodb(Served):
    race = RACE

    @pytest.fixture
    def harness(self, dynamodb_url: str) -> Harness:
        return harness(ENGINE, dynamodb_url)


class TestAsyncDynamodb(Served):
    race = RACE

    @pytest.fixture
    def harness(self, dynamodb_url: str) -> Harness:
        return harness(ENGINE, dynamodb_url, awaited=True)
