"""DOCX and PPTX: what python-docx and python-pptx open is read from its XML in document order.

Their object models leave out content controls, tracked insertions, text boxes and grouped shapes;
the XML holds all of them in the order of reading. Lines count in the extracted text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final, cast

from indexer.parse.archive import open_archive
from indexer.parse.markup import Element, parse_xml
from indexer.parse.ooxml import W, blocks, outline_level
from indexer.parse.outline import Extract, fold
from indexer.types import Kind, Parsed

if TYPE_CHECKING:
    from docx.document import Document

HEADING_NAME: Final = re.compile(r"heading ([1-9])", re.IGNORECASE)
TITLE_LEVEL: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What a paragraph style means to us."""

    level: int | None = None  # of a heading
    is_list: bool = False
    is_contents: bool = False  # an entry of the table of contents, which repeats the headings


def parse_docx(data: bytes) -> Parsed:
    """Read a Word document into one section a heading; headings are told by style, in any language of Word.

    Raises DocumentError for what is damaged, encrypted or expands too much; python-docx raises anything
    for a zip that is no Word document (`indexer.parse.docs` turns that into DocumentError).
    """
    from docx import Document  # here: `import indexer` must stay quick

    open_archive(data).close()
    document = Document(BytesIO(data))
    styles = _styles(document)
    extract = Extract()
    in_table = False
    for block in blocks(cast(Element, document.element.body)):
        style = styles.get(block.style, _Style())
        level = style.level if block.level is None else block.level
        if style.is_contents or not block.text:
            continue
        if block.is_row != in_table:
            extract.gap()
            in_table = block.is_row
        if level is not None and not block.is_row:
            extract.heading(block.text, level)
        elif block.is_list or style.is_list:
            extract.prose(f"- {block.text}", tight=True)
        else:
            extract.prose(block.text, tight=block.is_row)
    _write_notes(document, extract)
    titled = any(heading.level == TITLE_LEVEL for heading in extract.headings)
    return extract.sections(language="docx", title=None if titled else _title(document))


def parse_pptx(data: bytes) -> Parsed:
    """Read a slide deck into one page a slide, with its notes. Raises as `parse_docx`."""
    from pptx import Presentation

    open_archive(data).close()
    extract = Extract()
    for number, slide in enumerate(Presentation(BytesIO(data)).slides, start=1):
        shape = slide.shapes.title
        title = fold(shape.text_frame.text) if shape is not None else ""
        extract.page(number, title or None)
        extract.prose(title)
        drawn = cast(Element, slide.element)
        for block in blocks(drawn, skipped=None if shape is None else cast(Element, shape.element)):
            extract.prose(block.text, tight=True)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            extract.gap()
            for paragraph in notes.text.splitlines():
                extract.prose(paragraph, tight=True)
        if extract.full:
            break
    return extract.paged(language="pptx", kind=Kind.PAGE)


def _title(document: "Document") -> str | None:
    """Return the title in the document's properties."""
    return fold(document.core_properties.title) or None


def _styles(document: "Document") -> dict[str, _Style]:
    """Return the paragraph styles by identifier; what one does not say, the style it is based on does.

    Word keeps the names of its own styles in English, whatever the language of its menus.
    """
    found: dict[str, _Style] = {}
    parents: dict[str, str] = {}
    default = ""
    for element in cast(Element, document.styles.element).iter(f"{W}style"):
        values = {child.tag: child.get(f"{W}val", "") for child in element.iter()}
        identifier = element.get(f"{W}styleId", "")
        if element.get(f"{W}type", "paragraph") != "paragraph":
            continue
        name = values.get(f"{W}name", "").lower()
        level = outline_level(values.get(f"{W}outlineLvl", ""))
        if match := HEADING_NAME.fullmatch(name):
            level = int(match[1])
        elif name == "title":
            level = TITLE_LEVEL
        parents[identifier] = values.get(f"{W}basedOn", "")
        found[identifier] = _Style(
            level=level,
            is_list=name.startswith("list") or f"{W}numPr" in values,
            is_contents=bool(re.fullmatch(r"toc \d", name)),
        )
        if element.get(f"{W}default", "") in ("1", "true"):
            default = identifier
    resolved = {identifier: _inherited(identifier, found, parents) for identifier in found}
    resolved[""] = resolved.get(default, _Style())
    return resolved


def _inherited(identifier: str, styles: Mapping[str, _Style], parents: Mapping[str, str]) -> _Style:
    style = styles[identifier]
    above, seen = parents[identifier], {identifier}
    while style.level is None and above in styles and above not in seen:
        seen.add(above)
        style = _Style(level=styles[above].level, is_list=style.is_list, is_contents=style.is_contents)
        above = parents[above]
    return style


def _write_notes(document: "Document", extract: Extract) -> None:
    """Write footnotes and endnotes, which are parts of their own, as a section at the end."""
    for part in document.part.package.iter_parts():
        name = str(part.partname).rpartition("/")[2]
        if name in ("footnotes.xml", "endnotes.xml"):
            extract.untitled("Footnotes" if name.startswith("foot") else "Endnotes", 1)
            for block in blocks(parse_xml(part.blob)):
                extract.prose(block.text, tight=True)
