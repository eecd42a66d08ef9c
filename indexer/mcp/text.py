"""Answers as text: what most clients show a model. Made of the JSON alone, so that both say the same."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from indexer.languages import has_file_lines
from indexer.mcp.readiness import percent
from indexer.mcp.shape import ChunkAnswer, Found, Piece, RepoState, SearchAnswer, SimilarAnswer, StatusAnswer
from indexer.terminal import UNIT, counted, printable

MOST_LANGUAGES: Final = 6  # named of a repository


def of_search(answer: SearchAnswer, base: Path | None) -> str:
    """Write what a search found. base: the folder that paths are relative to where they lie below it."""
    more = "" if answer.total_is_exact else " or more"
    head = [f"{len(answer.hits)} of {answer.total:,}{more} hits" if answer.hits else "nothing found"]
    if answer.offset:
        head[0] += f", from offset {answer.offset}"
    seen = answer.offset + len(answer.hits)
    rest = f"more: ask again with offset {seen}" if answer.hits and answer.total > seen else None
    return _joined(head, [answer.notice], _hits(answer.hits, answer.roots, base), [_left_out(answer.left_out), rest])


def of_similar(answer: SimilarAnswer, base: Path | None) -> str:
    """Write what is related to a place."""
    head = [f"related to {_line(piece, answer.roots, base)}" for piece in answer.of]
    same = [f"the same: {_line(piece, answer.roots, base)}" for piece in answer.copies]
    hits = list(_hits(answer.hits, answer.roots, base)) or ["nothing related was found"]
    return _joined(head, [answer.notice], same, hits, [_left_out(answer.left_out)])


def of_chunk(answer: ChunkAnswer, base: Path | None) -> str:
    """Write a definition or a section."""
    roots = {answer.repo: answer.root} if answer.root else {}
    shown = answer.model_copy(update={"start": answer.text_start, "end": answer.text_end})
    head = [_line(shown, roots, base)]
    if answer.stale:
        head.append("the file changed since it was indexed: this is what it was; read the file for what it is")
    head += [f"inside {one.name} (lines {one.start}-{one.end})" for one in answer.enclosing]
    rest = []
    if answer.cut:
        first, last = answer.whole
        rest.append(f"not all of it: lines {first}-{last} belong together; raise max_tokens, or read what is beside it")
    rest += [
        f"{where}: {_line(piece, roots, base)}"
        for where, piece in (("before it", answer.before), ("after it", answer.after))
        if piece
    ]
    return _joined(head, [answer.text], rest)


def of_status(answer: StatusAnswer) -> str:
    """Write how the index is."""
    head = [f"index: {answer.state}", answer.advice]
    if answer.repos:
        head.append(f"found by words {percent(answer.text_share)}, by meaning {percent(answer.meaning_share)}")
    if answer.model:
        head.append(f"model: {answer.model}, {'loaded' if answer.model_ready else 'not loaded yet'}")
    more = f"{counted(answer.left_out, 'repository')} more" if answer.left_out == 1 else None
    if answer.left_out > 1:
        more = f"{answer.left_out:,} repositories more; raise max_tokens"
    return _joined(head, [line for one in answer.repos for line in _repo(one)], [more])


def _repo(one: RepoState) -> Iterator[str]:
    most = ", ".join(f"{language} {count:,}" for language, count in list(one.languages.items())[:MOST_LANGUAGES])
    at = f", {one.branch or 'commit'} {one.commit[:10]}" if one.commit else ""
    files = (
        counted(one.files, "file")
        if one.files >= one.expected_files
        else f"{one.files:,} of {one.expected_files:,} files"
    )
    parts = [files, counted(one.chunks, "chunk"), *([f"{one.pending:,} pending"] if one.pending else [])]
    yield printable(f"{one.name}: {one.root}{at}: {', '.join(parts)}" + (f" ({most})" if most else ""))
    if one.changed:
        yield f"  on disk since: {one.changed}"


def _hits(hits: list[Found], roots: Mapping[str, str], base: Path | None) -> Iterator[str]:
    for number, hit in enumerate(hits, 1):
        stale = "  (file changed since indexed)" if hit.stale else ""
        yield f"\n{number}. {_line(hit, roots, base)}{stale}"
        last = hit.text_start + hit.text.count("\n")
        if hit.cut and has_file_lines(hit.language):
            yield f"(lines {hit.text_start}-{last} of it; read_chunk has all)"
        elif hit.cut:
            yield "(a part of it; read_chunk has all)"
        if hit.text:
            yield hit.text


def _line(piece: Piece, roots: Mapping[str, str], base: Path | None) -> str:
    name = piece.symbol or piece.title
    what = f"{piece.kind}, {piece.language}"
    return "  ".join(
        part
        for part in (printable(_place(piece, roots, base)), printable(name or ""), f"[{what}]", f"id {piece.id}")
        if part
    )


def _place(piece: Piece, roots: Mapping[str, str], base: Path | None) -> str:
    """Return `path:start-end`, or the page of a document, whose lines no editor would find."""
    file = Path(roots[piece.repo], piece.path) if piece.repo in roots else Path(piece.path)
    shown = file.relative_to(base) if base and file.is_relative_to(base) else file
    if has_file_lines(piece.language):
        return f"{shown}:{piece.start}-{piece.end}"
    return f"{shown} ({UNIT.get(piece.language, 'page')} {piece.page})" if piece.page else str(shown)


def _left_out(count: int) -> str | None:
    if not count:
        return None
    return f"{count:,} more did not fit; raise max_tokens, or ask for them with a smaller limit and an offset"


def _joined(*parts: "list[str | None] | list[str] | Iterator[str]") -> str:
    return "\n".join(line for part in parts for line in part if line)
