"""Doc comments and the functions they describe, as training rows."""

import json
from pathlib import Path

import pytest

from indexer.cli import FAILED, FOUND, NOTHING, main
from indexer.errors import PathError
from indexer.pairs import POSITIVE_CHARS, QUERY_CHARS, Pair, Tally, description, pairs
from indexer.settings import Settings

PYTHON = '''
@cached
def oldest(files):
    """Return the oldest of the files.

    Never fails.
    """
    # by the clock of the disk
    times = sorted(files, key=age)
    return times[0]
'''
WITHOUT_DOC = """@cached
def oldest(files):
    # by the clock of the disk
    times = sorted(files, key=age)
    return times[0]"""

LANGUAGES = {
    "a.go": (
        "package a\n\n// Oldest returns the oldest of the files.\n//\n// Never fails.\n"
        "func Oldest(files []File) File {\n\tsort(files)\n\treturn files[0] // first\n}\n",
        "Oldest returns the oldest of the files.",
        "func Oldest(files []File) File {\n\tsort(files)\n\treturn files[0] // first\n}",
    ),
    "a.rs": (
        "/// Returns the oldest of the files.\n///\n/// # Panics\n/// Never.\n#[inline]\n"
        "fn oldest(files: &[File]) -> &File {\n    sort(files);\n    &files[0]\n}\n",
        "Returns the oldest of the files.",
        "#[inline]\nfn oldest(files: &[File]) -> &File {\n    sort(files);\n    &files[0]\n}",
    ),
    "A.java": (
        "class A {\n    /**\n     * Returns the {@link File oldest} of\n     * the files.\n     * @param files some\n"
        "     */\n    @Override\n    File oldest(List<File> files) {\n        sort(files);\n"
        "        return files.get(0);\n    }\n}\n",
        "Returns the File oldest of the files.",
        "@Override\nFile oldest(List<File> files) {\n    sort(files);\n    return files.get(0);\n}",
    ),
    "a.ts": (
        "/** Returns the oldest of the files. */\nexport function oldest(files: File[]): File {\n"
        "  sort(files);\n  return files[0];\n}\n",
        "Returns the oldest of the files.",
        "export function oldest(files: File[]): File {\n  sort(files);\n  return files[0];\n}",
    ),
    "a.c": (
        "/*!\n * \\brief Returns the oldest of the files.\n * \\param files some\n */\n"
        "file *oldest(file *files)\n{\n    sort(files);\n    return files;\n}\n",
        "Returns the oldest of the files.",
        "file *oldest(file *files)\n{\n    sort(files);\n    return files;\n}",
    ),
    "a.rb": (
        "# Returns the oldest of the files.\n# @param files some\n"
        "def oldest(files)\n  sort(files)\n  files.first\nend\n",
        "Returns the oldest of the files.",
        "def oldest(files)\n  sort(files)\n  files.first\nend",
    ),
    "a.ex": (
        'defmodule A do\n  @doc """\n  Returns the oldest of the files.\n  """\n  def oldest(files) do\n'
        "    sort(files)\n    hd(files)\n  end\nend\n",
        "Returns the oldest of the files.",
        "def oldest(files) do\n  sort(files)\n  hd(files)\nend",
    ),
}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "project" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def pairs_of(folder: Path) -> tuple[list[Pair], Tally]:
    tally = Tally()
    return list(pairs([folder / "project"], settings=Settings(), tally=tally)), tally


def function(name: str, says: str, body: str = "x = 1") -> str:
    return f'def {name}(x):\n    """{says}"""\n    {body}\n    return {name!r}, x\n'


def test_a_pair_is_what_a_function_says_and_the_function_without_it(tmp_path: Path) -> None:
    write(tmp_path, "a.py", PYTHON)
    found, _ = pairs_of(tmp_path)
    assert found == [
        Pair(query="Return the oldest of the files.", positive=WITHOUT_DOC, lang="python", source="project")
    ]


@pytest.mark.parametrize("name", LANGUAGES)
def test_comments_of_every_language_come_off(name: str, tmp_path: Path) -> None:
    source, query, positive = LANGUAGES[name]
    write(tmp_path, name, source)
    found, tally = pairs_of(tmp_path)
    assert [(pair.query, pair.positive) for pair in found] == [(query, positive)], tally


@pytest.mark.parametrize(
    ("docstring", "query"),
    [
        ("Adds a to b.", "Adds a to b."),
        ("Adds a\n   to b.\n\nThen more.", "Adds a to b."),
        ("Adds a.\nArgs:\n  a: first", "Adds a."),
        ("Adds a.\n:param a: first", "Adds a."),
        ("Adds a.\n----\nb", "Adds a."),
        ("Adds a.\n>>> add(1)", "Adds a."),
        ("@param a first", ""),
        ("", ""),
    ],
)
def test_a_description_ends_where_parameters_and_examples_begin(docstring: str, query: str) -> None:
    assert description(docstring) == query


