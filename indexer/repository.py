"""Who a folder is: its name, remote, branch and commit, and its links at a code host."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote, urlsplit

from indexer import git
from indexer.types import Repo


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a folder lies, as git sees it."""

    toplevel: Path | None  # of the work tree around the folder; None: a plain folder
    prefix: str = ""  # the folder within the work tree, "/" between parts; empty for the work tree itself
    ignored: bool = False  # by git's rules, together with all in it
    tracked: bool = True  # False only for an ignored folder of which git tracks nothing
    note: str | None = None  # why a folder with a `.git` is treated as a plain one, in users' words


def locate(root: Path) -> Place:
    """Find the git work tree around a folder. Git missing or refusing makes it a plain folder with a note."""
    root = root.resolve()
    if not any(os.path.exists(folder / ".git") for folder in (root, *root.parents)):
        return Place(toplevel=None)
    answer = git.run("rev-parse", "--show-toplevel", cwd=root)
    if not answer.ok or not answer.text:
        return Place(toplevel=None, note=_note(answer))
    toplevel = Path(answer.text).resolve()
    if toplevel == root or not root.is_relative_to(toplevel):
        return Place(toplevel=toplevel)
    prefix = root.relative_to(toplevel).as_posix()
    ignored = git.run("check-ignore", "--quiet", "--no-index", "--", f"./{prefix}", cwd=toplevel).ok
    tracked = not ignored or bool(git.run("ls-files", "-z", cwd=root).out)
    return Place(toplevel=toplevel, prefix=prefix, ignored=ignored, tracked=tracked)


def _note(answer: git.Answer) -> str | None:
    if "not a git repository" in answer.err or "must be run in a work tree" in answer.err:
        return None
    why = "git does not trust its owner" if "dubious ownership" in answer.err else answer.complaint
    return f"treated as a plain folder, without branch and commit: {why}"


def identify(root: Path) -> Repo:
    """Tell who a folder is.

    A work tree is named after its folder; a folder inside one is named `worktree/inner/folder` and has the
    remote, branch and commit of the work tree. A folder that git ignores is a plain folder. The name may be
    taken in an index: see `unique_name`. Why git was not asked is in `locate(root).note`.
    """
    root = root.resolve()
    place = locate(root)
    if place.toplevel is None or not place.tracked:
        return Repo(name=_printable(root.name) or "root", root=root)
    name = "/".join(part for part in (place.toplevel.name or "root", place.prefix) if part)
    branch = git.run("symbolic-ref", "--quiet", "--short", "HEAD", cwd=place.toplevel)
    return Repo(
        name=_printable(name),
        root=root,
        remote=_remote(place.toplevel),
        branch=_printable(branch.text) if branch.ok else None,  # a detached HEAD has none
        commit=_commit(place.toplevel),
    )


def head_commit(root: Path) -> str | None:
    """Return the commit that `identify` would give now, or None where there is none."""
    place = locate(root)
    return _commit(place.toplevel) if place.toplevel is not None and place.tracked else None


def _commit(toplevel: Path) -> str | None:
    answer = git.run("rev-parse", "--quiet", "--verify", "HEAD", cwd=toplevel)
    return answer.text if answer.ok else None


def _remote(toplevel: Path) -> str | None:
    """The address of `origin`, or of the first remote where no `origin` is."""
    answer = git.run("remote", "get-url", "origin", cwd=toplevel)
    if not answer.ok:
        names = git.run("remote", cwd=toplevel).text.splitlines()
        if not names:
            return None
        answer = git.run("remote", "get-url", names[0], cwd=toplevel)
    return normal_remote(answer.text.partition("\n")[0]) if answer.ok else None


