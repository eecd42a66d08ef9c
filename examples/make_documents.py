"""Writes the PDF and the DOCX of the `tidewatch` example: `python examples/make_documents.py`."""

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent / "tidewatch"

REPORT: Final = {
    "Tidewatch: the winter report": [
        "This report sums up the readings of three harbours from December to February.",
        "The gauges sent 99 of 100 expected readings. Most of the missing ones fall on two",
        "days of January, when ice lifted the sensor of the northern gauge out of the water.",
    ],
    "The storm surge of February": [
        "In the night of 11 February the wind turned to the north-west and rose to force ten.",
        "The storm surge stood 142 cm above the predicted tide at the old harbour. The flood",
        "alarm was raised at 02:17, forty minutes before the quay was under water.",
    ],
    "What should change": [
        "The watch level of the old harbour should be lowered by 20 cm, to warn an hour earlier.",
        "The northern gauge needs a guard against ice before the next winter.",
    ],
}
"""One page each: heading to lines."""

MANUAL: Final = {
    "Mount the gauge": [
        "Fix the gauge to a wall that stays wet at the lowest tide, at least half a metre below chart datum.",
        "Lead the vent tube to a dry place: it lets the sensor feel the air pressure.",
    ],
    "Calibrate the pressure sensor": [
        "Calibrate the sensor once a year, and whenever the curve drifts against a staff reading.",
        "Lower the gauge into the test tube, fill the tube to one metre, and press SET until the lamp blinks twice. "
        "Repeat at two metres. The gauge stores both points and computes its slope.",
    ],
    "Replace the battery": ["The battery lasts two winters. Replace it when the lamp blinks red after a reading."],
}
"""One section each: heading to paragraphs."""


def pdf(pages: dict[str, list[str]]) -> bytes:
    """Return a PDF of one page a heading, in Helvetica; ASCII text only."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for heading, lines in pages.items():
        shown = [f"/F1 18 Tf 72 760 Td ({heading}) Tj /F1 11 Tf 0 -34 Td"]
        shown += [f"({line}) Tj 0 -16 Td" for line in lines]
        stream = f"BT {' '.join(shown)} ET".encode("ascii")
        contents = len(objects) + 2
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            b" /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % contents
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def write_manual(path: Path) -> None:
    """Write the manual as DOCX."""
    from docx import Document

    document = Document()
    document.add_heading("Tidewatch gauge manual", level=0)
    for heading, paragraphs in MANUAL.items():
        document.add_heading(heading, level=1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Lamp", "Meaning"
    for lamp, meaning in (("green", "reading sent"), ("yellow", "no network, reading kept"), ("red", "battery low")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = lamp, meaning
    document.save(str(path))


if __name__ == "__main__":
    (HERE / "report.pdf").write_bytes(pdf(REPORT))
    write_manual(HERE / "manual.docx")
