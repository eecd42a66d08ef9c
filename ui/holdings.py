"""Markup of the page Repositories: what a run would cost, how far one is, what the folder has that the index lacks.

Pure functions; whatever comes from a file is escaped here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from indexer.index import Freshness
from indexer.inventory import Inventory
from indexer.terminal import duration, size
from indexer.types import Job, Phase, Progress, Skipped
from ui import render
from ui.highlight import escape
from ui.upkeep import Compared, Plan

MOST_LISTED: Final = 4_000  # paths in one folded list: a browser draws more slowly than anybody reads
UNITS: Final = {Phase.FINDING: "file", Phase.READING: "file", Phase.ENCODING: "passage"}


def plan(one: Plan) -> str:
    """Show what a run would find and cost."""
    languages = sorted(one.languages.items(), key=lambda item: -item[1])
    named = [f"{escape(name)}&nbsp;{count:,}" for name, count in languages[:8]]
    others = f" · {len(languages) - 8} more" if len(languages) > 8 else ""
    vectors = "unknown until a first run has prepared the model"
    if one.vector_seconds is not None:
        vectors = f"about {duration(one.vector_seconds)}"
    rows = {
        "Files": f"{one.files:,}, in about {render.plural(one.chunks, 'chunk')}",
        "Searchable by words after": f"about {duration(one.text_seconds)}",
        "By meaning, after another": vectors,
        "Size on disk": f"about {size(one.disk_bytes)}",
    }
    return "\n".join(
        (
            '<article class="gs-repository">',
            f'<h2 class="gs-name">{escape(one.root.name or "/")}</h2> <span class="gs-chip">not started</span>',
            f'<p class="gs-where">{escape(str(one.root))}</p>',
            facts(rows),
            f'<p class="gs-languages">{" · ".join(named)}{others}</p>',
            skipped(one.skipped, "would be left out"),
            "</article>",
        )
    )


def facts(rows: Mapping[str, object]) -> str:
    """Show names and what is said of them as a table."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>' for name, value in rows.items()
    )
    return f'<table class="gs-facts">{body}</table>'


def skipped(items: Iterable[Skipped], verb: str) -> str:
    """List what is left out, folded: by reason, then by folder. verb: "was left out"."""
    items = list(items)
    if not items:
        return ""
    reasons = Counter(str(item.reason) for item in items)
    said = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common(4))
    more = f", {len(reasons) - 4} more reasons" if len(reasons) > 4 else ""
    title = f"{render.plural(len(items), 'path')} {verb}: {said}{more}"
    return _folded(title, [(item.path, str(item.reason)) for item in items])


def inventory(files: Inventory) -> str:
    """List what became of each file, folded: what needs care first."""
    failed = [(item.path, f"{item.reason}; {item.hint}" if item.hint else item.reason) for item in files.failed]
    return "".join(
        (
            _folded(f"{render.plural(len(failed), 'file')} could not be read", failed),
            _folded(f"{render.plural(len(files.waiting), 'file')} new or changed", _plain(files.waiting)),
            _folded(f"{render.plural(len(files.gone), 'file')} indexed and gone", _plain(files.gone)),
            skipped(files.skipped, "left out"),
            _folded(
                f"{render.plural(len(files.indexed), 'file')} indexed, {size(files.bytes)} on disk",
                _plain(files.indexed),
            ),
        )
    )


def _plain(paths: Iterable[PurePosixPath]) -> list[tuple[PurePosixPath, str]]:
    return [(path, "") for path in paths]


def _folded(title: str, rows: list[tuple[PurePosixPath, str]]) -> str:
    if not rows:
        return ""
    return f'<details class="gs-files"><summary>{escape(title)}</summary>{by_folder(rows)}</details>'


def by_folder(rows: Iterable[tuple[PurePosixPath, str]]) -> str:
    """List paths with what is said of each, folded by folder; the first MOST_LISTED of them."""
    folders: dict[str, list[tuple[str, str]]] = {}
    count = 0
    for path, said in rows:
        count += 1
        if count <= MOST_LISTED:
            folders.setdefault(str(path.parent), []).append((path.name, said))
    parts = []
    for folder, files in sorted(folders.items()):
        lines = "".join(
            f"<li><code>{escape(name)}</code>{f' <span>{escape(said)}</span>' if said else ''}</li>"
            for name, said in files
        )
        name = "in the folder itself" if folder == "." else f"{folder}/"
        parts.append(
            f"<details><summary>{escape(name)} <span>{len(files):,}</span></summary><ul>{lines}</ul></details>"
        )
    rest = f"<p>{count - MOST_LISTED:,} more are not listed</p>" if count > MOST_LISTED else ""
    return f'<div class="gs-tree">{"".join(parts)}{rest}</div>'


def cloning(address: str) -> str:
    """Say that a repository is fetched."""
    return f'<p class="gs-summary" role="status">Cloning {escape(address)}, without its history</p>'


def pace(job: Job) -> str:
    """Say what a run is doing now, how fast, and how long that still takes; "" before it told anything."""
    return f'<p class="gs-summary">{escape(_pace(job.progress))}</p>' if job.progress else ""


def _pace(now: Progress) -> str:
    unit = UNITS[now.phase]
    if now.phase is Phase.FINDING or not now.total:
        return f"{now.phase}: {render.plural(now.done, unit)} so far"
    parts = [f"{now.phase}: {now.done:,} of {render.plural(now.total, unit)}"]
    if now.done >= now.total:
        return f"{now.phase}: {render.plural(now.total, unit)} done"
    if now.rate >= 1:
        parts.append(f"{now.rate:,.0f} a second")
    if now.eta is not None:
        then = ", then the vectors" if now.phase is Phase.READING else ""
        parts.append(f"about {duration(now.eta)} left{then}")
    return ", ".join(parts)


def freshness(one: Freshness) -> str:
    """Say how the folder stands to what is indexed of it."""
    indexed, disk = one.status.repo.commit, one.commit_on_disk
    if not one.exists:
        return _fresh("its folder is gone; what is indexed can still be found", old=True)
    parts = []
    if indexed != disk:
        parts.append(f"indexed at {_commit(indexed)}, now at {_commit(disk)}")
    if one.drift:
        parts.append(f"since indexed: {one.drift}")
    if not one.status.complete:
        parts.append("the last run was cut off")
    return _fresh("; ".join(parts) or "as on disk", old=bool(parts))


def _fresh(said: str, *, old: bool) -> str:
    return f'<p class="gs-fresh"><span class="gs-chip{" gs-stale" if old else ""}">{escape(said)}</span></p>'


def _commit(name: str | None) -> str:
    return f"commit {name[:8]}" if name else "no commit"


def disk(compared: Compared) -> str:
    """Say what the index takes on disk."""
    said = f"The index takes {size(compared.bytes)} on disk; {size(compared.free_bytes)} are free"
    return f'<p class="gs-summary">{said}</p>'
