//! The whole section of the plan as it is handed in: every run of every test, and what they come to together.

mod architecture;
mod document;
mod grids;
mod plan;
mod summary;
mod synthesis;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

pub use synthesis::{Line, Synthesis};

use super::{Language, Style, html, markdown, text};
use crate::recovery::judgement::Judgement;
use crate::recovery::timeline::Timeline;

/// One run of one test.
#[derive(Debug)]
pub struct Run {
    /// What it is called: the name of its directory.
    pub name: String,
    /// What came of it.
    pub judgement: Judgement,
    /// What is drawn of it, where its samples are there.
    pub timeline: Option<Timeline>,
    /// What its inventory says of the connectors, where that is there.
    pub deployed: Option<Deployed>,
}

/// The connectors of an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// How many tasks each should have.
    pub tasks: BTreeMap<String, u32>,
    /// The one that carries the flow.
    pub flow: String,
}

/// Write the section for a terminal of 80 columns.
pub fn as_text(out: &mut impl Write, runs: &[Run], style: Style) -> io::Result<()> {
    text::document(out, &document::of(runs, style.language, false), style)
}

/// Write the section for a wiki.
pub fn as_markdown(out: &mut impl Write, runs: &[Run], language: Language) -> io::Result<()> {
    markdown::document(out, &document::of(runs, language, false))
}

/// Write the section as a page, with every drill drawn where its samples are there.
pub fn as_html(out: &mut impl Write, runs: &[Run], language: Language) -> io::Result<()> {
    html::document(out, &document::of(runs, language, true))
}

/// Write the judgements and what they come to, for machines.
pub fn as_json(out: &mut impl Write, runs: &[Run]) -> io::Result<()> {
    #[derive(Serialize)]
    struct Named<'a> {
        name: &'a str,
        judgement: &'a Judgement,
    }
    #[derive(Serialize)]
    struct Whole<'a> {
        format: u32,
        synthesis: Synthesis,
        runs: Vec<Named<'a>>,
    }
    let named = runs.iter().map(|run| Named {
        name: &run.name,
        judgement: &run.judgement,
    });
    let whole = Whole {
        format: 1,
        synthesis: Synthesis::of(runs),
        runs: named.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}
