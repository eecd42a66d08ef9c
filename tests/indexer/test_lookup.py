"""Looked up through the door that everyone uses: `filled` holds the tree of conftest."""

import itertools
from pathlib import Path, PurePosixPath

import pytest

from indexer import Index
from indexer.lookup import SECONDS, held
from indexer.query import parse
from indexer.store import open_store
from tests.indexer.store.samples import a_chunk, a_file, a_repo, one_chunk_files


def found(index: Index, text: str) -> list[str | None]:
    return [hit.symbol for hit in index.search(text).hits]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("retry_faild", "retry_failed"),
        ("rerty_failed", "retry_failed"),
        ("Uploader.retry_faild", "Uploader.retry_failed"),
        ("Uplaoder.retry_failed", "Uploader.retry_failed"),
        ("Uploader::retry_faild()", "Uploader.retry_failed"),
    ],
)
def test_a_slip_in_a_name_finds_what_was_meant_and_says_so(filled: Index, typed: str, meant: str) -> None:
    result = filled.search(typed)
    assert result.hits[0].symbol == "Uploader.retry_failed"
    assert result.hits[0].why["definition"] > 0
    assert result.understood.instead == {typed.replace("::", ".").removesuffix("()"): (meant,)}
    assert result.understood.symbols[0] == meant
    assert result.notice is None


def test_a_name_in_another_convention_is_the_same_name(filled: Index) -> None:
    result = filled.search("retryFailed")
    assert result.hits[0].symbol == "Uploader.retry_failed"
    assert not result.understood.instead
    assert result.hits[0].why["definition"] > 0


def test_a_name_that_is_used_but_not_defined_is_left_alone(filled: Index) -> None:
    assert not filled.search("time.sleep").understood.instead


def test_a_slip_in_a_name_among_words_is_righted_too(filled: Index) -> None:
    understood = filled.search("what happens when retry_faild gives up").understood
    assert understood.corrections == ("looked for `retry_failed` instead of `retry_faild`",)


def test_a_british_word_finds_american_code_and_says_so(index: Index, tree: Path) -> None:
    (tree / "src/wire.py").write_text(
        "def to_bytes(row):\n    # how rows are serialized\n    return bytes(row)\n", "utf-8"
    )
    index.sync([tree])
    result = index.search("serialisation of a row", vectors=False)
    assert result.hits[0].symbol == "to_bytes"
    assert result.understood.corrections == ("looked for `serialization` instead of `serialisation`",)


def test_a_british_word_stays_where_the_code_is_british(filled: Index, tree: Path) -> None:
    for name, text in (("one", "colour"), ("two", "colour"), ("three", "color")):
        (tree / f"src/{name}.py").write_text(f"def paint_{name}():\n    return '{text} of {name}'\n", "utf-8")
    filled.sync([tree])
    assert not filled.search("what colour is it").understood.instead
    assert filled.search("Keep your promise to otherwise raise it").understood.instead == {}


def test_a_british_word_stays_in_quotes_and_in_a_repository_that_is_asked_for(filled: Index, tree: Path) -> None:
    (tree / "src/paint.py").write_text(
        "def paint():\n    return 'color'\n\n\ndef dip():\n    return 'color'\n", "utf-8"
    )
    filled.sync([tree])
    assert filled.search("what colour is it").understood.instead == {"colour": ("color",)}
    repo = filled.repos()[0].repo.name
    assert not filled.search('"colour"').understood.instead
    assert not filled.search(f"what colour is it repo:{repo}").understood.instead


def test_a_name_that_is_defined_keeps_its_spelling(filled: Index, tree: Path) -> None:
    text = "def initialise():\n    pass\n\n\ndef start():\n    initialize(1)\n\n\ndef again():\n    initialize(2)\n"
    (tree / "src/start.py").write_text(text, "utf-8")
    filled.sync([tree])
    result = filled.search("initialise")
    assert result.hits[0].symbol == "initialise"
    assert not result.understood.instead


def test_exact_text_keeps_its_spelling(filled: Index) -> None:
    assert not filled.search('"accept the licence" behaviour').understood.instead


def test_only_names_under_the_filter_are_meant(filled: Index) -> None:
    assert "retry_faild" not in filled.search("retry_faild lang:go").understood.instead


def test_a_correction_and_a_doubt_are_both_told(filled: Index) -> None:
    result = filled.search("zebra crossing of retry_faild paints stripes")
    assert result.understood.instead == {"retry_faild": ("retry_failed",)}
    assert result.confident or result.notice


@pytest.mark.parametrize("text", ['"waiting longer each"', '"aiting   long"', r"/longer\s+each \w+\./"])
def test_every_hit_holds_the_exact_text_and_shows_its_lines(filled: Index, text: str) -> None:
    result = filled.search(text)
    assert [(hit.symbol, hit.matches) for hit in result.hits] == [("Uploader.retry_failed", ((16, 16),))]
    assert (result.total, result.total_is_exact, result.confident, result.notice) == (1, True, True, None)


