"""Values to HTML and to labels. Pure functions; whatever comes from a file or a query is escaped here.

The markup carries classes only: `style.css` has the look, `page.js` what a press of a button does.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from indexer.languages import has_file_lines
from indexer.types import Hit, Kind, Lines, Reading, RepoStatus, SearchResult, Understood
from ui import highlight
from ui.highlight import escape

PROSE: Final = frozenset({"pdf", "docx", "pptx", "epub", "html", "text"})
"""Languages whose text reads as prose, not as lines of a source."""

PAGE_WORD: Final[Mapping[str, str]] = {"pptx": "slide", "notebook": "cell"}
"""What a page is called where it is not a page."""

EDITORS: Final[Mapping[str, str]] = {
    "vscode": "VS Code",
    "vscode-insiders": "VS Code Insiders",
    "vscodium": "VSCodium",
    "cursor": "Cursor",
    "windsurf": "Windsurf",
    "idea": "IntelliJ IDEA",
    "pycharm": "PyCharm",
    "web-storm": "WebStorm",
    "goland": "GoLand",
    "rd": "Rider",
}
"""Name of an editor in the addresses that it answers to, and its name for people."""

Level = Literal["info", "warning", "error"]


def card(hit: Hit, *, root: Path | None, why: str = "", around: Lines | None = None) -> str:
    """Show one hit: what it is, where it is, its text, and why it was found.

    root: folder of its repository on this machine; None leaves out the link to the editor. why: markup that says
    why it was found (`ui.why.panel`). around: the hit with lines around it, to be shown in place of its text.
    """
    return "\n".join(
        (
            f'<article class="gs-card" aria-label="{escape(_spoken(hit))}" tabindex="-1">',
            '<header class="gs-head">',
            f'<h2 class="gs-name">{_name(hit)}</h2> {_chips(hit)}',
            f'<p class="gs-where">{_breadcrumb(hit)}</p>',
            f'<div class="gs-acts">{_actions(hit, root=root)}</div>',
            "</header>",
            _surrounded(hit, around) if around else _body(hit),
            f"{why}</article>",
        )
    )


def editor_link(root: Path, hit: Hit) -> str:
    """Return the address that opens the hit's file in Visual Studio Code, at its first match if it has lines.

    Cursor takes the same with its own name in front, which `page.js` puts there.
    """
    return f"vscode://file/{_quoted((root / hit.path).as_posix()).lstrip('/')}{_line(hit)}"


def jetbrains_link(root: Path, hit: Hit) -> str:
    """Return the address that opens the hit's file in IntelliJ IDEA, where the project is named as its folder."""
    place = f"{_quoted(hit.path.as_posix())}{_line(hit)}"
    return f"jetbrains://idea/navigate/reference?project={_quoted(root.name)}&path={place}"


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/:")


def _line(hit: Hit) -> str:
    return f":{hit.matches[0][0] if hit.matches else hit.start}" if has_file_lines(hit.language) else ""


def editors() -> str:
    """Offer the editors to choose from; `page.js` remembers the choice and opens it."""
    options = "".join(f'<option value="{value}">{name}</option>' for value, name in EDITORS.items())
    return f'<p class="gs-editors">Editor <select class="gs-editor" aria-label="Editor">{options}</select></p>'


def similar_to(hit: Hit) -> str:
    """Say what the relatives shown are relatives of."""
    return (
        f'<h2 class="gs-similar">Similar to {_name(hit)}</h2>'
        f'<p class="gs-where gs-similar-where">{_breadcrumb(hit)}</p>'
    )


def notice(level: Level, what: str, hint: str = "") -> str:
    """Show a message: what happened, then what to do; what stands in backticks as code."""
    role = "alert" if level == "error" else "status"
    after = f'<span class="gs-hint">{_sentence(hint)}</span>' if hint else ""
    return f'<div class="gs-note gs-{level}" role="{role}"><strong>{_sentence(what)}</strong> {after}</div>'


def summary(result: SearchResult) -> str:
    """Count the results and say what they cost: `23 results in 14 ms (encode 6, search 5, rank 3)`."""
    times = result.timings
    total = times.encode + times.search + times.rank
    parts = f"encode {times.encode:.0f}, search {times.search:.0f}, rank {times.rank:.0f}"
    return f'<p class="gs-summary" role="status">{counted(result)} in {total:.0f} ms <span>({parts})</span></p>'


def counted(result: SearchResult) -> str:
    """Write how many results there are: `23 results`, `300+ results` where there are more than were ranked."""
    more = "" if result.total_is_exact else "+"
    return f"{result.total:,}{more} {'result' if result.total == 1 and not more else 'results'}"


def understood(query: Understood) -> str:
    """Say in a line what was read otherwise than as it stands; "" for plain words and names."""
    parts = [*query.corrections, *_read_as(query)]
    said = "; ".join(parts)
    return f'<p class="gs-summary gs-understood" role="status">{_sentence(said)}</p>' if parts else ""


