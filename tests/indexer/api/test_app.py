import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from embedder.fake import FakeEncoder
from indexer import Index, IndexerError
from indexer.api import create_app
from indexer.errors import StoreMissingError
from indexer.opener import Opener
from indexer.wire import to_json


@pytest.fixture
def client(filled: Index) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: filled), base_url="http://127.0.0.1") as opened:
        yield opened


def test_search_answers_with_the_shape_of_the_python_result(client: TestClient, filled: Index) -> None:
    answer = client.post("/v1/search", json={"query": "Uploader.retry_failed", "limit": 3, "facets": True}).json()
    result = filled.search("Uploader.retry_failed", limit=3, facets=True)
    assert [hit["id"] for hit in answer["hits"]] == [hit.id for hit in result.hits]
    assert answer["hits"][0]["path"] == "src/upload.py"
    assert answer["hits"][0]["matches"] == [list(pair) for pair in result.hits[0].matches]
    assert answer["facets"] == result.facets
    assert answer["understood"] == to_json(result.understood)


def test_unknown_fields_are_refused_by_name(client: TestClient) -> None:
    answer = client.post("/v1/search", json={"query": "x", "top_k": 3})
    assert answer.status_code == 422
    assert "top_k" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"query": ""}, {"query": "x", "languages": ["klingon"]}, {"query": "x", "limit": 0}])
def test_a_bad_request_says_what_is_wrong_and_what_to_do(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/v1/search", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert answer.json()["hint"]


def test_repos_chunks_statistics_and_readiness(client: TestClient, filled: Index) -> None:
    (repo,) = client.get("/v1/repos").json()
    assert (repo["repo"]["name"], repo["files"], repo["pending"]) == ("project", 4, 0)
    hit = filled.search("Uploader.retry_failed").hits[0]
    assert client.get(f"/v1/chunks/{hit.id}").json()["text"] == hit.text
    assert client.get("/v1/chunks/none").status_code == 404
    assert client.get("/health").json()["status"] == "ok"
    ready = client.get("/ready").json()
    assert (ready["status"], ready["repos"], ready["files"], ready["pending_vectors"]) == ("ready", 1, 4, 0)
    assert client.get("/v1/stats").json() == to_json(filled.statistics())


def test_before_anything_is_indexed_the_answer_names_the_command() -> None:
    def missing() -> Index:
        raise StoreMissingError("no index", hint="index-repo PATH")

    client = TestClient(create_app(missing), base_url="http://127.0.0.1")
    assert client.get("/health").status_code == 200
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert "index-repo" in answer.json()["hint"]


def test_an_index_made_after_a_failed_request_is_found_and_opened_once(filled: Index) -> None:
    ready: list[Index] = []
    calls: list[None] = []

    def open_when_ready() -> Index:
        calls.append(None)
        if not ready:
            raise StoreMissingError("no index", hint="index-repo PATH")
        return ready[0]

    client = TestClient(create_app(Opener(open_when_ready)), base_url="http://127.0.0.1")
    assert client.get("/v1/repos").status_code == 503
    ready.append(filled)
    assert [client.get("/v1/repos").status_code for _ in range(3)] == [200, 200, 200]
    assert len(calls) == 2


def test_threads_that_come_together_share_one_index(filled: Index) -> None:
    together = threading.Barrier(4)
    calls: list[None] = []

    def slow() -> Index:
        calls.append(None)
        threading.Event().wait(0.05)
        return filled

    opener = Opener(slow)

    def ask(_: int) -> Index:
        together.wait()
        return opener()

    with ThreadPoolExecutor(4) as threads:
        assert all(one is filled for one in threads.map(ask, range(4)))
    assert len(calls) == 1


def test_a_name_that_is_not_this_machine_is_refused(filled: Index) -> None:
    stranger = TestClient(create_app(lambda: filled), base_url="http://evil.example")
    assert stranger.get("/v1/repos").status_code == 403


def test_a_page_of_another_site_is_refused(client: TestClient) -> None:
    assert client.get("/v1/repos", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get("/v1/repos", headers={"Origin": "http://localhost:8501"}).status_code == 200


def test_a_huge_body_is_refused_however_it_is_sent(client: TestClient) -> None:
    assert client.post("/v1/search", json={"query": "x" * (2 << 20)}).status_code == 413
    pieces = (b"x" * 65536 for _ in range(64))
    assert client.post("/v1/search", content=pieces).status_code == 413


def test_the_documentation_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "https://" not in page
    for asset in [part.split('"')[0] for part in page.split('src="')[1:]]:
        assert client.get(asset).status_code == 200


def test_every_error_of_ours_has_a_hint(filled: Index) -> None:
    def broken() -> Index:
        raise IndexerError("it broke", hint="mend it")

    client = TestClient(create_app(broken), base_url="http://127.0.0.1")
    answer = client.get("/v1/repos")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "it broke",
        "hint": "mend it",
    }


def test_related_copied_and_surrounding_code_have_the_shape_of_the_python_result(
    client: TestClient, filled: Index
) -> None:
    answer = client.post("/v1/similar", json={"place": "src/upload.py:17", "limit": 3}).json()
    result = filled.similar("src/upload.py:17", limit=3)
    assert answer == to_json(result)
    assert client.post("/v1/duplicates", json={"min_lines": 3}).json() == to_json(filled.duplicates(min_lines=3))
    id = result.of[0].id
    around = client.get(f"/v1/chunks/{id}/context", params={"around": 2, "neighbours": 1}).json()
    assert around == to_json(filled.context(id, around=2, neighbours=1))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/similar", {"place": "nowhere.py:3"}),
        ("/v1/similar", {"place": "src/upload.py:17", "top_k": 3}),
        ("/v1/duplicates", {"threshold": 0.1}),
        ("/v1/duplicates", {"path": "nowhere"}),
    ],
)
def test_a_bad_place_says_what_is_wrong_and_what_to_do(client: TestClient, path: str, body: dict[str, object]) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"type", "title", "status", "detail", "hint"}


