"""What the errors of servers mean: which may be tried again, and which never help to try again."""

from __future__ import annotations

from typing import Any

import asyncpg
import psycopg
import pymysql
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from pymongo.errors import ConfigurationError, OperationFailure

from aett import AccessRefused, AettError, SchemaMismatch, StorageUnavailable, UnsupportedServer
from aett.adapters.aws import errors as aws
from aett.adapters.mongodb import errors as mongodb
from aett.adapters.mysql.errors import FAILURES as MYSQL
from aett.adapters.postgresql import errors as postgresql


def of_asyncpg(code: str) -> Any:
    error: Any = asyncpg.PostgresError("what happened")
    error.sqlstate = code
    return error


def of_psycopg(text: str) -> Exception:
    return psycopg.OperationalError(f"connection failed: connection to server at ... failed: FATAL:  {text}")


def of_amazon(code: str, text: str = "what happened") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "PutItem")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("28P01", AccessRefused),
        ("28000", AccessRefused),
        ("3D000", AccessRefused),
        ("42501", AccessRefused),
        ("42P01", SchemaMismatch),
        ("25006", UnsupportedServer),
        ("57P03", StorageUnavailable),
        ("53300", StorageUnavailable),
    ],
)
def test_a_wrong_password_or_a_missing_database_is_not_worth_a_retry_on_postgresql(
    code: str, meaning: type[AettError]
) -> None:
    assert type(postgresql.translated(of_asyncpg(code), "here")) is meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('password authentication failed for user "ann"', AccessRefused),
        ('database "bank" does not exist', AccessRefused),
        ('role "ann" does not exist', AccessRefused),
        ('no pg_hba.conf entry for host "10.0.0.1", user "ann"', AccessRefused),
        ('role "ann" is not permitted to log in', AccessRefused),
        ("the database system is starting up", StorageUnavailable),
        ("sorry, too many clients already", StorageUnavailable),
    ],
)
def test_what_libpq_tells_in_words_only_is_understood(text: str, meaning: type[AettError]) -> None:
    assert type(postgresql.translated(of_psycopg(text), "here")) is meaning


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (1045, AccessRefused),
        (1698, AccessRefused),
        (1049, AccessRefused),
        (1044, AccessRefused),
        (1142, AccessRefused),
        (1146, SchemaMismatch),
        (1290, UnsupportedServer),
        (1040, StorageUnavailable),
        (2003, StorageUnavailable),
        (2013, StorageUnavailable),
    ],
)
def test_a_wrong_password_or_a_missing_database_is_not_worth_a_retry_on_mysql(
    number: int, meaning: type[AettError]
) -> None:
    assert type(MYSQL.translated(pymysql.OperationalError(number, "what happened"), "here")) is meaning


@pytest.mark.parametrize("number", [1213, 1020, 1467, 1180, 1614, 3101])
def test_a_victim_of_others_is_known_by_each_of_its_numbers(number: int) -> None:
    assert MYSQL.victim(pymysql.OperationalError(number, "what happened"))


@pytest.mark.parametrize("number", [1062, 1205, 1146, 2013])
def test_what_is_no_victim_is_not_tried_again(number: int) -> None:
    assert not MYSQL.victim(pymysql.OperationalError(number, "what happened"))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (OperationFailure("Authentication failed.", 18), AccessRefused),
        (OperationFailure("not authorized", 13), AccessRefused),
        (OperationFailure("no such command", 59), StorageUnavailable),
        (OperationFailure("another index", 86), SchemaMismatch),
        (ConfigurationError("tls"), UnsupportedServer),
    ],
)
def test_a_wrong_password_is_not_worth_a_retry_on_mongodb(error: Exception, meaning: type[AettError]) -> None:
    assert type(mongodb.translated(error, "here")) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (of_amazon("UnrecognizedClientException"), AccessRefused),
        (of_amazon("InvalidAccessKeyId"), AccessRefused),
        (of_amazon("SignatureDoesNotMatch"), AccessRefused),
        (of_amazon("AccessDenied"), AccessRefused),
        (of_amazon("403"), AccessRefused),
        (NoCredentialsError(), AccessRefused),
        (of_amazon("ResourceNotFoundException"), SchemaMismatch),
        (of_amazon("NoSuchBucket"), SchemaMismatch),
        (of_amazon("SlowDown"), StorageUnavailable),
        (of_amazon("ProvisionedThroughputExceededException"), StorageUnavailable),
    ],
)
def test_a_wrong_key_is_not_worth_a_retry_on_amazon(error: Exception, meaning: type[AettError]) -> None:
    assert type(aws.translated(error, "here")) is meaning


@pytest.mark.parametrize(
    "text",
    [
        "The provided key element does not match the schema",
        "One or more parameter values were invalid: Missing the key pk in the item",
        "One or more parameter values were invalid: Type mismatch for key pk expected: N actual: S",
    ],
)
def test_other_keys_of_a_table_are_a_mismatch(text: str) -> None:
    told = aws.translated(of_amazon("ValidationException", text), "here")
    assert type(told) is SchemaMismatch


def test_a_request_that_the_service_does_not_take_is_told_as_ours() -> None:
    text = "1 validation error detected: Value '[...]' at 'transactItems' failed to satisfy constraint"
    told = aws.translated(of_amazon("ValidationException", text), "here")
    assert type(told) is UnsupportedServer
    assert "here does not take a request of ours" in str(told)
    assert "PutItem" in str(told)
