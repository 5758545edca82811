//! The judgement for a terminal of 80 columns: verdict first, then why, then the numbers, then what they rest on.

use std::io::{self, Write};

use super::{Language, Style, facts, loss, sections, tables, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, Remark};

/// Write the report.
pub fn write(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    title(out, judgement, style.language)?;
    verdict(out, judgement, style)?;
    reasons(out, &judgement.remarks, style.language)?;
    facts::facts(out, judgement, style.language)?;
    sections::criteria(out, judgement, style)?;
    sections::time_grid(out, judgement, style)?;
    sections::measures(out, judgement, style)?;
    facts::error_parts(out, judgement, style.language)?;
    loss::records(out, judgement, style)?;
    sections::outages(out, judgement, style)?;
    facts::sampling(out, judgement, style.language)
}

fn title(out: &mut impl Write, judgement: &Judgement, language: Language) -> io::Result<()> {
    let name = language.pick(&judgement.title.en, &judgement.title.fr);
    writeln!(out, "Test {} — {}", visible(&judgement.test), visible(name))?;
    writeln!(
        out,
        "{} {} · {} {}",
        language.pick("scenario", "scénario"),
        visible(&judgement.scenario),
        language.pick("site", "site"),
        visible(&judgement.site)
    )
}

fn verdict(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    let rule = "━".repeat(usize::from(tables::WIDTH));
    let (on, off) = tables::paint(judgement.verdict, style);
    let word = words::verdict(judgement.verdict);
    let meaning = words::meaning(judgement.verdict, style.language);
    writeln!(out, "{on}{rule}{off}")?;
    writeln!(out, "{on}  {word}{off}")?;
    writeln!(out, "  {meaning}")?;
    writeln!(out, "{on}{rule}{off}")
}

fn reasons(out: &mut impl Write, remarks: &[Remark], language: Language) -> io::Result<()> {
    for remark in remarks {
        paragraph(out, "• ", "  ", &words::sentence(remark, language))?;
    }
    Ok(())
}

/// Text wrapped to the page; the first line begins with `first`, the others with `rest`.
pub(super) fn paragraph(
    out: &mut impl Write,
    first: &str,
    rest: &str,
    text: &str,
) -> io::Result<()> {
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

/// A heading with an empty line before it.
pub(super) fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{text}")
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
