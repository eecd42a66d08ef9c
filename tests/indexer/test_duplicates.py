import random
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest

from indexer import Index
from indexer.duplicates import FEWEST_TOKENS, SHINGLE, duplicates
from indexer.errors import PathError, QueryError
from indexer.types import Chunk, Copy, DuplicateGroup, Kind
from tests.indexer.store.samples import a_chunk

BODY = """def {name}(self, path, limit):
    for attempt in range(limit):
        self.wait(2 ** attempt)
        answer = self.session.post(path, timeout=self.timeout)
        if answer.status == 200:
            return self.parse(answer.body)
    raise TimeoutError(path)"""
OTHER = """def read(self, file):
    lines = file.readlines()
    header, *rows = [line.split(",") for line in lines]
    table = [dict(zip(header, row)) for row in rows]
    self.tables.append(table)
    return len(table)"""


def a_function(text: str, *, path: str = "src/a.py", start: int = 1, repo: str = "r", name: str = "f") -> Chunk:
    return a_chunk(text, path=PurePosixPath(path), start=start, end=start + text.count("\n"), repo=repo, symbol=name)


def places(group: DuplicateGroup) -> list[str]:
    return [shown(copy) for copy in group.copies]


def shown(copy: Copy) -> str:
    return f"{copy.path}:{copy.start}-{copy.end}"


def test_copies_that_differ_in_comments_and_space_are_equal() -> None:
    copy = BODY.format(name="send").replace("    raise", "\n    # give up\n    raise")
    first = a_function(BODY.format(name="send"), path="src/a.py")
    (group,) = duplicates([first, a_function(copy, path="src/b.py"), a_function(OTHER, path="src/c.py")]).groups
    assert places(group) == ["src/a.py:1-7", "src/b.py:1-9"]
    assert (group.similarity, group.lines, group.aside) == (1.0, 7, False)


def test_a_copy_with_a_few_changes_is_a_near_copy_and_other_code_is_none() -> None:
    near = BODY.format(name="deliver").replace("200", "201")
    chunks = [
        a_function(BODY.format(name="send")),
        a_function(near, path="src/b.py"),
        a_function(OTHER, path="src/c.py"),
    ]
    (group,) = duplicates(chunks).groups
    assert places(group) == ["src/a.py:1-7", "src/b.py:1-7"]
    assert 0.7 <= group.similarity < 1
    assert duplicates(chunks, threshold=1).groups == ()


def test_code_that_does_the_same_in_other_words_is_no_copy() -> None:
    other = """def retry(client, url, times):
    delay = 1
    while times:
        reply = client.request("POST", url)
        if reply.ok:
            return reply.json()
        sleep(delay)
        delay, times = delay * 2, times - 1
    raise RuntimeError(url)"""
    assert duplicates([a_function(BODY.format(name="send")), a_function(other, path="src/b.py")]).groups == ()


def test_groups_come_by_the_lines_that_could_be_saved() -> None:
    long = OTHER + "\n" + "\n".join(f"    self.step_{number}(file)" for number in range(20))
    chunks = [a_function(BODY.format(name="f"), path=f"src/{name}.py") for name in "abc"]
    chunks += [a_function(long, path=f"src/{name}.py") for name in "xy"]
    groups = duplicates(chunks).groups
    assert [group.lines for group in groups] == [26, 14]


def test_copies_among_tests_come_last_and_can_be_left_out() -> None:
    long = OTHER + "\n" + "\n".join(f"    self.step_{number}(file)" for number in range(20))
    chunks = [a_function(BODY.format(name="f"), path=f"src/{name}.py") for name in "ab"]
    chunks += [a_function(long, path=f"tests/test_{name}.py") for name in "xy"]
    result = duplicates(chunks)
    assert [group.aside for group in result.groups] == [False, True]
    assert [places(group)[0] for group in duplicates(chunks, tests=False).groups] == ["src/a.py:1-7"]


def test_short_copies_are_left_out_by_lines_and_by_tokens() -> None:
    getter = "def path(self):\n    return self._path"
    padded = "def f():\n    (\n    )\n    (\n    )\n    (\n    )"
    assert len(padded.split()) < FEWEST_TOKENS
    for text in (getter, padded):
        assert duplicates([a_function(text), a_function(text, path="src/b.py")], min_lines=2).groups == ()
    chunks = [a_function(BODY.format(name="f")), a_function(BODY.format(name="f"), path="src/b.py")]
    assert duplicates(chunks, min_lines=7).total == 1
    assert duplicates(chunks, min_lines=8).total == 0


