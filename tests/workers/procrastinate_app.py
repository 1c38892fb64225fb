"""A program with procrastinate, for the tests: install, defer KIND, work, drain, retry ID, cancel ID.

DATABASE_URL names the database. Each job that a worker ends well leaves a row in the table ran. With REPAIRED, no job fails
and none takes long.
"""

import asyncio
import datetime
import os
import sys

import procrastinate

url = os.environ["DATABASE_URL"]
repaired = "REPAIRED" in os.environ
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))


async def ran(kind):
    await app.connector.execute_query_async("INSERT INTO ran (kind) VALUES (%(kind)s)", kind=kind)


@app.task(name="mail")
async def mail():
    await ran("mail")


@app.task(name="bad")
async def bad():
    if not repaired:
        raise ValueError("no address 7")
    await ran("bad")


@app.task(name="flaky", retry=procrastinate.RetryStrategy(max_attempts=3, wait=3600))
async def flaky():
    if not repaired:
        raise ValueError("no address 8")
    await ran("flaky")


@app.task(name="slow")
async def slow():
    if not repaired:
        await asyncio.sleep(600)
    await ran("slow")


async def main(command, *arguments):
    async with app.open_async():
        if command == "install":
            await app.schema_manager.apply_schema_async()
        elif command == "defer":
            for kind in arguments:
                await app.tasks[kind].defer_async()
        elif command in ("work", "drain"):
            await app.run_worker_async(wait=command == "work", concurrency=4, install_signal_handlers=False)
        elif command == "retry":
            now = datetime.datetime.now(datetime.timezone.utc)
            await app.job_manager.retry_job_by_id_async(int(arguments[0]), retry_at=now)
        elif command == "cancel":
            await app.job_manager.cancel_job_by_id_async(int(arguments[0]))


asyncio.run(main(*sys.argv[1:]))