def _read_as(query: Understood) -> Iterator[str]:
    match query.reading:
        case Reading.TRACE:
            yield f"read as a stack trace of {plural(len(query.frames), 'frame')}, the innermost first"
        case Reading.ERROR:
            yield "read as an error message"
        case Reading.PATH:
            yield f"read as a path, at line {query.line}" if query.line else "read as a path"
        case Reading.PHRASE | Reading.EXPRESSION:
            yield f"only what holds {' and '.join(f'`{one}`' for one in query.exact if not one.startswith('-'))}"


def repository(status: RepoStatus, *, now: float) -> str:
    """Show one repository: where it is, what the index holds of it, and how far it is. now: seconds since 1970."""
    repo = status.repo
    branch = f"{repo.branch or 'detached'}@{repo.commit[:8]}" if repo.commit else "plain folder"
    indexed = f"indexed {ago(now - status.indexed_at)}" if status.indexed_at else "never indexed to the end"
    languages = sorted(status.languages.items(), key=lambda item: -item[1])
    named = [f"{escape(name)}&nbsp;{count:,}" for name, count in languages[:6]]
    others = len(languages) - len(named)
    counts = [plural(status.files, "file"), plural(status.chunks, "chunk")]
    if status.pending:
        counts.append(f"{status.pending:,} vectors pending")
    return "\n".join(
        (
            '<article class="gs-repository">',
            f'<h2 class="gs-name">{escape(repo.name)}</h2> '
            f'<span class="gs-chip">{escape(branch)}</span> <span class="gs-chip">{indexed}</span>',
            f'<p class="gs-where">{escape(str(repo.root))}</p>',
            f'<p class="gs-counts">{" · ".join(counts)}</p>',
            f'<p class="gs-languages">{" · ".join(named)}{f" · {others} more" if others > 0 else ""}</p>',
            bar("Text", coverage(status)),
            bar("Meaning", meaning(status)),
            "</article>",
        )
    )


def progress(path: Path, status: RepoStatus | None) -> str:
    """Show how far a run of indexing is. status: what the store holds of it so far; None before anything is."""
    if status is None or not (status.expected_files or status.chunks):
        return f'<p class="gs-summary" role="status">Indexing {escape(str(path))}: finding files</p>'
    counts = f"{status.files:,} of {plural(status.expected_files, 'file')}, {plural(status.chunks, 'chunk')}"
    return (
        f'<p class="gs-summary" role="status">Indexing {escape(str(path))}: {counts}</p>'
        f"{bar('Text', coverage(status))}{bar('Meaning', meaning(status))}"
    )


def bar(label: str, share: float) -> str:
    """Show a share, 0 to 1, as a bar with its label and per cent."""
    name, text = escape(label), percent(share)
    return (
        f'<div class="gs-bar"><span>{name}</span> '
        f'<progress value="{share:.3f}" max="1" aria-label="{name}">{text}</progress> <span>{text}</span></div>'
    )


def coverage(status: RepoStatus) -> float:
    """Return the share of a repository's files whose text is searchable, 0 to 1."""
    if status.expected_files:
        return min(1.0, status.files / status.expected_files)
    return float(status.complete)


def meaning(status: RepoStatus) -> float:
    """Return the share of a repository's chunks that are searchable by meaning, 0 to 1; of its text so far."""
    return max(0.0, 1 - status.pending / status.chunks) if status.chunks else float(status.complete)


def percent(share: float) -> str:
    """Write a share as whole per cent; 100 % only when nothing is missing."""
    return f"{100 if share >= 1 else int(share * 100)} %"


def plural(count: int, noun: str, many: str = "") -> str:
    """Write a count with its noun: `1 file`, `1,204 files`."""
    return f"{count:,} {noun if count == 1 else many or f'{noun}s'}"


def ago(seconds: float) -> str:
    """Write a time that has passed in its largest unit: `3 minutes ago`."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)} ago"
    return "just now"


def label(text: str) -> str:
    """Write text so that a button, whose label is Markdown, shows it as it is."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def _name(hit: Hit) -> str:
    if hit.symbol:
        return f'<code class="gs-symbol">{escape(hit.symbol)}</code>'
    if hit.title:
        return '<span class="gs-sep"> &rsaquo; </span>'.join(escape(part) for part in hit.title.split(" > "))
    return escape(hit.path.name)


def _chips(hit: Hit) -> str:
    chips = [
        f'<span class="gs-chip gs-kind">{escape(hit.kind)}</span>',
        f'<span class="gs-chip">{escape(hit.language)}</span>',
    ]
    if hit.stale:
        chips.append(
            '<span class="gs-chip gs-stale" title="The file changed since it was indexed">changed since</span>'
        )
    return " ".join(chips)


