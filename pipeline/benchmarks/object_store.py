"""An object store that answers as S3 does, on this computer: moto's server. For developers."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracking.errors import UsageError


@contextmanager
def object_store(bucket: str) -> Iterator[Callable[[str, bytes], None]]:
    """A bucket on this computer, and a function that puts objects into it.

    Raises
    ------
    UsageError
        moto is not installed: it is a developers' package.
    """
    try:
        import boto3
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise UsageError(
            "bench batch: the package moto is missing.",
            actual=str(error),
            remedy="Run it in the environment of `make setup`.",
        ) from error
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for every ranged read
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://{host}:{port}",
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",  # noqa: S106 - moto takes anything
        AWS_DEFAULT_REGION="us-east-1",
    )
    client = boto3.client("s3")
    client.create_bucket(Bucket=bucket)
    try:
        yield lambda key, data: client.put_object(Bucket=bucket, Key=key, Body=data)
    finally:
        server.stop()
