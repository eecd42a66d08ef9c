"""What the tools answer, asked without a protocol between."""

import threading
from pathlib import Path

import pytest

from indexer import Index, open_index
from indexer.errors import IndexerError, StoreMissingError
from indexer.mcp.ask import IndexStatus, ReadChunk, Search, Similar
from indexer.mcp.budget import cost
from indexer.mcp.readiness import LOADING, Warmup
from indexer.mcp.tools import Workplace, index_status, read_chunk, search, similar
from indexer.types import Phase, Progress
from tests.indexer.mcp.conftest import workplace

LONG = "def long():\n" + "".join(f"    step_{number} = {number} + measure('{number}')\n" for number in range(150))


@pytest.mark.parametrize("tokens", [600, 1_500, 4_000, 50_000])
def test_an_answer_costs_no_more_than_allowed_as_text_and_as_json(at: Workplace, tokens: int) -> None:
    asked = Search(query="alarm when the level is crossed", limit=30, max_tokens=tokens)
    answer, text = search(at, asked)
    assert answer.hits
    assert cost(answer.model_dump_json()) <= tokens
    assert cost(text) <= tokens
    assert len(answer.hits) + answer.left_out == len(at.opened().search(asked.query, limit=30).hits)


def test_a_cut_hit_says_so_and_read_chunk_has_it_all(at: Workplace, examples: Index) -> None:
    answer, text = search(at, Search(query="alarm when the level is crossed", max_tokens=1_500))
    cut = next(hit for hit in answer.hits if hit.cut)
    whole = examples.chunk(cut.id)
    assert whole is not None
    assert cut.text.removesuffix("…") in whole.text
    assert "read_chunk has all" in text
    full, _ = read_chunk(at, ReadChunk(id=cut.id))
    assert whole.text in full.text
    assert not full.cut


def test_hits_that_do_not_fit_are_counted(at: Workplace) -> None:
    answer, text = search(at, Search(query="level", limit=20, max_tokens=600))
    assert answer.left_out
    assert f"{answer.left_out} more did not fit" in text


def test_one_hit_is_shown_however_little_is_allowed(at: Workplace) -> None:
    answer, _ = search(at, Search(query="alarm when the level is crossed", max_tokens=200))
    assert len(answer.hits) == 1
    assert answer.hits[0].text
    assert cost(answer.model_dump_json()) < 400


def test_text_and_json_say_the_same(at: Workplace) -> None:
    answer, text = search(at, Search(query="alarm when the level is crossed", max_tokens=20_000))
    for hit in answer.hits:
        assert hit.text in text
        assert hit.id in text
    first = answer.hits[0]
    assert f"{answer.roots[first.repo]}/{first.path}:{first.start}-{first.end}" in text


def test_paths_below_the_folder_of_the_agent_are_shown_from_there(filled: Index, tree: Path) -> None:
    _, text = search(workplace(filled, base=tree), Search(query="Uploader.retry_failed"))
    assert "\n1. src/upload.py:15-21  Uploader.retry_failed  [method, python]  id " in text


def test_a_document_is_named_by_its_page(at: Workplace) -> None:
    answer, text = search(at, Search(query="report", languages=["pdf"], limit=1))
    assert answer.hits[0].page
    assert f"report.pdf (page {answer.hits[0].page})" in text


def test_read_chunk_joins_the_pieces_of_a_definition(index: Index, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "long.py").write_text(LONG + "\n\ndef next_one():\n    return 1\n", "utf-8")
    index.sync([tmp_path / "code"])
    at = workplace(index)
    hit = index.search("step_120").hits[0]
    assert hit.start > 1
    answer, _ = read_chunk(at, ReadChunk(id=hit.id, max_tokens=50_000))
    assert answer.whole == (1, 151)
    assert answer.text == LONG.rstrip("\n")
    assert answer.after is not None
    assert answer.after.symbol == "next_one"

    part, said = read_chunk(at, ReadChunk(id=hit.id, max_tokens=1_200))
    assert part.cut
    assert "lines 1-151 belong together" in said
    assert part.text_start <= hit.start <= hit.end <= part.text_end
    assert cost(part.model_dump_json()) <= 1_200
    assert part.before is not None
    assert part.before.start < part.text_start


def test_read_chunk_shows_lines_around(filled: Index) -> None:
    hit = filled.search("Uploader.retry_failed").hits[0]
    answer, _ = read_chunk(workplace(filled), ReadChunk(id=hit.id, around=2))
    assert (answer.text_start, answer.text_end) == (hit.start - 2, hit.end + 1)  # where the file ends
    assert answer.enclosing[0].name == "Uploader"


