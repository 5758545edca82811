//! The table of the records: what became of the canary's, and of those of the users' topics.

use super::Language;
use super::document::{Cell, Section};
use super::number::{self, Unit};
use crate::recovery::judgement::{Audited, Compared, Found, Judgement, Measured};

/// One row for the canary and one for each topic that was audited; a drill that did nothing has none.
pub(super) fn records(judgement: &Judgement, language: Language) -> Option<Section> {
    judgement.zero?;
    let topics = judgement
        .audited
        .iter()
        .map(|audited| topic(audited, language));
    let rows = std::iter::once(canary(judgement, language)).chain(topics);
    let cells = |row: [String; 7]| row.iter().map(|text| Cell::text(text)).collect();
    let unaudited = language.pick(
        "The users' own topics were not audited: the inventory names none under `audit`.",
        "Les topics des utilisateurs n'ont pas été audités : l'inventaire n'en nomme aucun sous `audit`.",
    );
    Some(Section {
        heading: language
            .pick(
                "Records of the canary and of the users",
                "Messages du canari et des utilisateurs",
            )
            .to_owned(),
        columns: columns(language).map(str::to_owned).into(),
        rows: rows.map(cells).collect(),
        notes: judgement
            .audited
            .is_empty()
            .then(|| unaudited.to_owned())
            .into_iter()
            .collect(),
    })
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
