import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import DocumentError
from indexer.languages import has_file_lines
from indexer.parse.docs import FORMATS, parse_document
from indexer.types import Parsed
from tests.data.documents.make import DOCUMENTS, zipped
from tests.indexer.parse.law import assert_lawful, read

FIXTURES = {
    "analysis.ipynb": "notebook",
    "deck.pptx": "pptx",
    "guide.adoc": "asciidoc",
    "guide.md": "markdown",
    "guide.rst": "rst",
    "handbook.docx": "docx",
    "manual.pdf": "pdf",
    "notes.txt": "text",
    "novel.epub": "epub",
    "page.html": "html",
    "page.md": "markdown",
    "report.txt": "text",
}
NOISE = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"<",
    b"\n",
    b"\r",
    b"# ",
    b"```",
    b"====\n",
    b"&#xd800;",
    b"\\ud800",
    b"\xe2\x80\xa8",
]

Edit = tuple[float, int, bytes]  # where, as a share of the whole; how many bytes go; what comes
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(NOISE) | st.binary(max_size=8)), max_size=6
)


def edited(data: bytes, changes: list[Edit]) -> bytes:
    for share, gone, new in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + gone :]
    return data


@pytest.mark.parametrize(("name", "language"), FIXTURES.items())
def test_lines_are_those_of_the_file_where_the_language_says_so(name: str, language: str) -> None:
    data = read(name)
    lines = data.decode("utf-8", "replace").splitlines()
    spans = parse_document(data, language=language).spans
    places = [(text, number) for span in spans for number, text in enumerate(span.text.split("\n"), span.start)]
    words = [(word.strip("-"), number) for text, number in places for word in text.split()[:1]]
    same = all(number <= len(lines) and word in lines[number - 1] for word, number in words)
    assert same == has_file_lines(language)


def outcome(data: bytes, language: str) -> Parsed | None:
    """Return what is parsed, None for a DocumentError; anything else is raised and fails the test."""
    try:
        parsed = parse_document(data, language=language)
    except DocumentError:
        return None
    assert_lawful(parsed)
    return parsed


def test_there_is_a_document_of_every_format() -> None:
    assert set(FIXTURES.values()) == set(FORMATS)


@pytest.mark.parametrize(("name", "language"), FIXTURES.items())
def test_every_document_is_covered_by_spans(name: str, language: str) -> None:
    parsed = outcome(read(name), language)
    assert parsed is not None
    assert parsed.language == language
    assert parsed.spans
    assert parsed.notes == ()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_binary_documents_are_what_their_script_makes(name: str) -> None:
    assert read(name) == DOCUMENTS[name]()


@pytest.mark.parametrize(("name", "language"), FIXTURES.items())
@given(changes=edits, length=st.floats(0, 1) | st.just(1.0))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_a_damaged_file_is_read_or_refused(name: str, language: str, changes: list[Edit], length: float) -> None:
    data = edited(read(name), changes)
    outcome(data[: int(length * len(data))], language)


@pytest.mark.parametrize("name", ["handbook.docx", "deck.pptx", "novel.epub"])
@given(changes=edits.filter(bool), place=st.floats(0, 0.999))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_a_sound_archive_with_a_damaged_part_is_read_or_refused(name: str, changes: list[Edit], place: float) -> None:
    with zipfile.ZipFile(io.BytesIO(read(name))) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    damaged = list(entries)[int(place * len(entries))]
    outcome(zipped(entries | {damaged: edited(entries[damaged], changes)}), FIXTURES[name])


@pytest.mark.parametrize("language", FORMATS)
@given(data=st.binary(max_size=300))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_any_bytes_are_read_or_refused(language: str, data: bytes) -> None:
    outcome(data, language)


@pytest.mark.parametrize("language", ["markdown", "rst", "asciidoc", "text", "html"])
@given(
    pieces=st.lists(
        st.sampled_from(NOISE) | st.sampled_from([b"a", b" ", b"- ", b"<h1>", b"<td>", b"<li>", b"|", b"::"])
    )
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_any_markup_is_covered_by_spans(language: str, pieces: list[bytes]) -> None:
    assert outcome(b"".join(pieces), language) is not None


@pytest.mark.parametrize("language", ["markdown", "rst", "asciidoc", "text", "html"])
@pytest.mark.parametrize(
    "data",
    [b"x" * 5_000_000, b">" * 200_000, b"<b>" * 100_000, b"\n" * 200_000, b"=" * 200_000, b"- " * 100_000],
    ids=["one line", "quotations", "tags", "blank lines", "rule", "bullets"],
)
def test_huge_and_deep_texts_are_read(language: str, data: bytes) -> None:
    assert outcome(data, language) is not None


@pytest.mark.parametrize("language", ["markdown", "rst", "asciidoc", "text", "html"])
def test_an_empty_text_has_no_spans(language: str) -> None:
    assert parse_document(b"", language=language).spans == ()


def test_an_unknown_format_is_the_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        parse_document(b"", language="cobol")
