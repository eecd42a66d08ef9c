"""Requests made up from the OpenAPI description find no answer that it does not describe, and no failure."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from embedder.fake import FakeEncoder
from indexer import Index, open_index
from indexer.api import create_app
from indexer.jobs import Jobs
from tests.conftest import GUIDE, UPLOAD
from tests.indexer.trees import write

Operation = APIOperation[Any, Any, Any, Any]
HERE = {"Host": "127.0.0.1"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REQUESTS = 19
made_up = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Operation]]:
    """The requests that the description of an application with a small index has."""
    base = tmp_path_factory.mktemp("schema")
    root = write(base / "project", {"src/upload.py": UPLOAD, "docs/guide.md": GUIDE})
    with open_index(base / "index", create=True, encoder=FakeEncoder()) as index:
        index.sync([root])
        app = create_app(lambda: index, jobs_of=Jobs(base / "jobs", command=[sys.executable, "-c", "pass"]))
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HERE)
        yield [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("number", range(REQUESTS))
def test_no_request_finds_a_failure_or_an_answer_that_is_not_described(
    number: int, operations: list[Operation]
) -> None:
    assert len(operations) == REQUESTS
    ask(operations[number], GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", ["POST /v1/search", "GET /v1/chunks/{id}/context", "GET /v1/files", "POST /v1/repos"])
def test_a_request_that_breaks_the_description_is_refused(label: str, operations: list[Operation]) -> None:
    (operation,) = [one for one in operations if one.label == label]
    assert all(400 <= status < 500 for status in ask(operation, GenerationMode.NEGATIVE))


def ask(operation: Operation, mode: GenerationMode) -> set[int]:
    """Make requests up, check the answers, and return their statuses."""
    statuses: set[int] = set()

    @made_up
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        statuses.add(case.call_and_validate(checks=CHECKS, headers=HERE).status_code)

    check()
    return statuses


def test_every_request_with_a_body_has_an_example_that_is_answered(filled: Index, tmp_path: Path) -> None:
    app = create_app(lambda: filled, jobs_of=Jobs(tmp_path / "jobs", command=[sys.executable, "-c", "pass"]))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        description = client.get("/openapi.json").json()
        bodies = {
            path: operations["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for path, operations in description["paths"].items()
            if "post" in operations
        }
        assert len(bodies) == 6
        for path, name in bodies.items():
            for example in description["components"]["schemas"][name]["examples"]:
                answer = client.post(path, json=example)
                # A place, a path or a model of the example may not exist here, but every field is understood.
                assert answer.status_code in (200, 202, 404) or "field" not in answer.text, answer.text
                assert "Extra inputs" not in answer.text


def test_every_error_is_described_as_a_problem(filled: Index) -> None:
    with TestClient(create_app(lambda: filled), base_url="http://127.0.0.1") as client:
        description = client.get("/openapi.json").json()
    for operations in description["paths"].values():
        for operation in operations.values():
            assert {"401", "403", "413", "422", "429", "500", "503"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if status >= "400":
                    (media,) = answer["content"]
                    assert media == "application/problem+json"
