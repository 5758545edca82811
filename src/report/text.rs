//! The judgement for a terminal of 80 columns: verdict first, then why, then the numbers, then what they rest on.

use std::io::{self, Write};

use super::document::{Cell, Chapter, Document, Level, Part, Section};
use super::{Style, code, tables, words};
use crate::recovery::judgement::{Judgement, Verdict};

/// Write the report.
pub fn write(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    document(out, &Document::of(judgement, None, style.language), style)
}

/// Write any report.
pub(super) fn document(out: &mut impl Write, document: &Document, style: Style) -> io::Result<()> {
    writeln!(out, "{}", document.title)?;
    paragraph(out, "", "", &document.subtitle)?;
    verdict(out, document.verdict, document.meaning, style)?;
    for reason in &document.reasons {
        paragraph(out, "• ", "  ", reason)?;
    }
    for part in &document.parts {
        writeln!(out)?;
        match part {
            Part::Chapter(part) => chapter(out, part, style)?,
            Part::Facts(facts) => {
                for (name, text) in facts {
                    paragraph(out, &format!("{name:<10}"), "          ", text)?;
                }
            }
            Part::Section(part) => section(out, part, style)?,
            Part::Picture { .. } => {}
        }
    }
    Ok(())
}

fn chapter(out: &mut impl Write, chapter: &Chapter, style: Style) -> io::Result<()> {
    let rule = match chapter.level {
        Level::Test => "═",
        Level::Run => "─",
    };
    paragraph(out, "", "", &chapter.title)?;
    writeln!(out, "{}", rule.repeat(usize::from(tables::WIDTH)))?;
    if let Some(verdict) = chapter.verdict {
        let (on, off) = tables::paint(verdict, style);
        writeln!(out, "{on}  {}{off}", words::verdict(verdict))?;
    }
    for reason in &chapter.reasons {
        paragraph(out, "• ", "  ", reason)?;
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
    let is_code = |cell: &Cell| matches!(cell, Cell::Code(_));
    if section.rows.iter().flatten().any(is_code) {
        for row in &section.rows {
            expressions(out, row)?;
        }
    } else if !section.rows.is_empty() {
        writeln!(out, "{}", tables::rendered(style, section))?;
    }
    for note in &section.notes {
        paragraph(out, " ", " ", note)?;
    }
    Ok(())
}

/// A row with an expression: what it is of, and below it the expression. No column of a table has room for one.
fn expressions(out: &mut impl Write, row: &[Cell]) -> io::Result<()> {
    let texts = row.iter().filter_map(|cell| match cell {
        Cell::Text(text) => Some(text.as_str()),
        Cell::Verdict(verdict) => Some(words::verdict(*verdict)),
        Cell::Code(_) => None,
    });
    let texts: Vec<_> = texts.filter(|text| *text != "-").collect();
    paragraph(out, " ", "   ", &texts.join(" · "))?;
    let codes = row.iter().filter_map(|cell| match cell {
        Cell::Code(code) => Some(code),
        Cell::Text(_) | Cell::Verdict(_) => None,
    });
    let width = usize::from(tables::WIDTH) - 5;
    for line in codes.flat_map(|code| code::lines(code, width)) {
        writeln!(out, "     {line}")?;
    }
    Ok(())
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
