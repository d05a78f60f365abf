"""Parts as Excel workbooks (ECMA-376, Office Open XML): one sheet, every cell of its column's type.

The sheet is packed stretch by stretch, so that besides the packed bytes only one stretch of it is in memory.
Texts are texts whatever they begin with: their cells are typed and formatted as such, and none is a formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import product
from string import ascii_uppercase
from typing import IO
from xml.sax.saxutils import escape

import polars as pl
import pyarrow as pa

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.formats.convert import without_dictionaries

_AT_ONCE = 16_384  # rows
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # of a sheet
_LONGEST = 32_767  # UTF-16 units of a cell
_EXACT = 10**15 - 1  # Excel shows 15 digits, and changes the others once somebody edits the cell
_FIRST_DAY = 61  # 1 March 1900: before it Excel's calendar has a day that never was
_EPOCH = 25_569  # 1970-01-01, in Excel's days
_DAY = 86_400
# What XML cannot hold, or does not keep, and texts that would be read as such a character (ST_Xstring).
_NO_XML = "[\x00-\x08\x0b-\x1f\ufffe\uffff]"
_ESCAPED = re.compile(rf"{_NO_XML}|_(?=x[0-9A-Fa-f]{{4}}_)")
_MAY_ESCAPE = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TEXT, _DATE, _TIME = 1, 2, 3  # styles of cells
_FIXED = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_OFFICE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_OFFICE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_OFFICE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
    '<sheets><sheet name="data" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    # Format 49 is text: a cell that begins with = stays one when it is edited.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    r'<numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/>'
    r'<numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write(table: pa.Table) -> bytes:
    """Encode a table as a workbook of one sheet, ``data``, under a row of column names.

    Numbers, truth values, days and times are cells of these types. Texts in their place are integers of more
    than 15 digits, infinite numbers, and days before 1 March 1900, of which Excel has none. A character that
    XML does not keep is written as ECMA-376 (22.9.2.19, ST_Xstring) has it: ``_x000D_``. Null is no cell.
    Equal tables give equal bytes: no time stands in the file.

    Raises:
        RequirementError: a sheet cannot have so many rows or columns, or a cell so long a text.
    """
    table = without_dictionaries(table)
    if table.num_rows >= _LAST_ROW or table.num_columns > _LAST_COLUMN:
        raise RequirementError(
            "output.sheet_size",
            where="output.format",
            what=f"a part has {table.num_rows:,} rows under its names and {table.num_columns:,} columns;"
            f" a sheet of a workbook has {_LAST_ROW:,} rows and {_LAST_COLUMN:,} columns",
            fix="use another output format; rows are dealt over more parts only while each has enough people",
        )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as parts:
        for name, xml in _FIXED.items():
            with _part(parts, name) as part:
                part.write((_HEAD + xml).encode())
        with _part(parts, "xl/worksheets/sheet1.xml") as part:
            _write_sheet(part, table)
    return sink.getvalue()


def _part(parts: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name)  # of 1980-01-01
    info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
    return parts.open(info, "w")


def _write_sheet(part: IO[bytes], table: pa.Table) -> None:
    letters = [*_letters(table.num_columns)]
    part.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
    names = pa.table([[name] for name in table.column_names], names=letters)
    part.write(_rows(names, 1))
    for start in range(0, table.num_rows, _AT_ONCE):
        part.write(_rows(table.slice(start, _AT_ONCE).rename_columns(letters), start + 2))
    part.write(b"</sheetData></worksheet>")


def _letters(count: int) -> list[str]:
    """Return what the first columns of a sheet are called: A to Z, then AA and so on."""
    found: list[str] = []
    length = 1
    while len(found) < count:
        found += map("".join, product(ascii_uppercase, repeat=length))
        length += 1
    return found[:count]


def _rows(table: pa.Table, first: int) -> bytes:
    """Return rows as XML, the first of which has this number in the sheet; columns are called as there."""
    numbers = pl.Series(range(first, first + table.num_rows), dtype=pl.Int64).cast(pl.String)
    cells = [
        pl.concat_str(pl.lit(f'<c r="{letter}'), numbers, pl.lit('"'), _cells(column)).fill_null("")
        for letter, column in zip(table.column_names, table.columns, strict=True)
    ]
    rows = pl.select(pl.concat_str(pl.lit('<row r="'), numbers, pl.lit('">'), *cells, pl.lit("</row>")))
    return "".join(rows.to_series().to_list()).encode()


def _cells(column: pa.ChunkedArray) -> pl.Series:
    """Return cells as XML, but for the place with which they begin; null where there is none."""
    values = pl.Series(pl.from_arrow(column))
    kind = values.dtype
    if kind == pl.String:
        return _texts(values)
    if kind == pl.Boolean:
        return _typed(values.cast(pl.Int8), ' t="b"')
    if kind.is_integer():
        # No absolute value is taken: the smallest integer has none.
        return _either(values.is_between(-_EXACT, _EXACT), _typed(values), values.cast(pl.String))
    if kind.is_float():
        return _either(values.is_finite(), _typed(values), values.cast(pl.String))
    if kind == pl.Date:
        days = values.cast(pl.Int32) + _EPOCH
        return _either(days >= _FIRST_DAY, _typed(days, f' s="{_DATE}"'), values.cast(pl.String))
    seconds = values.dt.epoch("s")
    days, rest = seconds // _DAY + _EPOCH, seconds % _DAY
    shown = values.dt.strftime("%Y-%m-%d %H:%M:%S")
    return _either(days >= _FIRST_DAY, _typed(days + rest / _DAY, f' s="{_TIME}"'), shown)


def _typed(values: pl.Series, attributes: str = "") -> pl.Series:
    return pl.select(
        pl.concat_str(pl.lit(f"{attributes}><v>"), values.cast(pl.String), pl.lit("</v></c>"))
    ).to_series()


def _either(fits: pl.Series, typed: pl.Series, shown: pl.Series) -> pl.Series:
    return typed if fits.all() else typed.zip_with(fits.fill_null(True), _texts(shown))


def _texts(values: pl.Series) -> pl.Series:
    if (values.str.len_bytes() > _LONGEST).any():
        _refuse_long(values)
    if values.str.contains(_MAY_ESCAPE).any():
        marked = {text: _ESCAPED.sub(_code, text) for text in values.unique().drop_nulls()}
        values = values.replace_strict(marked, return_dtype=pl.String)
    for sign in "&<>":
        values = values.str.replace_all(sign, escape(sign), literal=True)
    inside = f' t="inlineStr" s="{_TEXT}"><is><t xml:space="preserve">'
    return pl.select(pl.concat_str(pl.lit(inside), values, pl.lit("</t></is></c>"))).to_series()


def _code(sign: re.Match[str]) -> str:
    return f"_x{ord(sign[0]):04X}_"


def _refuse_long(values: pl.Series) -> None:
    units = (len(text.encode("utf-16-le")) // 2 for text in values.drop_nulls())
    long = sum(length > _LONGEST for length in units)
    if long:
        raise RequirementError(
            "output.cell_length",
            where="output.format",
            what=f"{long:,} texts of a stretch of a part are longer than {_LONGEST:,} characters, the most"
            " that a cell of a workbook may have",
            fix="use another output format, or coarsen or delete the columns that hold them",
        )
