//! The judgement as Markdown with GitHub's tables (GitHub Flavored Markdown §4.10), for wikis and merge requests.

use std::io::{self, Write};

use super::document::{Cell, Chapter, Document, Part, Section};
use super::{Language, words};
use crate::recovery::judgement::Judgement;

/// Write the report.
pub fn write(out: &mut impl Write, judgement: &Judgement, language: Language) -> io::Result<()> {
    document(out, &Document::of(judgement, None, language))
}

/// Write any report.
pub(super) fn document(out: &mut impl Write, document: &Document) -> io::Result<()> {
    writeln!(
        out,
        "# {}\n\n{}\n",
        escaped(&document.title),
        escaped(&document.subtitle)
    )?;
    let word = words::verdict(document.verdict);
    writeln!(out, "**{word}** — {}", document.meaning)?;
    reasons(out, &document.reasons)?;
    let mut heading = 2;
    for part in &document.parts {
        writeln!(out)?;
        match part {
            Part::Chapter(part) => chapter(out, part)?,
            Part::Facts(facts) => {
                for (name, text) in facts {
                    writeln!(out, "- **{name}**: {}", escaped(text))?;
                }
            }
            Part::Section(part) => section(out, part, heading)?,
            Part::Picture { .. } => {}
        }
        heading = Document::heading_after(part, heading);
    }
    Ok(())
}

fn reasons(out: &mut impl Write, reasons: &[String]) -> io::Result<()> {
    if !reasons.is_empty() {
        writeln!(out)?;
    }
    for reason in reasons {
        writeln!(out, "- {}", escaped(reason))?;
    }
    Ok(())
}

fn chapter(out: &mut impl Write, chapter: &Chapter) -> io::Result<()> {
    let marks = "#".repeat(chapter.level.heading());
    writeln!(out, "{marks} {}", escaped(&chapter.title))?;
    if let Some(verdict) = chapter.verdict {
        writeln!(out, "\n**{}**", words::verdict(verdict))?;
    }
    reasons(out, &chapter.reasons)
}

fn section(out: &mut impl Write, section: &Section, heading: usize) -> io::Result<()> {
    let marks = "#".repeat(heading);
    writeln!(out, "{marks} {}\n", escaped(&section.heading))?;
    if !section.rows.is_empty() {
        writeln!(out, "| {} |", section.columns.join(" | "))?;
        writeln!(out, "|{}", "---|".repeat(section.columns.len()))?;
    }
    for row in &section.rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => escaped(text),
            Cell::Code(code) => coded(code),
            Cell::Verdict(verdict) => format!("**{}**", words::verdict(*verdict)),
        });
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    for (place, note) in section.notes.iter().enumerate() {
        if place > 0 || !section.rows.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "{}", escaped(note))?;
    }
    Ok(())
}

/// An expression between backticks, where it has none itself.
fn coded(code: &str) -> String {
    if code.is_empty() || code.contains('`') {
        return escaped(code);
    }
    escaped(&format!("`{code}`"))
}

/// Text in which nothing is taken for Markdown. Our sentences set names between backticks; a text in which they do not pair is escaped as a whole.
fn escaped(text: &str) -> String {
    let pairs = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut escaped = String::with_capacity(text.len());
    let mut is_code = false;
    for c in text.chars() {
        is_code ^= pairs && c == '`';
        let has_meaning = match c {
            '`' => !pairs,
            // A table's cell ends at a bar even within code.
            '|' => true,
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '~' | '!' => !is_code,
            _ => false,
        };
        if has_meaning {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[test]
fn nothing_in_a_text_is_taken_for_markdown() {
    assert_eq!(escaped("a*b_c|d<e>"), r"a\*b\_c\|d\<e\>");
    assert_eq!(escaped("the `a_b|c` of [x]"), r"the `a_b\|c` of \[x\]");
    assert_eq!(escaped("one ` <b>"), r"one \` \<b\>");
    assert_eq!(escaped("`<b>``"), r"\`\<b\>\`\`");
}
