//! The judgement as one HTML page that needs nothing else: no script, no font, no image from elsewhere. It is light or dark as the reader has it, and
//! prints on A4.

use std::io::{self, Write};

use super::document::{Cell, Chapter, Document, Part, Section};
use super::markup::escaped;
use super::{Language, chart, words};
use crate::recovery::judgement::{Judgement, Verdict};
use crate::recovery::timeline::Timeline;

const STYLE: &str = include_str!("page.css");

/// Write the page, with the drill drawn where there is something to draw.
pub fn write(
    out: &mut impl Write,
    judgement: &Judgement,
    timeline: Option<&Timeline>,
    language: Language,
) -> io::Result<()> {
    document(out, &Document::of(judgement, timeline, language))
}

/// Write any page.
pub(super) fn document(out: &mut impl Write, document: &Document) -> io::Result<()> {
    let is_drawn = |part: &Part| matches!(part, Part::Picture { .. });
    let charts = document.parts.iter().any(is_drawn);
    head(out, document, if charts { chart::STYLE } else { "" })?;
    writeln!(out, "<h1>{}</h1>", escaped(&document.title))?;
    writeln!(out, "<p class=\"of\">{}</p>", escaped(&document.subtitle))?;
    writeln!(
        out,
        "<p class=\"verdict {}\"><strong>{}</strong> {}</p>",
        class(document.verdict),
        words::verdict(document.verdict),
        escaped(document.meaning)
    )?;
    reasons(out, &document.reasons)?;
    let mut heading = 2;
    for part in &document.parts {
        match part {
            Part::Chapter(part) => chapter(out, part)?,
            Part::Facts(all) => facts(out, all)?,
            Part::Section(part) => section(out, part, heading)?,
            Part::Picture { heading: name, svg } => {
                let name = escaped(name);
                writeln!(
                    out,
                    "<section>\n<h{heading}>{name}</h{heading}>\n{svg}</section>"
                )?;
            }
        }
        heading = Document::heading_after(part, heading);
    }
    writeln!(out, "</main>\n</body>\n</html>")
}

fn chapter(out: &mut impl Write, chapter: &Chapter) -> io::Result<()> {
    let (level, title) = (chapter.level.heading(), escaped(&chapter.title));
    let verdict = chapter.verdict.map_or_else(String::new, |verdict| {
        let (class, word) = (class(verdict), words::verdict(verdict));
        format!(" <strong class=\"{class}\">{word}</strong>")
    });
    writeln!(out, "<h{level} class=\"part\">{title}{verdict}</h{level}>")?;
    reasons(out, &chapter.reasons)
}

fn head(out: &mut impl Write, document: &Document, charts: &str) -> io::Result<()> {
    let language = document.language.pick("en", "fr");
    let title = escaped(&document.title);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}{charts}</style>\n</head>\n<body>\n<main>"
    )
}

fn reasons(out: &mut impl Write, reasons: &[String]) -> io::Result<()> {
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for reason in reasons {
        writeln!(out, "<li>{}</li>", with_code(reason))?;
    }
    writeln!(out, "</ul>")
}

fn facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    writeln!(out, "<dl>")?;
    for (name, text) in facts {
        writeln!(out, "<dt>{name}</dt><dd>{}</dd>", with_code(text))?;
    }
    writeln!(out, "</dl>")
}

fn section(out: &mut impl Write, section: &Section, level: usize) -> io::Result<()> {
    let heading = escaped(&section.heading);
    writeln!(out, "<section>\n<h{level}>{heading}</h{level}>")?;
    if !section.rows.is_empty() {
        let columns = section.columns.iter();
        let columns = columns.map(|name| format!("<th scope=\"col\">{}</th>", escaped(name)));
        let columns = columns.collect::<Vec<_>>().concat();
        writeln!(out, "<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>")?;
        for row in &section.rows {
            let cells: String = row.iter().map(cell).collect();
            writeln!(out, "<tr>{cells}</tr>")?;
        }
        writeln!(out, "</tbody>\n</table>")?;
    }
    for note in &section.notes {
        writeln!(out, "<p>{}</p>", with_code(note))?;
    }
    writeln!(out, "</section>")
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => format!("<td>{}</td>", with_code(text)),
        Cell::Code(code) => format!("<td><code>{}</code></td>", escaped(code)),
        Cell::Verdict(verdict) => {
            let (class, word) = (class(*verdict), words::verdict(*verdict));
            format!("<td class=\"{class}\"><strong>{word}</strong></td>")
        }
    }
}

/// What our sentences set between backticks as code.
fn with_code(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escaped(text);
    }
    let piece = |(n, piece): (usize, &&str)| match n % 2 {
        0 => escaped(piece),
        _ => format!("<code>{}</code>", escaped(piece)),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// The verdict's look.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail | Verdict::Error => "fail",
        Verdict::Inconclusive | Verdict::Invalid => "open",
    }
}

#[test]
fn what_stands_between_backticks_is_code_and_a_lone_one_stays() {
    assert_eq!(with_code("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
    assert_eq!(with_code("a ` b"), "a ` b");
}
