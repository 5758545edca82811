//! What a drill would do, told before anything is done.

use std::fmt::Write as _;
use std::time::Duration;

use super::Options;
use super::preflight::Rows;
use super::schedule::Step;
use super::target::Target;
use crate::recovery::plan::{Judged, is_time};
use crate::recovery::scenario::Event;

/// The whole of it, a line for each thing.
pub(super) fn told(options: &Options, target: &Target, rows: &Rows) -> String {
    let mut text = target.introduction(options);
    // It would be written there; now nothing is.
    if let Some(at) = text.rfind("\nevidence in ") {
        text.truncate(at);
    }
    let _ = write!(text, "\n\n{}", steady(target));
    text.push_str("\nThen, one after the other:\n");
    for (step, written) in target.steps.iter().zip(&options.scenario.steps) {
        text.push_str(&of_step(step, &written.title.en));
    }
    text.push_str(&watched(target));
    text.push_str("\nJudged:\n");
    for judged in &target.plan.criteria {
        let _ = writeln!(text, "  {} ({})", judged.criterion.title.en, limit(judged));
    }
    let _ = write!(
        text,
        "\n{rows}\nThe `check` commands of the inventory are run by the drill. Nothing was done."
    );
    text
}

fn steady(target: &Target) -> String {
    let plan = &target.plan;
    let mut text = format!("Steady for {} before:\n", length(plan.steady_for));
    for bound in &plan.steady {
        let _ = writeln!(text, "  {}", bound.text.en);
    }
    text
}

fn of_step(step: &Step, title: &str) -> String {
    let zero = if step.zero {
        " (the zero of the clock)"
    } else {
        ""
    };
    let mut text = format!("  {}: {title}{zero}\n    {}\n", step.name, step.deed);
    if let Some(undo) = &step.undo {
        let _ = writeln!(text, "    undone by {}", undo.call);
    }
    text
}

fn watched(target: &Target) -> String {
    let plan = &target.plan;
    let longest = |event| length(plan.longest_limit(event) + plan.hold);
    let kept = match plan.keep_for {
        Some(_) => format!("Kept for {}", longest(Event::Fault)),
        None => format!(
            "Watched until the flow has been back for {}, at most {}",
            length(plan.hold),
            longest(Event::Fault)
        ),
    };
    let afterwards = match plan.watch_restore {
        Some(_) => format!(
            "; then undone, and watched for at most {} more",
            longest(Event::Restore)
        ),
        None => "; then undone".to_owned(),
    };
    format!("{kept}{afterwards}.\n")
}

fn limit(judged: &Judged) -> String {
    if is_time(judged.criterion.measure) {
        format!("< {}", length(judged.limit))
    } else {
        format!("< {}", judged.limit)
    }
}

fn length(micros: i64) -> String {
    let whole = Duration::from_micros(micros.unsigned_abs());
    humantime::format_duration(whole).to_string()
}
