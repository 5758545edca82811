//! The judgement for a terminal of 80 columns: verdict first, then why, then the numbers, then what they rest on.

use std::io::{self, Write};

use super::document::{Cell, Document, Part, Section};
use super::{Style, tables, words};
use crate::recovery::judgement::{Judgement, Verdict};

/// Write the report.
pub fn write(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    let document = Document::of(judgement, style.language);
    writeln!(out, "{}\n{}", document.title, document.subtitle)?;
    verdict(out, document.verdict, document.meaning, style)?;
    for reason in &document.reasons {
        paragraph(out, "• ", "  ", reason)?;
    }
    for part in &document.parts {
        writeln!(out)?;
        match part {
            Part::Facts(facts) => {
                for (name, text) in facts {
                    paragraph(out, &format!("{name:<10}"), "          ", text)?;
                }
            }
            Part::Section(part) => section(out, part, style)?,
        }
    }
    Ok(())
}

fn verdict(out: &mut impl Write, verdict: Verdict, meaning: &str, style: Style) -> io::Result<()> {
    let rule = "━".repeat(usize::from(tables::WIDTH));
    let (on, off) = tables::paint(verdict, style);
    let word = words::verdict(verdict);
    writeln!(out, "{on}{rule}{off}")?;
    writeln!(out, "{on}  {word}{off}")?;
    writeln!(out, "  {meaning}")?;
    writeln!(out, "{on}{rule}{off}")
}

fn section(out: &mut impl Write, section: &Section, style: Style) -> io::Result<()> {
    writeln!(out, "{}", section.heading)?;
    if !section.rows.is_empty() {
        let mut table = tables::table(style, &section.columns);
        for row in &section.rows {
            table.add_row(row.iter().map(|cell| match cell {
                Cell::Text(text) => tables::cell(text),
                Cell::Verdict(verdict) => tables::verdict_cell(*verdict),
            }));
        }
        writeln!(out, "{}", table.trim_fmt())?;
    }
    section
        .note
        .map_or(Ok(()), |note| paragraph(out, " ", " ", note))
}

/// Text wrapped to the page; the first line begins with `first`, the others with `rest`.
fn paragraph(out: &mut impl Write, first: &str, rest: &str, text: &str) -> io::Result<()> {
    let width = usize::from(tables::WIDTH);
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            writeln!(out, "{line}")?;
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}

#[test]
fn a_paragraph_keeps_to_the_page_and_never_loses_a_word() {
    let text = "word ".repeat(60) + &"x".repeat(100);
    let mut page = Vec::new();
    paragraph(&mut page, "• ", "  ", &text).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.lines()
            .all(|line| line.chars().count() <= 80 || line.contains("xxx"))
    );
    assert_eq!(
        page.split_whitespace()
            .filter(|word| *word == "word")
            .count(),
        60
    );
}
