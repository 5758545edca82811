//! The table of the records: what became of the canary's, and of those of the users' topics.

use std::io::{self, Write};

use super::number::{self, Unit};
use super::text::{heading, paragraph};
use super::{Language, Style, tables};
use crate::recovery::judgement::{Audited, Compared, Found, Judgement, Measured};

/// One row for the canary and one for each topic that was audited; a drill that did nothing has none.
pub(super) fn records(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    if judgement.zero.is_none() {
        return Ok(());
    }
    let language = style.language;
    heading(
        out,
        language.pick(
            "Records of the canary and of the users",
            "Messages du canari et des utilisateurs",
        ),
    )?;
    let mut table = tables::table(style, &columns(language));
    table.add_row(canary(judgement, language).map(|text| tables::cell(&text)));
    for audited in &judgement.audited {
        table.add_row(topic(audited, language).map(|text| tables::cell(&text)));
    }
    writeln!(out, "{}", table.trim_fmt())?;
    if judgement.audited.is_empty() {
        let text = language.pick(
            "The users' own topics were not audited: the inventory names none under `audit`.",
            "Les topics des utilisateurs n'ont pas été audités : l'inventaire n'en nomme aucun sous `audit`.",
        );
        paragraph(out, " ", " ", text)?;
    }
    Ok(())
}

fn columns(language: Language) -> [&'static str; 7] {
    language.pick(
        [
            "Topic",
            "Records",
            "Missing",
            "Changed",
            "Undecided",
            "Duplicates",
            "Reordered",
        ],
        [
            "Topic",
            "Messages",
            "Manquants",
            "Modifiés",
            "Indécis",
            "Doublons",
            "Désordre",
        ],
    )
}

fn unknown(language: Language) -> String {
    language.pick("unknown", "inconnu").to_owned()
}

fn nothing() -> String {
    "-".to_owned()
}

/// What the ledger says; its bounds are those of the measures.
fn canary(judgement: &Judgement, language: Language) -> [String; 7] {
    let count = |name: &str| match judgement.measures.get(name) {
        Some(Measured::Within { interval, .. }) => {
            number::interval(*interval, Unit::Count, language)
        }
        _ => unknown(language),
    };
    [
        language.pick("(canary)", "(canari)").to_owned(),
        nothing(),
        count("lost_records"),
        nothing(),
        nothing(),
        count("duplicate_records"),
        nothing(),
    ]
}

fn topic(audited: &Audited, language: Language) -> [String; 7] {
    let topic = audited.topic.clone();
    match &audited.found {
        Found::Compared(compared) => {
            let Compared {
                records,
                missing,
                changed,
                undecided,
                duplicate,
                reordered,
                ..
            } = compared;
            let counts = [records, missing, changed, undecided, duplicate, reordered];
            let [records, missing, changed, undecided, duplicate, reordered] =
                counts.map(u64::to_string);
            [
                topic, records, missing, changed, undecided, duplicate, reordered,
            ]
        }
        Found::Unknown { .. } => [
            topic,
            unknown(language),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
        ],
    }
}
