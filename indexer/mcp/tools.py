"""The tools: what an agent is told of each, and what each does. Knows Index, not the protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from indexer.errors import InputError, StoreMissingError
from indexer.index import MOST_AROUND, Freshness, Index
from indexer.mcp import fit, text
from indexer.mcp.ask import IndexStatus, ReadChunk, Search, Similar
from indexer.mcp.budget import cost, window
from indexer.mcp.fit import piece
from indexer.mcp.readiness import LOADING, Warmup, coverage, progress
from indexer.mcp.shape import (
    Answer,
    Around,
    ChunkAnswer,
    RepoState,
    SearchAnswer,
    SimilarAnswer,
    StatusAnswer,
)
from indexer.types import Context, Drift, Hit, RepoStatus

COPIES_SHARE: Final = 4  # of an answer's tokens one part of so many is for copies
FRAME: Final = 90  # tokens of an answer's own fields, in JSON

FILTERS: Final = (
    "Filters are lists; values of one are alternatives, different ones must all hold: repos, languages (python, go,"
    " markdown, pdf ...), kinds (function, method, class, module, section, page, cell, block), paths (globs as in"
    " .gitignore: `src/**`, `*.md`, `tests/`), symbols (`Session.send` or `send`)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What the tools work on."""

    opened: Callable[[], Index]  # returns the open index; raises StoreMissingError while there is none
    warmup: Warmup
    base: Path | None  # the folder of the agent: paths below it are shown from there, its repository is preferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    asks: type[BaseModel]  # its arguments
    answers: type[Answer]  # the same as JSON
    run: Callable[[Workplace, Any], tuple[Answer, str]]  # raises IndexerError and EmbedderError


def search(at: Workplace, asked: Search) -> tuple[SearchAnswer, str]:
    """Answer a question; while the model loads, by words alone."""
    index = at.opened()
    ready = at.warmup.is_ready(index)
    values = asked.model_dump(exclude={"query", "max_tokens"})
    here = index.here(at.base) if at.base else None
    result = index.search(asked.query, **values, here=here, vectors=ready)
    notice = _said(progress(index), result.notice if ready else LOADING, *result.understood.corrections)
    roots = _roots(index, result.hits)
    room = asked.max_tokens - _frame(asked.query, notice, roots)
    hits, left_out = fit.found(result.hits, room)
    answer = SearchAnswer(
        query=result.query,
        total=result.total,
        total_is_exact=result.total_is_exact,
        offset=result.offset,
        confident=result.confident,
        notice=notice,
        pending_vectors=result.pending_vectors,
        roots=roots,
        hits=hits,
        left_out=left_out,
    )
    return answer, text.of_search(answer, at.base)


