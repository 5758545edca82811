//! The words of a timeline, in both languages.

use super::events::class;
use crate::model::time::Timestamp;
use crate::recovery::timeline::{Event, Mark, Quantity, Timeline};
use crate::report::Language;
use crate::report::number::{self, Unit};

/// Headings of the lanes of lines.
pub(super) const AGE: (&str, &str) = ("Canary age, s", "Âge du canari, s");
pub(super) const LAG: (&str, &str) = ("Lag, records", "Lag, messages");
pub(super) const THROUGHPUT: (&str, &str) = ("Throughput, records/s", "Débit, messages/s");

/// What an event is called.
pub(super) fn event(mark: &Mark, language: Language) -> &'static str {
    match mark.event {
        Event::Fault => language.pick("fault", "panne"),
        Event::Detection => language.pick("detection", "détection"),
        Event::Alert => language.pick("shipped alert", "alerte livrée"),
        Event::Rebalance => language.pick("rebalance triggered", "rebalancing déclenché"),
        Event::Redistribution => language.pick("tasks redistributed", "tasks redistribuées"),
        Event::Recovery if mark.to.is_none() => {
            language.pick("recovery, if any", "reprise éventuelle")
        }
        Event::Recovery => language.pick("recovery", "reprise"),
        Event::Restoration => language.pick("restoration", "remise en état"),
    }
}

/// When it happened: after the zero where that was measured, else by the time of day.
pub(super) fn when(mark: &Mark, language: Language) -> String {
    if let Some(interval) = mark.after {
        return number::interval(interval, Unit::Time, language);
    }
    let from = number::time_of_day(mark.from);
    match mark.to {
        Some(to) => format!("{from} … {}", number::time_of_day(to)),
        None => format!("{from} …"),
    }
}

/// Title of the picture, and what it shows in words.
pub(super) fn described(timeline: &Timeline, language: Language) -> (String, String) {
    let title = language.pick("Timelines of the drill", "Chronologie de l'exercice");
    let (from, to) = timeline.drawn;
    let marks = timeline
        .marks
        .iter()
        .map(|mark| format!("{} {}", event(mark, language), when(mark, language)));
    let marks = marks.collect::<Vec<_>>().join(language.pick("; ", " ; "));
    let lanes = language.pick(
        "Canary age, lag, throughput, states of tasks and workers",
        "Âge du canari, lag, débit, états des tasks et des workers",
    );
    let described = format!(
        "{lanes}, {} … {}. {marks}.",
        number::instant(from),
        number::instant(to)
    );
    (title.to_owned(), described)
}

/// Heading of the outages.
pub(super) fn outages(left_out: usize, language: Language) -> String {
    let heading = language.pick(
        "Outages of the canary, by partition and task",
        "Interruptions du canari, par partition et task",
    );
    with_left_out(heading, left_out, language)
}

/// Heading of the tasks.
pub(super) fn tasks(timeline: &Timeline, language: Language) -> String {
    let heading = language.pick(
        "Tasks, with the number of the worker",
        "Tasks, avec le numéro du worker",
    );
    with_left_out(heading, timeline.tasks_left_out, language)
}

fn with_left_out(heading: &str, left_out: usize, language: Language) -> String {
    match left_out {
        0 => heading.to_owned(),
        n => format!(
            "{heading} ({n} {})",
            language.pick("more not drawn", "autres non tracées")
        ),
    }
}

/// Heading of the workers.
pub(super) fn workers(language: Language) -> &'static str {
    language.pick(
        "Workers (underlined: the victim)",
        "Workers (souligné : la victime)",
    )
}

/// What a line is called where a lane has several.
pub(super) fn curve(quantity: Quantity, language: Language) -> Option<&'static str> {
    match quantity {
        Quantity::CanaryAge | Quantity::Lag => None,
        Quantity::SourceAppended => {
            Some(language.pick("source grew by", "croissance de la source"))
        }
        Quantity::TargetAppended => Some(language.pick("target grew by", "croissance de la cible")),
        Quantity::Replicated => {
            Some(language.pick("acknowledged by the target", "acquittés par la cible"))
        }
    }
}

/// The look of a state: it runs, somebody wanted it not to run, it should run, nothing is known.
pub(super) fn state_class(state: &str) -> &'static str {
    match state {
        "running" => "up",
        "paused" | "stopped" => "idle",
        "failed" | "running_on_dead_worker" | "stalled" | "missing" => "down",
        "withheld" | "unassigned" | "restarting" => "waiting",
        _ => "unsure",
    }
}

/// What stands below the lanes: the looks that are there, and their meanings; what happened, and below it what was so.
pub(super) fn legend(timeline: &Timeline, language: Language) -> [Vec<Look>; 2] {
    let bands = timeline.marks.iter().filter_map(|mark| {
        let look = match class(mark.event) {
            "fault" => "band fault",
            "detection" => "band detection",
            "recovery" if mark.to.is_none() => "band hollow recovery",
            "recovery" => "band recovery",
            "restoration" => "band restoration",
            _ => return None,
        };
        Some((look, event(mark, language).to_owned()))
    });
    let drawn =
        |(_, to): &(Timestamp, Timestamp)| *to >= timeline.drawn.0 && *to <= timeline.drawn.1;
    let limit = timeline.limit.filter(drawn).map(|(from, _)| {
        let of = language.pick("limit of the recovery time", "limite du temps de reprise");
        let limit = from.micros_since(timeline.zero.issued);
        let limit = number::exact(limit, Unit::Time, language);
        (LIMIT, format!("{of}, {limit}"))
    });
    let spans = timeline.tasks.iter().flat_map(|row| &row.spans);
    let shown: Vec<_> = spans.map(|span| state_class(&span.what.state)).collect();
    let states = STATES.iter().filter(|(class, ..)| shown.contains(class));
    let states = states.map(|(_, look, english, french)| (*look, language.pick(*english, *french)));
    let gap = ("gap", language.pick("no scrape", "aucun scrape"));
    let gap = (!timeline.gaps.is_empty()).then_some(gap);
    let so = states
        .chain(gap)
        .map(|(look, text)| (look, text.to_owned()));
    [bands.chain(limit).collect(), so.collect()]
}

/// A look, and what it means.
type Look = (&'static str, String);

/// The look of the limit, which is a line.
pub(super) const LIMIT: &str = "limit";

/// Looks of a task's states.
const STATES: [(&str, &str, &str, &str); 5] = [
    ("up", "state up", "runs", "active"),
    ("waiting", "state waiting", "waits", "en attente"),
    ("down", "state down", "does not run", "inactive"),
    (
        "idle",
        "state idle",
        "stopped by an operator",
        "arrêtée par un opérateur",
    ),
    ("unsure", "state unsure", "unknown", "inconnu"),
];