def unique_name(wanted: str, taken: Mapping[str, Path], root: Path) -> str:
    """Return the name for `root` in an index that holds `taken` (name to root).

    A root keeps the name it has. Otherwise a taken name gets folders from above the root in front
    ("work-api"), and when they run out, a number ("api-2").
    """
    for name, path in taken.items():
        if path == root:
            return name
    used = {name.casefold() for name in taken}
    if wanted.casefold() not in used:
        return wanted
    top, slash, inner = wanted.partition("/")
    deep = len(PurePosixPath(inner).parts)
    above = root.parents[deep].parts[1:] if deep < len(root.parents) else ()
    for depth in range(1, len(above) + 1):
        name = "-".join((*map(_printable, above[-depth:]), top)) + slash + inner
        if name.casefold() not in used:
            return name
    number = 2
    while f"{top}-{number}{slash}{inner}".casefold() in used:
        number += 1
    return f"{top}-{number}{slash}{inner}"


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


_SCP: Final = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]{2,}):(?!//)(?P<path>[^\s]+)")  # git@host:owner/name.git
_ALIAS: Final = re.compile(r"(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)-.+")  # common in ssh settings
_SSH_HOSTS: Final = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


def normal_remote(address: str) -> str | None:
    """Turn any address of a remote into its https page, without user, password, token or `.git`.

    None for a folder, a bundle or anything else that is at no host. A port is kept for http and https only.
    """
    address = address.strip()
    if "://" in address:
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:  # a port that is no number, a bracket that does not close
            return None
        if parts.scheme not in ("http", "https", "ssh", "git", "git+ssh", "ssh+git", "git+https"):
            return None
        web = parts.scheme in ("http", "https")
        scheme = "http" if parts.scheme == "http" and port else "https"  # such a port rarely speaks https
        path = parts.path
    elif match := _SCP.fullmatch(address):
        host, path, port, web, scheme = match["host"].lower(), match["path"], None, False, "https"
    else:
        return None
    if alias := _ALIAS.fullmatch(host):
        host = alias[1]
    host = _SSH_HOSTS.get(host, host)
    path = path.strip("/").removesuffix(".git").rstrip("/")
    if not host or not path:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{f':{port}' if web and port else ''}/{path}"


# {file} is commit and path; the lines follow. `plain` makes a host show the source of what it would render.
_GITHUB: Final = ("/blob/{file}", "?plain=1", "#L{start}-L{end}")
_GITLAB: Final = ("/-/blob/{file}", "?plain=1", "#L{start}-{end}")
_GITEA: Final = ("/src/commit/{file}", "?display=source", "#L{start}-L{end}")
_BITBUCKET: Final = ("/src/{file}", "", "#lines-{start}:{end}")
_RENDERED: Final = frozenset({".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".org", ".ipynb"})


def web_url(repo: Repo, path: PurePosixPath, start: int | None = None, end: int | None = None) -> str | None:
    """Link to lines `start` to `end` (1-based, inclusive) of a file at its code host, pinned to the indexed commit.

    `path` is relative to the root. Leave the lines out for a format whose lines are not the file's. None
    without a remote or a commit, and at a host whose links are not known.
    """
    if repo.remote is None or repo.commit is None:
        return None
    shape = _shape(urlsplit(repo.remote).hostname or "")
    if shape is None:
        return None
    page, plain, lines = shape
    inner = _inner(repo)
    url = repo.remote + page.format(file=quote(f"{repo.commit}/{inner}{path}"))
    if start is None:
        return url
    if path.suffix.lower() in _RENDERED:
        url += plain
    return url + lines.format(start=start, end=end if end is not None else start)


def _shape(host: str) -> tuple[str, str, str] | None:
    if host == "github.com" or host.startswith("github."):
        return _GITHUB
    if "gitlab" in host:
        return _GITLAB
    if host == "bitbucket.org":
        return _BITBUCKET
    if host == "codeberg.org" or "gitea" in host or "forgejo" in host:
        return _GITEA
    return None


def _inner(repo: Repo) -> str:
    """The root within its work tree, from the name that `identify` gave it; the folder itself may be gone."""
    _, slash, inner = repo.name.partition("/")
    return f"{inner}/" if slash and repo.root.as_posix().endswith(f"/{inner}") else ""
