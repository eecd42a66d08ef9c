"""Runs of indexing: how far they are, also as a stream of events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from indexer.jobs import Jobs
from indexer.problem import Problem
from indexer.types import Job
from indexer.wire import to_json

LOOK: Final = 0.25  # seconds between two looks at a run
SILENCE: Final = 15.0  # seconds after which something is said, so that no proxy ends the connection

Id = Annotated[str, Path(description="Of the answer to `POST /v1/repos`.", examples=["5f0c9d1e2b3a4756"])]


def router(jobs: Jobs) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/jobs", tags=["jobs"])
    missing: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}

    @routes.get("", summary="List jobs")
    def every() -> list[Job]:
        """Return the runs that this server started, newest first; it remembers the last twenty."""
        return jobs.all()

    @routes.get("/{id}", summary="Get one job", responses=missing)
    def one(id: Id) -> Job:
        """Return how far a run is, or how it ended."""
        return jobs.get(id)

    @routes.delete("/{id}", summary="Stop a job", responses=missing)
    def stop(id: Id) -> Job:
        """Stop a run, or forget one that has ended. What it wrote stays, and the next run goes on from there."""
        job = jobs.cancel(id)
        jobs.dismiss(id)
        return job

    @routes.get(
        "/{id}/events",
        summary="Follow a job",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}, **missing},
    )
    async def events(id: Id) -> StreamingResponse:
        """Send `progress` with the job whenever it changed, and at last `end` with how it ended."""
        first = await run_in_threadpool(jobs.get, id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(told(jobs, first), media_type="text/event-stream", headers=headers)

    return routes


async def told(jobs: Jobs, job: Job) -> AsyncIterator[str]:
    """Yield the events of a run until it has ended."""
    said, at = "", time.monotonic()
    while job.running:
        now = event("progress", job)
        if now != said:
            said, at = now, time.monotonic()
            yield said
        elif time.monotonic() - at > SILENCE:
            at = time.monotonic()
            yield ": still running\n\n"
        await asyncio.sleep(LOOK)
        job = await run_in_threadpool(jobs.get, job.id)
    yield event("end", job)


def event(name: str, job: Job) -> str:
    """Return one event as it goes over the wire."""
    return f"event: {name}\ndata: {json.dumps(to_json(job))}\n\n"
