"""Vectors over HTTP, asked for by OpenAI's own client library."""

import base64
from collections.abc import Iterator, Sequence

import numpy as np
import openai
import pytest
from fastapi.testclient import TestClient

from embedder.fake import FakeEncoder
from embedder.types import Role, Vectors
from indexer import Index
from indexer.access import Access
from indexer.api import create_app
from tests.indexer.api.live import live

TOKEN = "a-token-of-this-test"
TEXTS = ["retry a failed upload", "listen on a socket", "retry a failed upload"]


@pytest.fixture
def client(filled: Index) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: filled), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def library(filled: Index) -> Iterator[openai.OpenAI]:
    with (
        live(create_app(lambda: filled, access=Access(token=TOKEN))) as url,
        openai.OpenAI(base_url=f"{url}/api/v1", api_key=TOKEN, max_retries=0) as opened,
    ):
        yield opened


def test_the_client_of_openai_gets_the_vectors_of_the_index(library: openai.OpenAI) -> None:
    answer = library.embeddings.create(model="fake", input=TEXTS)  # asks for base64 by itself
    vectors = np.array([one.embedding for one in answer.data], dtype=np.float32)
    assert [one.index for one in answer.data] == [0, 1, 2]
    np.testing.assert_array_equal(vectors, FakeEncoder().encode(TEXTS, role="passage"))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert answer.usage.total_tokens == sum(FakeEncoder().count_tokens(TEXTS))
    assert [one.id for one in library.models.list()] == [answer.model] == ["fake"]


def test_floats_are_the_numbers_that_base64_holds(client: TestClient) -> None:
    asked = {"model": "fake", "input": TEXTS[0]}
    numbers = client.post("/v1/embeddings", json=asked).json()["data"][0]["embedding"]
    coded = client.post("/v1/embeddings", json={**asked, "encoding_format": "base64"}).json()["data"][0]["embedding"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(coded), "<f4"), np.array(numbers, np.float32))


def test_the_role_of_the_texts_reaches_the_model(filled: Index) -> None:
    asked: list[Role] = []

    class Noting(FakeEncoder):
        def encode(self, texts: Sequence[str], *, role: Role) -> Vectors:
            asked.append(role)
            return super().encode(texts, role=role)

    index = Index(filled._store, filled.settings, encoder=Noting())
    with TestClient(create_app(lambda: index), base_url="http://127.0.0.1") as client:
        for given in ({}, {"input_type": "query"}):
            assert client.post("/v1/embeddings", json={"model": "fake", "input": "x", **given}).status_code == 200
    assert asked == ["passage", "query"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"model": "text-embedding-3-small"}, 404, "embeds with `fake`"),
        ({"input": ""}, 422, "input"),
        ({"input": []}, 422, "input"),
        ({"input": [[1, 2, 3]]}, 422, "input"),
        ({"input": ["x"] * 2049}, 422, "input"),
        ({"dimensions": 7}, 422, "no vectors of 7 numbers"),
        ({"encoding_format": "int8"}, 422, "encoding_format"),
        ({"truncate": True}, 422, "truncate"),
    ],
)
def test_what_cannot_be_embedded_is_told(client: TestClient, change: dict[str, object], status: int, said: str) -> None:
    answer = client.post("/v1/embeddings", json={"model": "fake", "input": "x", **change})
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_the_client_of_openai_sees_what_is_wrong(library: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        library.embeddings.create(model="other", input="x")
    assert isinstance(caught.value.body, dict)
    assert "embeds with `fake`" in caught.value.body["detail"]


def test_the_whole_length_may_be_named(client: TestClient) -> None:
    asked = {"model": "fake", "input": "x", "dimensions": FakeEncoder().dim}
    assert len(client.post("/v1/embeddings", json=asked).json()["data"][0]["embedding"]) == FakeEncoder().dim