def test_the_surroundings_of_an_unknown_chunk_are_not_found(client: TestClient) -> None:
    assert client.get("/v1/chunks/none/context").status_code == 404
    assert client.get("/v1/chunks/none/context", params={"around": -1}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/search", 405),
        ("GET", "/v1/chunks/none", 404),
        ("POST", "/v1/search", 422),
        ("GET", "/v1/files?repo=project&path=none.py", 404),
        ("GET", "/v1/files?repo=project&path=src/upload.py&typo=1", 422),
        ("DELETE", "/v1/repos/project", 404),
        ("GET", "/v1/jobs", 404),
    ],
)
def test_every_error_is_a_problem_with_its_status(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert answer.json()["hint"]


def test_a_mistake_of_the_program_is_a_problem_that_tells_nothing(filled: Index) -> None:
    def wrong() -> Index:
        raise RuntimeError("a secret of the inside")

    app = create_app(wrong)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        answer = client.get("/v1/repos")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_a_file_gives_its_chunks_in_order(client: TestClient, filled: Index) -> None:
    answer = client.get("/v1/files", params={"repo": "project", "path": "src/upload.py"}).json()
    assert answer == to_json(filled.file("project", "src/upload.py"))
    lines = [(chunk["start"], chunk["end"]) for chunk in answer["chunks"]]
    assert lines == sorted(lines)
    assert any(chunk["symbol"] == "Uploader.retry_failed" for chunk in answer["chunks"])


def test_texts_are_left_out_where_they_are_not_wanted(client: TestClient) -> None:
    whole = client.post("/v1/search", json={"query": "upload"}).json()["hits"]
    bare = client.post("/v1/search", json={"query": "upload", "content": False}).json()["hits"]
    assert bare == [{**hit, "text": ""} for hit in whole]
    similar = client.post("/v1/similar", json={"place": "src/upload.py:17", "content": False}).json()
    assert {hit["text"] for hit in [*similar["of"], *similar["hits"]]} == {""}
    asked = {"repo": "project", "path": "src/upload.py", "content": "false"}
    assert {chunk["text"] for chunk in client.get("/v1/files", params=asked).json()["chunks"]} == {""}


def test_facets_count_what_a_filter_leaves(client: TestClient, filled: Index) -> None:
    answer = client.post("/v1/facets", json={"languages": ["python"]}).json()
    assert answer == filled.facets(languages=["python"])
    assert set(answer["languages"]) == {"python"}
    assert client.post("/v1/facets", json={"languages": ["klingon"]}).status_code == 422


def test_an_index_that_answers_no_search_is_not_ready(filled: Index) -> None:
    other = Index(filled._store, filled.settings, encoder=FakeEncoder(dim=8))
    client = TestClient(create_app(lambda: other), base_url="http://127.0.0.1")
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert "holds vectors of" in answer.json()["detail"]
