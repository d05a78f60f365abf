"""Excel workbooks written part by part, as no library would write them wrong."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
FORMATS = ["General", "yyyy/mm/dd", "h:mm:ss", "[h]:mm", '[$-411]ggge"年"m"月"d"日"', '0.0"days"', "0.00E+00"]
DATE, TIME, ELAPSED, ERA = 1, 2, 3, 4  # styles of cells


def cell(value, place=""):
    """Return the XML of a cell: None, a bool, a number, a text, or a pair of number and style."""
    at = f' r="{place}"' if place else ""
    match value:
        case None:
            return ""
        case bool():
            return f'<c{at} t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f"<c{at}><v>{value!r}</v></c>"
        case (number, style):
            return f'<c{at} s="{style}"><v>{number!r}</v></c>'
        case str() if value.startswith("<"):  # its inside as XML, with what stands in the tag before |
            tag, _, inside = value[1:].partition("|")
            return f"<c{at} {tag}>{inside}</c>"
        case str() if value.startswith("#"):
            return f'<c{at} t="e"><v>{value}</v></c>'
    return f'<c{at} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet_of(rows, after="", first=1, places=True):
    """Return the XML of a sheet."""
    lines = []
    for number, row in enumerate(rows, first):
        cells = "".join(cell(v, f"{letters(i)}{number}" if places else "") for i, v in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>' if places else f"<row>{cells}</row>")
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{after}</worksheet>'


def letters(index):
    """Return the letters of a column, from 0."""
    return chr(65 + index) if index < 26 else letters(index // 26 - 1) + chr(65 + index % 26)


def workbook(sheets, texts=(), from_1904=False, hidden=(), more=None):
    """Return a workbook of sheets, name → XML."""
    styles = "".join(
        f'<numFmt numFmtId="{i + 164}" formatCode={quoteattr(c)}/>' for i, c in enumerate(FORMATS)
    )
    used = "".join(f'<xf numFmtId="{i + 164}"/>' for i in range(len(FORMATS)))
    names = "".join(
        f'<sheet name={quoteattr(n)} sheetId="{i}" {"state=" + quoteattr("hidden") if n in hidden else ""} r:id="r{i}"/>'
        for i, n in enumerate(sheets)
    )
    links = "".join(
        f'<Relationship Id="r{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(len(sheets))
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><workbookPr date1904="{int(from_1904)}"/>'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}'
        f'<Relationship Id="s" Type="{LINKS}/styles" Target="/xl/styles.xml"/>'
        f'<Relationship Id="t" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{styles}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(texts)}</sst>',
        **{f"xl/worksheets/sheet{i}.xml": xml for i, xml in enumerate(sheets.values())},
        **(more or {}),
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return sink.getvalue()


def book_of(rows, **options):
    """Return a workbook of one sheet."""
    return workbook({"名簿": sheet_of(rows, **options)})
