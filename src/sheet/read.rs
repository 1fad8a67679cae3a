//! From a file that anybody may have touched to rows of plain text.
//!
//! Cells of an `.xlsx` are streamed: a sheet with one cell in its last corner costs one cell, not the rectangle. For `.xls`
//! calamine makes the rectangle (up to 1 GB of memory for a file of 5 KB), and in both it believes the counts a forged file
//! declares, which can end the process: whoever lets strangers upload lists should read them in a process of their own.

use std::io::Cursor;
use std::panic::catch_unwind;

use calamine::{Data, DataRef, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use super::cells::{problem, text};
use super::zip::bound_unpacked;
use super::{Form, Kind, MAX_BYTES, MAX_ROWS, REASON, Row, SheetError};

/// Columns of the file that are looked at, and rows in which the headings are sought.
const FILE_COLUMNS: usize = 128;
const HEADING_ROWS: u32 = 20;
/// Cells visited at most, empty ones with a format included: a list formatted to the bottom of the sheet passes.
const MAX_CELLS: usize = 20_000_000;
/// Bytes of text kept at most: one long shared string may be named by every cell of a small file.
const MAX_TEXT: usize = 100 * 1024 * 1024;

/// Reads a list from an `.xlsx` or an old `.xls`, told apart by content. Columns are found by heading; notes, sample and
/// empty rows are left out. What is wrong with one row is in its `problems`; what is wrong with the file is the error.
pub fn read(form: &'static Form, bytes: &[u8]) -> Result<Vec<Row>, SheetError> {
    if bytes.len() > MAX_BYTES {
        return Err(SheetError::TooLarge);
    }
    // The parsers are not proof against every damaged file, the one for the old binary format least of all.
    let outcome = match bytes {
        [b'P', b'K', 3, 4, ..] => {
            bound_unpacked(bytes)?;
            catch_unwind(|| read_xlsx(form, bytes))
        }
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => catch_unwind(|| read_xls(form, bytes)),
        _ => return Err(SheetError::NotExcel),
    };
    outcome.unwrap_or(Err(SheetError::Damaged))
}

fn read_xlsx(form: &'static Form, bytes: &[u8]) -> Result<Vec<Row>, SheetError> {
    let damaged = |_: XlsxError| SheetError::Damaged;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let name = list_of(form, book.sheets_metadata()).ok_or(SheetError::Damaged)?;
    let mut list = List::new(form, book.has_1904_epoch());
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        list.cell(row, column as usize, cell.get_value().clone())?;
    }
    list.finish()
}

fn read_xls(form: &'static Form, bytes: &[u8]) -> Result<Vec<Row>, SheetError> {
    // A password turns an .xlsx into this container too, and then holds no workbook.
    let encrypted: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsError::Password => SheetError::Encrypted,
        _ if bytes.windows(encrypted.len()).any(|window| window == encrypted) => SheetError::Encrypted,
        _ => SheetError::Damaged,
    })?;
    let name = list_of(form, book.sheets_metadata()).ok_or(SheetError::Damaged)?;
    let mut list = List::new(form, book.has_1904_epoch());
    let range = book.worksheet_range(&name).map_err(|_| SheetError::Damaged)?;
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        list.cell(top + row as u32, left as usize + column, borrowed(value))?;
    }
    list.finish()
}

/// The sheet with the list's name, or else the first that can be seen.
fn list_of(form: &Form, sheets: &[Sheet]) -> Option<String> {
    let visible =
        |sheet: &&Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let named = sheets.iter().find(|sheet| sheet.name == form.sheet);
    named
        .or_else(|| sheets.iter().find(visible))
        .map(|sheet| sheet.name.clone())
}

/// The same borrowed form for both parsers.
fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// Which of the list's columns each of the file's columns holds.
type Layout = [Option<usize>; FILE_COLUMNS];

/// The list while it is read: a row at a time, the headings first.
struct List<'a> {
    form: &'static Form,
    is_1904: bool,
    layout: Option<Layout>,
    at: u32,
    cells: Vec<DataRef<'a>>,
    rows: Vec<Row>,
    seen: usize,
    text: usize,
}

impl<'a> List<'a> {
    fn new(form: &'static Form, is_1904: bool) -> Self {
        let cells = vec![DataRef::Empty; FILE_COLUMNS];
        Self {
            form,
            is_1904,
            layout: None,
            at: 0,
            cells,
            rows: Vec::new(),
            seen: 0,
            text: 0,
        }
    }

