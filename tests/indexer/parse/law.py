"""What holds for every parsed file, whatever its format."""

from pathlib import Path

from indexer.types import Parsed, Span

DOCUMENTS = Path(__file__).parents[2] / "data" / "documents"


def assert_lawful(parsed: Parsed) -> None:
    """Spans rise, do not overlap, quote their lines, cover every non-blank line; cuts rise inside them."""
    lines = parsed.text.split("\n")
    last = 0
    for span in parsed.spans:
        assert last < span.start <= span.end <= len(lines)
        assert not "".join(lines[last : span.start - 1]).strip(), "text between two spans"
        assert span.text == "\n".join(lines[span.start - 1 : span.end])
        assert lines[span.start - 1].strip(), "a span begins with a blank line"
        assert lines[span.end - 1].strip(), "a span ends with a blank line"
        assert list(span.cuts) == sorted(set(span.cuts))
        assert all(span.start < cut <= span.end for cut in span.cuts)
        assert span.title != ""
        last = span.end
    assert not "".join(lines[last:]).strip(), "text after the last span"
    parsed.text.encode("utf-8")  # a store and a tokenizer take no lone surrogates
    assert "\0" not in parsed.text


def read(name: str) -> bytes:
    """Return one of the documents of `tests/data/documents`."""
    return (DOCUMENTS / name).read_bytes()


def shape(parsed: Parsed) -> list[tuple[int, int, str | None]]:
    """Return start, end and title of every span."""
    return [(span.start, span.end, span.title) for span in parsed.spans]


def only(parsed: Parsed, words: str) -> Span:
    """Return the one span that holds `words`."""
    (found,) = [span for span in parsed.spans if words in span.text]
    return found
