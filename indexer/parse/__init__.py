"""Source and documents to structure."""

from pathlib import PurePosixPath

from indexer.languages import Language
from indexer.types import Parsed

__all__ = ["parse"]


def parse(data: bytes, *, path: PurePosixPath, language: Language) -> Parsed:
    """Return a file's text and structure.

    Raises DocumentError where a file is not what its name claims; broken source code never raises,
    it is read as plain lines and `notes` say so.
    """
    if language.document:
        from indexer.parse.docs import parse_document

        return parse_document(data, language=language.name)
    from indexer.parse.code import parse_code

    return parse_code(data, language=language)
