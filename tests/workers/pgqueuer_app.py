"""A program with pgqueuer, for the tests: install, defer KIND, work, drain, retry ID, cancel ID.

DATABASE_URL names the database. Each job that a worker ends well leaves a row in the table ran. With REPAIRED, no job fails
and none takes long.
"""

import asyncio
import datetime
import os
import sys

import asyncpg
from pgqueuer import AsyncpgDriver, PgQueuer, Queries
from pgqueuer.errors import RetryRequested
from pgqueuer.types import QueueExecutionMode

url = os.environ["DATABASE_URL"]
repaired = "REPAIRED" in os.environ


async def ran(kind):
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO ran (kind) VALUES ($1)", kind)
    await connection.close()


def workers(connection):
    queuer = PgQueuer(AsyncpgDriver(connection))

    @queuer.entrypoint("mail")
    async def mail(job):
        await ran("mail")

    @queuer.entrypoint("bad", on_failure="hold")
    async def bad(job):
        if not repaired:
            raise ValueError("no address 7")
        await ran("bad")

    @queuer.entrypoint("lost")
    async def lost(job):
        if not repaired:
            raise ValueError("no address 9")
        await ran("lost")

    @queuer.entrypoint("flaky")
    async def flaky(job):
        if not repaired:
            raise RetryRequested(delay=datetime.timedelta(hours=1), reason="no address 8")
        await ran("flaky")

    @queuer.entrypoint("slow")
    async def slow(job):
        if not repaired:
            await asyncio.sleep(600)
        await ran("slow")

    return queuer


async def main(command, *arguments):
    connection = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    if command == "install":
        await queries.install()
    elif command == "defer":
        for kind in arguments:
            await queries.enqueue(kind, b'{"to": 1}')
    elif command in ("work", "drain"):
        mode = QueueExecutionMode.continuous if command == "work" else QueueExecutionMode.drain
        await workers(connection).qm.run(mode=mode, dequeue_timeout=datetime.timedelta(seconds=1))
    elif command == "retry":
        await queries.requeue_jobs([int(arguments[0])])
    elif command == "cancel":
        await queries.mark_job_as_cancelled([int(arguments[0])])
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
