import os
from pathlib import Path, PurePosixPath

import pytest

from indexer import Index
from indexer.errors import PathError


def test_each_file_has_one_fate(index: Index, tree: Path) -> None:
    (tree / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (tree / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    index.sync([tree])
    files = index.inventory("project")
    assert files.indexed == tuple(
        map(PurePosixPath, ("docs/guide.md", "src/server.go", "src/upload.py", "tests/test_upload.py"))
    )
    assert files.bytes == sum((tree / path).stat().st_size for path in files.indexed)
    (failed,) = files.failed
    assert failed.path == PurePosixPath("broken.pdf")
    assert failed.hint
    assert [item.path for item in files.skipped] == [PurePosixPath("logo.png")]
    assert (files.waiting, files.gone) == ((), ())

    (tree / "new.py").write_text("x = 1\n", "utf-8")
    (tree / "src/server.go").write_text("package other\n", "utf-8")
    os.remove(tree / "docs/guide.md")
    files = index.inventory("project")
    assert files.waiting == (PurePosixPath("new.py"), PurePosixPath("src/server.go"))
    assert files.gone == (PurePosixPath("docs/guide.md"),)
    assert files.indexed == (PurePosixPath("src/upload.py"), PurePosixPath("tests/test_upload.py"))


def test_files_that_were_named_are_all_that_is_looked_at(index: Index, tree: Path) -> None:
    index.sync([tree / "src/upload.py"])
    files = index.inventory(index.repos()[0].repo.name)
    assert (files.indexed, files.waiting) == ((PurePosixPath("upload.py"),), ())


def test_an_unknown_repository_is_refused(index: Index) -> None:
    with pytest.raises(PathError, match="no repository `other`"):
        index.inventory("other")