def test_a_long_description_is_cut_at_a_sentence_else_at_a_word() -> None:
    sentences = description("This is a sentence. " * 40)
    assert sentences.endswith("a sentence.")
    words = description("word " * 100)
    assert words.endswith("word")
    assert max(len(sentences), len(words), len(description("x" * 999))) <= QUERY_CHARS


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (function("f", "Too short."), "fewer than 3 words"),
        (function("f", "Gibt das älteste Öl über Österreich zurück: ÄÖÜ äöü ÄÖÜ äöü"), "another language"),
        (function("f", "1 + 2 = 3, 4 * (5 - 6) < 7"), "signs"),
        (function("f", "Copyright of the author, all rights reserved."), "no description"),
        (function("f", "TODO: say what this is for"), "no description"),
        (function("__len__", "How many there are of it."), "the language calls"),
        (function("test_length", "How many there are of it."), "a test"),
        (
            "class A:\n    def toString(self):\n        '''Say what it is.'''\n        x = 1\n        return x\n",
            "override",
        ),
        ('def f(x):\n    """Return what was given to it."""\n    return x\n', "shorter than 3 lines"),
        ('def f(x): """Return what was given to it."""; y = (\n    x,\n)\n', "same lines as code"),
    ],
)
def test_what_teaches_nothing_is_left_out_and_counted(source: str, reason: str, tmp_path: Path) -> None:
    write(tmp_path, "a.py", source)
    found, tally = pairs_of(tmp_path)
    assert found == []
    assert [(reason in told, count) for told, count in tally.left_out.items()] == [(True, 1)]


def test_constructors_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "A.java", "class A {\n  // Makes a new one of these.\n  A(int x) {\n    this.x = x;\n  }\n}\n")
    _, tally = pairs_of(tmp_path)
    assert tally.left_out == {"a constructor": 1}


@pytest.mark.parametrize("name", ["tests/helpers.py", "test_a.py", "examples/a.py", "vendor/a.py"])
def test_files_that_test_or_show_are_left_out(name: str, tmp_path: Path) -> None:
    write(tmp_path, name, PYTHON)
    write(tmp_path, "b.py", function("f", "The only one that counts."))
    found, _ = pairs_of(tmp_path)
    assert [pair.query for pair in found] == ["The only one that counts."]


def test_copies_count_once_and_a_description_twice(tmp_path: Path) -> None:
    write(tmp_path, "a.py", function("f", "Says what it is."))
    write(tmp_path, "b.py", function("f", "Says something else here.").replace("    ", "  "))
    for name in "ghi":
        write(tmp_path, f"{name}.py", function(name, "Says what it is!"))
    found, tally = pairs_of(tmp_path)
    assert [pair.positive[4] for pair in found] == ["f", "g"]
    assert sorted(tally.left_out.values()) == [1, 2]


def test_a_long_function_is_cut_at_the_end_of_a_line(tmp_path: Path) -> None:
    write(tmp_path, "a.py", function("f", "Does a great many things.", "x = 12345\n    " * 300))
    [pair], _ = pairs_of(tmp_path)
    assert POSITIVE_CHARS - 20 < len(pair.positive) <= POSITIVE_CHARS
    assert pair.positive.endswith("    x = 12345")


def test_documents_give_no_pairs(tmp_path: Path) -> None:
    write(tmp_path, "a.md", f"# Title\n\n```python\n{PYTHON}```\n")
    assert pairs_of(tmp_path)[0] == []


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    with pytest.raises(PathError):
        pairs_of(tmp_path)


def test_the_command_prints_a_json_object_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.py", PYTHON + function("f", "Says «ça va» to them."))
    assert main(["pairs", str(tmp_path / "project")]) == FOUND
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["query"] for row in rows] == ["Return the oldest of the files.", "Says «ça va» to them."]
    assert all(list(row) == ["query", "positive", "lang", "source"] for row in rows)
    assert captured.err.startswith("2 pairs from 1 files")


def test_the_command_writes_a_file_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.py", PYTHON)
    assert main(["pairs", str(tmp_path / "project"), "--out", str(tmp_path / "pairs.jsonl")]) == FOUND
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "pairs.jsonl").read_text())["lang"] == "python"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.jsonl", "project"]


def test_a_failed_run_leaves_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text("earlier")
    assert main(["pairs", str(tmp_path / "nowhere"), "--out", str(tmp_path / "pairs.jsonl")]) == FAILED
    assert (tmp_path / "pairs.jsonl").read_text() == "earlier"


def test_no_pairs_is_exit_status_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.py", "x = 1\n")
    assert main(["pairs", str(tmp_path / "project")]) == NOTHING
    assert capsys.readouterr().err == "0 pairs from 1 files\n"
