"""Once this is imported, the process has read botocore's descriptions of S3 and DynamoDB: they take long to parse.

For the server that the tests' processes are forked from: else each of them would read them for itself.
"""

from __future__ import annotations

from aett.adapters.aws.performing import lender_of
from aett.adapters.aws.place import TIMEOUT, Configuration

for service in ("s3", "dynamodb"):
    lender = lender_of(Configuration(region="us-east-1"), service, 1, TIMEOUT)
    with lender.lent(alone=False):  # nothing is sent
        pass
    lender.close()