def similar(at: Workplace, asked: Similar) -> tuple[SimilarAnswer, str]:
    """Look around a place."""
    index = at.opened()
    values = asked.model_dump(exclude={"place", "max_tokens"})
    result = index.similar(asked.place, **values, folder=at.base)
    notice = _said(progress(index), result.notice)
    roots = _roots(index, (*result.of, *result.hits, *result.copies))
    room = asked.max_tokens - _frame(notice, roots)
    of = fit.first([piece(hit) for hit in result.of], room // COPIES_SHARE)
    copies = fit.first([piece(hit) for hit in result.copies], room // COPIES_SHARE)
    room -= sum(cost(one.model_dump_json()) for one in (*of, *copies))
    hits, left_out = fit.found(result.hits, room)
    answer = SimilarAnswer(
        of=of,
        total=result.total,
        notice=notice,
        pending_vectors=result.pending_vectors,
        roots=roots,
        hits=hits,
        copies=copies,
        left_out=left_out + len(result.copies) - len(copies),
    )
    return answer, text.of_similar(answer, at.base)


def read_chunk(at: Workplace, asked: ReadChunk) -> tuple[ChunkAnswer, str]:
    """Show the definition or section that a chunk is a piece of."""
    index = at.opened()
    narrow = _context(index, asked.id, around=0, neighbours=0)
    hit, (first, last) = narrow.hit, narrow.whole
    around = min(MOST_AROUND, max(hit.start - first, last - hit.end) + asked.around)
    wide = _context(index, asked.id, around=around, neighbours=MOST_AROUND)
    lines = wide.lines.text.split("\n")
    start, end = max(first - asked.around, wide.lines.start), min(last + asked.around, wide.lines.end)
    body = "\n".join(lines[start - wide.lines.start : end - wide.lines.start + 1])
    roots = _roots(index, [hit])
    enclosing = [Around(name=one.name, start=one.start, end=one.end) for one in wide.enclosing]
    frame = 3 * cost(piece(hit).model_dump_json()) + _frame(hit.url, roots)  # itself, and one on each side
    frame += sum(cost(one.model_dump_json()) for one in enclosing)
    part = window(body, start=start, tokens=max(fit.LEAST, asked.max_tokens - frame), focus=(hit.start, hit.end))
    # Where this very chunk is cut, what stands beside it is not what comes next.
    before = next((one for one in reversed(wide.before) if one.start < part.start <= hit.start), None)
    after = next((one for one in wide.after if one.end > part.end >= hit.end), None)
    answer = ChunkAnswer(
        **piece(hit).model_dump(),
        root=roots.get(hit.repo),
        url=hit.url,
        stale=hit.stale,
        whole=narrow.whole,
        enclosing=enclosing,
        text=part.text,
        text_start=part.start,
        text_end=part.end,
        exact=wide.lines.exact,
        cut=part.cut or start > first or end < last,
        before=piece(before) if before else None,
        after=piece(after) if after else None,
    )
    return answer, text.of_chunk(answer, at.base)


def index_status(at: Workplace, asked: IndexStatus) -> tuple[StatusAnswer, str]:
    """Say how the index is; where there is none, what to do."""
    try:
        index = at.opened()
    except StoreMissingError as error:
        answer = StatusAnswer(state="missing", advice=f"{error}: {error.hint}")
        return answer, text.of_status(answer)
    now = index.status() if asked.check_disk else [_unchecked(one) for one in index.repos()]
    state, advice = _state([one.status for one in now], written=index.being_written)
    by_words, by_meaning = coverage([one.status for one in now])
    repos = [_repo(one, checked=asked.check_disk) for one in now]
    kept = fit.first(repos, asked.max_tokens - 2 * FRAME)
    answer = StatusAnswer(
        state=state,
        advice=advice,
        text_share=round(by_words, 4),
        meaning_share=round(by_meaning, 4),
        model=index.model_name,
        model_ready=index.is_warm,
        repos=kept,
        left_out=len(repos) - len(kept),
    )
    return answer, text.of_status(answer)


TOOLS: Final[Mapping[str, Tool]] = {
    tool.name: tool
    for tool in (
        Tool(
            name="search",
            title="Search code and documents",
            description=(
                "Find code and documents by meaning in everything the user has indexed on this machine: functions,"
                " classes, Markdown, PDF, office files, notebooks, in one or many repositories. Prefer it to grep when"
                " you know what something does but not what it is called (`where are failed uploads retried`), to find"
                " your way in code you have not read, for a whole stack trace or error message, and across"
                " repositories; one call replaces many greps. Prefer grep to list every occurrence of a name you know,"
                " and for files changed a moment ago. The query is plain words, a symbol (`Session.send`), a path, an"
                ' error, `"exact text"` or `/regular expression/`. '
                + FILTERS
                + " They can stand in the query too, with `-` to"
                " exclude: `lang:python -path:tests/ retry`. Hits are whole functions or sections with"
                " path:start-end, best first, cut to max_tokens; read_chunk shows one in full."
            ),
            asks=Search,
            answers=SearchAnswer,
            run=search,
        ),
        Tool(
            name="similar",
            title="Find related code",
            description=(
                "Find what is related to a piece of code or a document, and its copies elsewhere: other"
                " implementations before you write a new one, places that need the same fix, tests of a function."
                " place is `src/app.py:120`, `src/app.py` for a whole file, or the id of a hit. " + FILTERS
            ),
            asks=Similar,
            answers=SimilarAnswer,
            run=similar,
        ),
        Tool(
            name="read_chunk",
            title="Read a hit in full",
            description=(
                "Show the whole function, class part or section that a hit is a piece of, with what encloses it and"
                " what stands before and after. Takes the id of a hit of search or similar; around adds lines of"
                " the file on both sides. Also the way to read a PDF or office file that was found."
            ),
            asks=ReadChunk,
            answers=ChunkAnswer,
            run=read_chunk,
        ),
        Tool(
            name="index_status",
            title="What is indexed",
            description=(
                "List the indexed repositories with their folders, commits and languages, and how far indexing is."
                " Call it when a search finds nothing, or to learn the names for the repos filter. check_disk also"
                " says what changed on disk since, which takes some seconds on large trees."
            ),
            asks=IndexStatus,
            answers=StatusAnswer,
            run=index_status,
        ),
    )
}

INSTRUCTIONS: Final = (
    "gte-search is an index, on this machine, of the user's code and documents. Use `search` first when a task asks"
    " where or how something is done; use `similar` before writing code that may exist. Answers come from the index:"
    " a hit marked stale has changed since, so read the file before editing it."
)


def _context(index: Index, id: str, *, around: int, neighbours: int) -> Context:
    found = index.context(id, around=around, neighbours=neighbours)
    if found is None:
        raise InputError(f"there is no chunk {id}", hint="its file changed since; search again")
    return found


def _roots(index: Index, hits: "tuple[Hit, ...] | list[Hit]") -> dict[str, str]:
    """Return the folder of each repository that the hits lie in."""
    roots = {name: index.root(name) for name in sorted({hit.repo for hit in hits})}
    return {name: str(root) for name, root in roots.items() if root}


def _said(*notices: str | None) -> str | None:
    """Join what there is to say."""
    return "; ".join(one for one in notices if one) or None


def _frame(*values: "str | dict[str, str] | None") -> int:
    """Return about how many tokens an answer takes without its hits."""
    return FRAME + sum(cost(str(one)) for one in values if one)


def _unchecked(status: RepoStatus) -> Freshness:
    return Freshness(status=status, commit_on_disk=None, exists=True, drift=Drift())


def _repo(now: Freshness, *, checked: bool) -> RepoState:
    repo = now.status.repo
    changed = None
    if checked:
        changed = str(now.drift) if now.exists else "its folder is gone"
        if now.exists and now.commit_on_disk != repo.commit:
            changed += f", now at commit {(now.commit_on_disk or 'none')[:10]}"
    return RepoState(
        name=repo.name,
        root=str(repo.root),
        branch=repo.branch,
        commit=repo.commit,
        files=now.status.files,
        expected_files=now.status.expected_files,
        chunks=now.status.chunks,
        pending=now.status.pending,
        complete=now.status.complete,
        languages=dict(sorted(now.status.languages.items(), key=lambda one: -one[1])),
        changed=changed,
    )


def _state(repos: list[RepoStatus], *, written: bool) -> tuple[str, str | None]:
    """Return the state in a word, and what the user can do."""
    done = all(one.complete and not one.pending for one in repos)
    if written and not (repos and done):
        return "indexing", "wait, or search what is there already"
    if not repos:
        return "empty", "the user can index a folder with `index-repo PATH`"
    cut_off = next((one.repo for one in repos if not one.complete), None)
    if cut_off:
        again = f"`index-repo {cut_off.root}`" if cut_off.whole else "the `index-repo` command of then"
        return "incomplete", f"the last run was cut off; the user can go on with {again}"
    pending = sum(one.pending for one in repos)
    if pending:
        return "ready", f"{pending:,} passages are found by words only; the user can encode them with `index-repo PATH`"
    return "ready", None