def _breadcrumb(hit: Hit) -> str:
    folder = "" if hit.path.parent.as_posix() == "." else f"{hit.path.parent}/"
    where = f' <span class="gs-lines">{_where(hit)}</span>' if _where(hit) else ""
    return (
        f'<span class="gs-repo">{escape(hit.repo)}</span><span class="gs-sep"> &rsaquo; </span>'
        f'<span class="gs-path">{escape(folder)}<b>{escape(hit.path.name)}</b></span>{where}'
    )


def _where(hit: Hit) -> str:
    """Name the place inside the file: lines, or a page; nothing where the format has neither."""
    if has_file_lines(hit.language):
        return f"L{hit.start}" if hit.start == hit.end else f"L{hit.start}-{hit.end}"
    return "" if hit.page is None else f"{PAGE_WORD.get(hit.language, 'page')} {hit.page}"


def _place(hit: Hit) -> str:
    """Write the path as other programs take it: with its lines where an editor would find them."""
    return f"{hit.path}:{hit.start}-{hit.end}" if has_file_lines(hit.language) else str(hit.path)


def _spoken(hit: Hit) -> str:
    return _place(hit) if has_file_lines(hit.language) else f"{hit.path} {_where(hit)}".strip()


def _actions(hit: Hit, *, root: Path | None) -> str:
    """Buttons where a link would be natural: the page's sanitiser drops addresses of applications."""
    where = escape(_place(hit))
    actions = [f'<button type="button" class="gs-act" data-copy="{where}" title="Copy {where}">Copy path</button>']
    if root is not None:
        actions.append(
            f'<button type="button" class="gs-act" data-editor="{escape(editor_link(root, hit))}" '
            f'data-jetbrains="{escape(jetbrains_link(root, hit))}" title="Open in your editor">Open in editor</button>'
        )
    if hit.url and hit.url.startswith(("https://", "http://")):
        actions.append(
            f'<a class="gs-act" href="{escape(hit.url)}" target="_blank" '
            'title="At the commit that is indexed">View online</a>'
        )
    return " ".join(actions)


def _body(hit: Hit) -> str:
    """Show the text: whole if it is short, else folded around its matches, with the whole one press away."""
    pieces = highlight.lines(hit.text, "text" if hit.language in PROSE else hit.language)
    last = hit.start + len(pieces) - 1
    ranges = highlight.fold(hit.start, last, hit.matches)
    if ranges == [(hit.start, last)]:
        return f'<div class="gs-body">{_block(hit, pieces, ranges)}</div>'
    return (
        '<div class="gs-body"><details class="gs-fold">'
        f'<summary><span class="gs-closed">Show all {len(pieces):,} lines</span>'
        '<span class="gs-opened">Show less</span></summary>'
        f"{_block(hit, pieces, [(hit.start, last)])}</details>{_block(hit, pieces, ranges)}</div>"
    )


def _surrounded(hit: Hit, around: Lines) -> str:
    """Show the text with lines around it; what was put together from pieces says so."""
    pieces = highlight.lines(around.text, "text" if hit.language in PROSE else hit.language)
    block = _block(hit, pieces, [(around.start, around.start + len(pieces) - 1)], start=around.start)
    note = (
        ""
        if around.exact
        else '<p class="gs-pieced">Put together from what is indexed; blank lines may be missing.</p>'
    )
    return f'<div class="gs-body">{block}{note}</div>'


def _block(hit: Hit, pieces: list[str], ranges: list[tuple[int, int]], *, start: int | None = None) -> str:
    """Show ranges of lines, numbered where the file has them; `pieces[0]` is line `start`, else `hit.start`."""
    began = hit.start if start is None else start
    matching = {line for first, last in hit.matches for line in range(first, last + 1)}
    last_line = began + len(pieces) - 1
    numbered = has_file_lines(hit.language)
    rows: list[str] = []
    before = began - 1
    for first, last in ranges:
        rows += [_gap(first - before - 1)] if first > before + 1 else []
        rows += [
            _row(
                pieces[line - began],
                line if numbered else None,
                state="gs-m" if line in matching else "" if hit.start <= line <= hit.end else "gs-near",
            )
            for line in range(first, last + 1)
        ]
        before = last
    rows += [_gap(last_line - before)] if before < last_line else []
    kinds = "gs-code"
    if hit.language in PROSE or hit.kind in (Kind.SECTION, Kind.PAGE):
        kinds += " gs-wrap"
    if hit.language in PROSE:
        kinds += " gs-prose"
    if not numbered:
        kinds += " gs-plain"
    reached = 'tabindex="0" role="group" aria-label="Text of the result"'  # what scrolls must be reachable by keyboard
    return f'<pre class="{kinds}" {reached}><code>{"".join(rows)}</code></pre>'


def _row(piece: str, line: int | None, *, state: str) -> str:
    number = "" if line is None else f' data-n="{line}"'
    return f'<span class="gs-l{f" {state}" if state else ""}"{number}>{piece}\n</span>'


def _gap(count: int) -> str:
    return f'<span class="gs-gap">{plural(count, "line")}\n</span>'


def _sentence(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(f"{text[:1].upper()}{text[1:]}"))