    fn cell(&mut self, row: u32, column: usize, value: DataRef<'a>) -> Result<(), SheetError> {
        self.seen += 1;
        if self.seen > MAX_CELLS {
            return Err(SheetError::TooManyRows);
        }
        if row != self.at {
            self.end_row()?;
            self.at = row;
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = value;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Row>, SheetError> {
        self.end_row()?;
        match self.layout {
            Some(_) => Ok(self.rows),
            None => Err(no_headings(self.form)),
        }
    }

    fn end_row(&mut self) -> Result<(), SheetError> {
        match &self.layout {
            None if self.at >= HEADING_ROWS => return Err(no_headings(self.form)),
            None => self.layout = headings(self.form, &self.cells)?,
            Some(layout) => {
                if let Some(row) = data_row(self.form, self.at + 1, layout, &self.cells, self.is_1904) {
                    self.text += row.cells.iter().map(String::len).sum::<usize>();
                    self.rows.push(row);
                }
            }
        }
        self.cells.fill(DataRef::Empty);
        if self.rows.len() > MAX_ROWS {
            return Err(SheetError::TooManyRows);
        }
        if self.text > MAX_TEXT {
            Err(SheetError::TooLarge)
        } else {
            Ok(())
        }
    }
}

fn no_headings(form: &Form) -> SheetError {
    SheetError::Headings {
        missing: required(form, |_| true),
        unknown: Vec::new(),
        repeated: Vec::new(),
    }
}

fn required(form: &Form, wanted: impl Fn(usize) -> bool) -> Vec<String> {
    let columns = form.columns.iter().enumerate();
    columns
        .filter(|(at, column)| column.required && wanted(*at))
        .map(|(_, column)| column.heading.into())
        .collect()
}

/// The layout, if this is the heading row: one with at least three of the list's headings.
fn headings(form: &Form, cells: &[DataRef<'_>]) -> Result<Option<Layout>, SheetError> {
    let mut layout = [None; FILE_COLUMNS];
    let (mut unknown, mut repeated) = (Vec::new(), Vec::new());
    for (place, cell) in layout.iter_mut().zip(cells) {
        let heading: String = text(cell, Kind::Note, false)
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊'))
            .collect();
        *place = form.columns.iter().position(|column| column.heading == heading);
        // A column of running numbers is what every office list begins with.
        if place.is_none() && !matches!(heading.as_str(), "" | "序号" | REASON) {
            unknown.push(heading);
        }
    }
    let count = |at: usize| layout.iter().flatten().filter(|place| **place == at).count();
    if layout.iter().flatten().count() < 3 {
        return Ok(None);
    }
    let missing = required(form, |at| count(at) == 0);
    repeated.extend(
        (0..form.columns.len())
            .filter(|at| count(*at) > 1)
            .map(|at| form.columns[at].heading.to_owned()),
    );
    if missing.is_empty() && unknown.is_empty() && repeated.is_empty() {
        return Ok(Some(layout));
    }
    Err(SheetError::Headings {
        missing,
        unknown,
        repeated,
    })
}

/// One row of data, or nothing where the row is empty or the sample.
fn data_row(form: &Form, number: u32, layout: &Layout, cells: &[DataRef<'_>], is_1904: bool) -> Option<Row> {
    let mut texts = vec![String::new(); form.columns.len()];
    for (cell, at) in cells
        .iter()
        .zip(layout)
        .filter_map(|(cell, place)| place.map(|at| (cell, at)))
    {
        texts[at] = text(cell, form.columns[at].kind, is_1904);
    }
    if texts.iter().all(String::is_empty) {
        return None;
    }
    let mut problems: Vec<String> = form
        .columns
        .iter()
        .zip(&texts)
        .filter_map(|(column, text)| problem(column, text))
        .collect();
    let sample = &form.sample;
    if texts[sample.marked].starts_with(sample.mark) {
        if texts[sample.identified] == sample.id {
            return None;
        }
        // Somebody typed over the sample: leaving the row out would lose what they typed.
        let heading = form.columns[sample.marked].heading;
        problems.push(format!("{heading}仍写着“{}”，请删去后再导入", sample.mark));
    }
    Some(Row {
        row: number,
        problems,
        cells: texts,
    })
}
