//! The tables of a terminal: headings underlined, no frame, never wider than the page.

use comfy_table::{
    Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle, presets,
};

use super::{Language, Style, words};
use crate::recovery::judgement::Verdict;

/// Columns of a terminal that every report fits.
pub(super) const WIDTH: u16 = 80;

/// A table with its heading; cells go through [`cell`] or [`verdict_cell`].
pub(super) fn table(style: Style, heading: &[String]) -> Table {
    let mut table = Table::new();
    let ruled: TableStyle =
        presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
    table
        .load_style(ruled)
        .set_width(WIDTH)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .force_no_tty();
    if style.color {
        table.enforce_styling();
    }
    table.set_header(heading.iter().map(Cell::new));
    table
}

/// Rows of text under a heading, on the page of a report and without colour.
pub fn columns(heading: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let style = Style {
        language: Language::English,
        color: false,
    };
    let mut table = table(style, heading);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

pub(super) fn cell(text: &str) -> Cell {
    Cell::new(text)
}

/// A verdict's word of the definitions, coloured where the table is.
pub(super) fn verdict_cell(verdict: Verdict) -> Cell {
    Cell::new(words::verdict(verdict))
        .fg(color(verdict))
        .add_attribute(Attribute::Bold)
}

fn color(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Fail | Verdict::Error => Color::Red,
        Verdict::Inconclusive | Verdict::Invalid => Color::Yellow,
    }
}

/// The verdict's escape sequence for text outside of tables; empty without colour.
pub(super) fn paint(verdict: Verdict, style: Style) -> (&'static str, &'static str) {
    if !style.color {
        return ("", "");
    }
    let start = match verdict {
        Verdict::Pass => "\u{1b}[1;32m",
        Verdict::Fail | Verdict::Error => "\u{1b}[1;31m",
        Verdict::Inconclusive | Verdict::Invalid => "\u{1b}[1;33m",
    };
    (start, "\u{1b}[0m")
}
