//! The tables of a terminal: headings underlined, no frame, never wider than the page.

use comfy_table::{
    Attribute, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
    presets,
};

use super::document::{Cell, Section};
use super::kept::{self, JOINT, Kept, joined};
use super::{Language, Style, words};
use crate::recovery::judgement::Verdict;

/// Columns of a terminal that every report fits.
pub(super) const WIDTH: u16 = 80;
/// What a table's column takes besides its text; between two of them is one more.
const PADDING: usize = 2;
/// The last of that is a space at a line's end, which nobody prints.
const BEYOND: u16 = 1;

/// A section's table as it is printed: each number on one line with its bounds, as far as the page is wide enough.
pub(super) fn rendered(style: Style, section: &Section) -> String {
    let kept = [Kept::Whole, Kept::Parts].into_iter();
    let least = |kept| (kept, least_widths(section, kept));
    let whole = |widths: &[usize]| {
        let columns = widths.iter().map(|width| width + PADDING);
        columns.sum::<usize>() + widths.len().saturating_sub(1)
    };
    let kept = kept
        .map(least)
        .find(|(_, widths)| whole(widths) <= usize::from(WIDTH + BEYOND));
    let (kept, widths) = kept.unwrap_or((Kept::Words, Vec::new()));
    let mut table = table(style, &section.columns);
    for row in &section.rows {
        table.add_row(row.iter().map(|cell| match cell {
            Cell::Text(text) | Cell::Code(text) => comfy_table::Cell::new(joined(text, kept)),
            Cell::Verdict(verdict) => verdict_cell(*verdict),
        }));
    }
    for (column, width) in table.column_iter_mut().zip(widths) {
        let width = u16::try_from(width + PADDING).unwrap_or(WIDTH);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    printed(&table).replace(JOINT, " ")
}

/// Its lines, none wider than the page.
fn printed(table: &Table) -> String {
    let cut = |line: &str| line.chars().take(usize::from(WIDTH)).collect();
    let lines: Vec<String> = table.trim_fmt().lines().map(cut).collect();
    lines.join("\n")
}

/// How wide each column is at least.
fn least_widths(section: &Section, kept: Kept) -> Vec<usize> {
    let of_column = |(place, heading): (usize, &String)| {
        let cells = section.rows.iter().filter_map(|row| row.get(place));
        let longest = cells.map(|cell| match cell {
            Cell::Text(text) | Cell::Code(text) => kept::longest(&joined(text, kept)),
            Cell::Verdict(verdict) => words::verdict(*verdict).len(),
        });
        longest.max().unwrap_or(0).max(kept::longest(heading))
    };
    section.columns.iter().enumerate().map(of_column).collect()
}

fn table(style: Style, heading: &[String]) -> Table {
    let mut table = Table::new();
    let ruled: TableStyle =
        presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));
    table
        .load_style(ruled)
        .set_width(WIDTH + BEYOND)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .force_no_tty();
    if style.color {
        table.enforce_styling();
    }
    table.set_header(heading.iter().map(comfy_table::Cell::new));
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
    printed(&table)
}

/// A verdict's word of the definitions, coloured where the table is.
fn verdict_cell(verdict: Verdict) -> comfy_table::Cell {
    comfy_table::Cell::new(words::verdict(verdict))
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