def test_a_chunk_that_is_gone_says_what_to_do(at: Workplace) -> None:
    with pytest.raises(IndexerError, match="there is no chunk") as raised:
        read_chunk(at, ReadChunk(id="none"))
    assert "search again" in raised.value.hint


def test_similar_finds_what_index_similar_finds(filled: Index, tree: Path) -> None:
    copy = tree / "src" / "again.py"
    copy.write_text((tree / "src" / "upload.py").read_text("utf-8"), "utf-8")
    filled.sync([tree])
    answer, text = similar(workplace(filled, base=tree), Similar(place="src/upload.py:17"))
    result = filled.similar("src/upload.py:17", folder=tree)
    assert [hit.id for hit in answer.hits] == [hit.id for hit in result.hits]
    assert [one.id for one in answer.copies] == [one.id for one in result.copies]
    assert text.startswith("related to src/upload.py:15-21  Uploader.retry_failed")
    assert "the same: src/again.py:15-21" in text


def test_before_the_model_is_there_an_answer_goes_by_words_and_says_so(filled: Index) -> None:
    with open_index(filled.settings.index, flags={"model": "fake"}) as cold:
        gate = threading.Event()

        def slow() -> Index:
            gate.wait(60)
            return cold

        warmup = Warmup(slow, patience=0.0)
        at = Workplace(opened=lambda: cold, warmup=warmup, base=None)
        asked = Search(query="uploads that fail are tried again")
        early, text = search(at, asked)
        assert not index_status(at, IndexStatus())[0].model_ready
        by_words = cold.search(asked.query, vectors=False)
        assert [hit.id for hit in early.hits] == [hit.id for hit in by_words.hits]
        assert early.notice == LOADING
        assert LOADING in text

        finished = warmup.start()
        gate.set()
        assert finished.wait(60)
        late, _ = search(at, asked)
        assert late.notice != LOADING
        assert index_status(at, IndexStatus())[0].model_ready


def test_a_search_waits_a_moment_for_a_model_that_is_nearly_there(filled: Index) -> None:
    with open_index(filled.settings.index, flags={"model": "fake"}) as cold:
        answer, _ = search(workplace(cold), Search(query="uploads that fail are tried again"))
        assert answer.notice is None or LOADING not in answer.notice


def test_while_an_index_is_built_answers_say_how_far_it_is(index: Index, tree: Path) -> None:
    at = workplace(index)
    said: dict[Phase, list[str]] = {phase: [] for phase in Phase}
    states: set[str] = set()

    def look(progress: Progress) -> None:
        answer, text = search(at, Search(query="upload"))
        said[progress.phase].append(answer.notice or "")
        assert (answer.notice or "") in text
        states.add(index_status(at, IndexStatus())[0].state)

    index.sync([tree], report=look)
    assert "indexing has just begun" in said[Phase.FINDING][0]
    assert any("indexing" in one and "%" in one for one in said[Phase.READING] + said[Phase.ENCODING])
    assert states == {"indexing", "ready"}  # the last report comes when all is there
    assert index_status(at, IndexStatus())[0].state == "ready"
    assert "indexing" not in (search(at, Search(query="upload"))[0].notice or "")


def test_an_empty_index_names_the_command(index: Index) -> None:
    at = workplace(index)
    answer, text = search(at, Search(query="upload"))
    assert answer.hits == []
    assert "index-repo PATH" in text
    status, said = index_status(at, IndexStatus())
    assert status.state == "empty"
    assert "index-repo PATH" in said


def test_a_missing_index_names_the_command_and_one_made_later_is_found(tmp_path: Path) -> None:
    def missing() -> Index:
        return open_index(tmp_path / "none")

    at = Workplace(opened=missing, warmup=Warmup(missing), base=None)
    status, said = index_status(at, IndexStatus())
    assert status.state == "missing"
    assert "index-repo" in said
    with pytest.raises(StoreMissingError):
        search(at, Search(query="upload"))
    assert at.warmup.start().wait(60)  # an index that is not there ends no thread with a stack trace


def test_a_run_that_was_cut_off_is_told_from_one_that_goes_on(index: Index, tree: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.phase is Phase.READING:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.sync([tree], report=stop)
    status, _ = index_status(workplace(index), IndexStatus())
    assert status.state == "incomplete"
    assert f"index-repo {tree}" in (status.advice or "")


def test_status_says_what_changed_on_disk_where_asked(filled: Index, tree: Path) -> None:
    (tree / "src" / "new.py").write_text("x = 1\n", "utf-8")
    at = workplace(filled)
    assert index_status(at, IndexStatus())[0].repos[0].changed is None
    status, text = index_status(at, IndexStatus(check_disk=True))
    assert status.repos[0].changed == "1 new"
    assert "on disk since: 1 new" in text
