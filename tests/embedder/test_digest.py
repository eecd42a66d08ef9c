import hashlib
import os
from pathlib import Path

from embedder import digest


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_it_is_the_sha256_remembered_or_not(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    assert [digest.of_file(file, cache_dir=tmp_path / "cache") for _ in range(2)] == [sha256(b"one")] * 2


def test_the_second_time_the_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    digest.of_file(file, cache_dir=tmp_path / "cache")
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # the state that is compared, other content
    assert digest.of_file(file, cache_dir=tmp_path / "cache") == sha256(b"one")


def test_a_changed_file_has_a_new_digest(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    digest.of_file(file, cache_dir=tmp_path / "cache")
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert digest.of_file(file, cache_dir=tmp_path / "cache") == sha256(b"two")


def test_a_link_is_remembered_as_what_it_points_to(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, ns=(1, 1))
    link = tmp_path / "link"
    link.symlink_to("one")
    assert digest.of_file(link, cache_dir=tmp_path / "cache") == sha256(b"one")
    link.unlink()
    link.symlink_to("two")
    assert digest.of_file(link, cache_dir=tmp_path / "cache") == sha256(b"two")


def test_a_cache_that_cannot_be_written_or_is_damaged_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    (tmp_path / "no-folder").touch()
    assert digest.of_file(file, cache_dir=tmp_path / "no-folder") == sha256(b"one")
    cache = tmp_path / "cache"
    digest.of_file(file, cache_dir=cache)
    (note,) = (cache / "digests").iterdir()
    for damage in (b"", b"\xff\x00", note.read_bytes()[:-1]):
        note.write_bytes(damage)
        assert digest.of_file(file, cache_dir=cache) == sha256(b"one")


def test_where_one_part_ends_counts() -> None:
    assert digest.combined(["ab", "c"]) != digest.combined(["a", "bc"])