def test_no_hit_of_exact_text_is_lost_to_others_that_seem_more_promising(index: Index, tree: Path) -> None:
    for number in range(150):
        (tree / f"src/m{number}.py").write_text(f"def f{number}():\n    return 'please retry now {number}'\n", "utf-8")
    (tree / "please_retry_now").mkdir()
    for number in range(250):
        (tree / f"please_retry_now/p{number}.py").write_text(f"def g{number}():\n    return {number}\n", "utf-8")
    index.sync([tree])
    result = index.search('"please retry now"')
    assert (result.total, result.total_is_exact) == (150, True)


def test_capitals_in_exact_text_count(filled: Index) -> None:
    assert filled.search('"try again after"').hits
    assert not filled.search('"try Again after"').hits


def test_several_phrases_must_all_be_held_and_excluded_ones_not(filled: Index) -> None:
    both = filled.search('"send" "retry"')
    assert both.hits
    assert all("send" in hit.text.lower() and "retry" in hit.text.lower() for hit in both.hits)
    without = filled.search('upload -"again" -/five/')
    assert without.hits
    assert not any("again" in hit.text.lower() or "five" in hit.text for hit in without.hits)


def test_exact_text_that_is_nowhere_is_said_to_be(filled: Index) -> None:
    result = filled.search('"no such thing"')
    assert not result.hits
    assert result.notice == 'nothing holds "no such thing"; take the quotes away'


def test_exact_text_is_found_beyond_what_the_engines_propose(tmp_path: Path) -> None:
    store = open_store(tmp_path / "index", create=True)
    store.put_repo(a_repo(), expected_files=0)
    files = one_chunk_files(
        {f"{n}.py": "upload retry upload retry" for n in range(300)} | {"z.py": "retry the upload " * 9}
    )
    store.put_files("alpha", files)
    for text in ('"retry the upload" upload', "/retry the upload/", "/y.the.u/", '"etry the uplo"'):
        answer = held(parse(text), store, limit=200)
        assert answer is not None
        assert [one.id for one in answer.candidates] == [files[-1].chunks[0].id]
    store.close()


def test_checking_ends_when_the_time_is_up_and_says_how_far_it_came(tmp_path: Path) -> None:
    store = open_store(tmp_path / "index", create=True)
    store.put_repo(a_repo(), expected_files=0)
    store.put_files("alpha", one_chunk_files({f"{n}.py": f"text {n}" for n in range(50)}))
    ticks = itertools.count(step=SECONDS / 10)
    answer = held(parse(r"/\d/"), store, limit=200, clock=lambda: next(ticks))
    assert answer is not None
    assert (answer.whole, answer.checked, len(answer.candidates)) == (False, 9, 9)
    store.close()


TRACE = """Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 86, in _run_code
  File "/srv/app/src/upload.py", line {outer}, in retry_failed
    if self.send(path):
  File "/srv/app/src/upload.py", line 3, in send
  File "/usr/lib/python3.11/site-packages/other/upload.py", line 12, in post
ConnectionResetError: [Errno 104] Connection reset by peer at 0x7f12ab34cd56
"""


@pytest.mark.parametrize("folded", [False, True])
def test_a_pasted_trace_finds_its_own_frames_from_the_inside(filled: Index, folded: bool) -> None:
    trace = TRACE.format(outer=19)
    result = filled.search(trace.replace("\n", " ") if folded else trace)
    # By function where the line is of another version; files that are not indexed play no part.
    assert [hit.symbol for hit in result.hits[:2]] == ["Uploader.send", "Uploader.retry_failed"]
    assert result.hits[0].why["frame"] > result.hits[1].why["frame"] > 0
    assert all("frame" not in hit.why for hit in result.hits[2:])
    assert result.confident


def test_a_place_inside_a_question_brings_what_stands_there(filled: Index) -> None:
    assert filled.search("why does src/upload.py:18 sleep").hits[0].symbol == "Uploader.retry_failed"


def test_a_java_frame_is_looked_for_in_the_folders_of_its_package(tmp_path: Path) -> None:
    from indexer.lookup import framed

    store = open_store(tmp_path / "index", create=True)
    store.put_repo(a_repo(), expected_files=0)
    paths = ["src/com/acme/a/Io.java", "src/com/acme/b/Io.java", "Io.java"]
    files = [a_file(path, [a_chunk(path, path=PurePosixPath(path), symbol="Io.read", end=9)]) for path in paths]
    store.put_files("alpha", files)
    candidates = framed(parse("at com.acme.b.Io.read(Io.java:7)"), store)
    assert [one.id for one in candidates] == [files[1].chunks[0].id]
    store.close()
