import tempfile
from pathlib import Path

from indexer import open_index

with tempfile.TemporaryDirectory() as folder, open_index(folder, create=True) as index:
    for report in index.sync([Path("examples")]):
        print(f"{report.repo}: {report.seen} files, {report.chunks} chunks, {report.encoded} encoded")
        for skipped in report.skipped:
            print(f"  skipped {skipped.path}: {skipped.reason}")