def test_a_copied_file_is_one_group() -> None:
    def of_file(path: str) -> Iterable[Chunk]:
        yield a_function(BODY.format(name="f"), path=path, start=1, name="f")
        yield a_function(OTHER, path=path, start=9, name="read")

    (group,) = duplicates([*of_file("src/a.py"), *of_file("src/b.py")]).groups
    assert places(group) == ["src/a.py:1-14", "src/b.py:1-14"]
    assert group.lines == 14
    assert group.copies[0].symbol is None


def test_the_pieces_of_a_long_definition_are_compared_as_one() -> None:
    lines = [f"    total_{number} = self.add(total_{number - 1}, {number})" for number in range(40)]

    def pieces(path: str) -> list[Chunk]:
        first, second = "\n".join(lines[:20]), "\n".join(lines[20:])
        return [a_function(first, path=path, start=1), a_function(second, path=path, start=21)]

    (group,) = duplicates([*pieces("src/a.py"), *pieces("src/b.py")]).groups
    assert places(group) == ["src/a.py:1-40", "src/b.py:1-40"]


def test_equal_imports_are_no_copies() -> None:
    imports = "\n".join(f"from package.module{number} import name{number}, other{number}" for number in range(20))
    chunks = [a_chunk(imports, path=PurePosixPath(f"src/{name}.py"), kind=Kind.MODULE) for name in "ab"]
    assert duplicates(chunks).groups == ()


def test_only_groups_with_a_copy_under_the_path_are_told() -> None:
    chunks = [a_function(BODY.format(name="f"), path=f"src/{name}/x.py") for name in "ab"]
    chunks += [a_function(OTHER, path=f"lib/{name}.py") for name in "cd"]
    under = duplicates(chunks, under=("r", PurePosixPath("src/a"))).groups
    assert [places(group) for group in under] == [["src/a/x.py:1-7", "src/b/x.py:1-7"]]
    assert duplicates(chunks, under=("r", PurePosixPath())).total == 2
    assert duplicates(chunks, under=("other", PurePosixPath())).total == 0


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_every_pair_that_overlaps_enough_is_found(threshold: float) -> None:
    """The join looks up few shingles: compared here with comparing all pairs."""
    rng = random.Random(5)
    base = [rng.choice("abcdefghij") + str(rng.randrange(9)) for _ in range(60)]
    texts = []
    for _ in range(40):
        words = list(base)
        for place in rng.sample(range(60), rng.randrange(0, 14)):
            words[place] = f"new{rng.randrange(10_000)}"
        texts.append(words)
    paired = {
        (one, other) for one in range(40) for other in range(one) if _overlap(texts[one], texts[other]) >= threshold
    }
    chunks = [a_function("\n".join(words), path=f"src/{number:02}.py") for number, words in enumerate(texts)]
    for one, other in paired:
        assert duplicates([chunks[other], chunks[one]], threshold=threshold).total == 1
    together = {copy.path for group in duplicates(chunks, threshold=threshold).groups for copy in group.copies}
    # Around their centres, every piece that has a near copy is in a group, unless all its own are taken by others.
    assert together <= {chunks[number].path for pair in paired for number in pair}
    assert bool(together) == bool(paired)


def _overlap(one: list[str], other: list[str]) -> float:
    first, second = (
        {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)} for words in (one, other)
    )
    return len(first & second) / len(first | second)


def test_an_index_tells_its_copies_without_vectors(index: Index, tree: Path) -> None:
    (tree / "src" / "again.py").write_text((tree / "src" / "upload.py").read_text("utf-8") + "\n\nEXTRA = 1\n", "utf-8")
    index.sync([tree], vectors=False)
    (group,) = index.duplicates(min_lines=3).groups
    assert {str(copy.path) for copy in group.copies} == {"src/again.py", "src/upload.py"}
    assert index.duplicates("src/upload.py", min_lines=3).total == 1
    assert index.duplicates("docs", min_lines=3).total == 0
    assert index.duplicates("project", min_lines=3).total == 1
    assert index.duplicates(languages=["go"], min_lines=3).total == 0


@pytest.mark.parametrize("values", [{"min_lines": 0}, {"threshold": 0.2}, {"threshold": 1.1}, {"limit": 0}])
def test_numbers_out_of_range_are_refused(filled: Index, values: dict[str, int]) -> None:
    with pytest.raises(QueryError):
        filled.duplicates(**values)  # type: ignore[arg-type]  # names to values


def test_a_path_that_is_not_indexed_is_an_error(filled: Index) -> None:
    with pytest.raises(PathError, match="nowhere is not indexed"):
        filled.duplicates("nowhere")
