//! `mirrorwatch replay`: rule files over samples, and when each alert came to be pending, fired and was over.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::source::{Source, Wanted};
use crate::cli;
use crate::clock;
use crate::model::bound::Bound;
use crate::model::text::visible;
use crate::model::time::{Timestamp, micros};
use crate::promql::{Labels, Millis, Sample, SeriesSet, Settings, Steps};
use crate::rules::{Group, Replay, Rule, RuleFile, State, Transition};

/// Replay, and tell what happened.
pub(super) fn run(arguments: &cli::Replay) -> anyhow::Result<ExitCode> {
    let mut groups = Vec::new();
    for path in &arguments.rules {
        groups.extend(RuleFile::read(path)?.groups);
    }
    let mut source = Source::of(&arguments.source, &arguments.login)?;
    let (from, to) = window(arguments, &mut source)?;
    let (series, doubts) = source.samples(&wanted(&groups, from.unwrap_or(Millis::MIN / 4), to))?;
    let Some(from) = from.or_else(|| first(&series, &groups)) else {
        bail!("{}: no sample that the rules look at", arguments.source);
    };
    let series = as_of(from, &series, &groups);
    let mut replay = Replay::new(groups, series, Settings::default());
    replay.over(from, to, (micros(arguments.interval) / 1_000).max(1));
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = write(&replay, &mut out).and_then(|()| out.flush());
    written.context("cannot write what happened")?;
    for doubt in doubts {
        // Nothing is left to do if stderr is gone.
        let _ = writeln!(io::stderr(), "warning: {doubt}");
    }
    Ok(ExitCode::SUCCESS)
}

/// From when, if that is said, and until when.
fn window(
    arguments: &cli::Replay,
    source: &mut Source,
) -> anyhow::Result<(Option<Millis>, Millis)> {
    let now = clock::wall();
    let millis = |bound: Bound| bound.at(now).as_micros().div_euclid(1_000);
    let from = arguments.from.map(millis);
    if from.is_none() && matches!(source, Source::Server(..)) {
        bail!("--from: of a server a window has to be given, its history may be long");
    }
    let to = match arguments.to {
        Some(bound) => millis(bound),
        None => source.last()?.unwrap_or(0),
    };
    if from.is_some_and(|from| from > to) {
        bail!("--from must not be after --to");
    }
    Ok((from, to))
}

/// What the rules look at, from before the first evaluation on.
fn wanted(groups: &[Group], from: Millis, to: Millis) -> Vec<Wanted> {
    let settings = Settings::default();
    let steps = Steps { from, to, step: 1 };
    let rules = groups.iter().flat_map(|group| &group.rules);
    let footprints = rules.flat_map(|rule| rule.query.selectors());
    let wanted = footprints.map(|footprint| Wanted {
        times: footprint.times(steps, &settings),
        selector: footprint.selector,
    });
    wanted.collect()
}

/// What a replay from a time on finds: of what a server has written by the same rules, what it recorded before. The rest they write anew, and alerts
/// begin anew.
fn as_of(from: Millis, series: &SeriesSet, groups: &[Group]) -> SeriesSet {
    let mut found = SeriesSet::default();
    for (labels, samples) in series.iter() {
        let samples = samples.iter().copied();
        match writer(labels, groups) {
            None => found.add(labels.clone(), samples),
            Some(rule) if rule.is_alert() => {}
            Some(_) => {
                let before: Vec<_> = samples.take_while(|sample| sample.at < from).collect();
                // What is not written anew must not go on for the lookback.
                let end = before.last().map(|_| Sample::stale(from - 1));
                found.add(labels.clone(), before.into_iter().chain(end));
            }
        }
    }
    found
}

/// The rule that writes a series.
fn writer<'a>(labels: &Labels, groups: &'a [Group]) -> Option<&'a Rule> {
    let mut rules = groups.iter().flat_map(|group| &group.rules);
    rules.find(|rule| rule.writes(labels))
}

/// When the first sample is that no rule writes.
fn first(series: &SeriesSet, groups: &[Group]) -> Option<Millis> {
    let given = series
        .iter()
        .filter(|(labels, _)| writer(labels, groups).is_none());
    let samples = given.flat_map(|(_, samples)| samples);
    samples.map(|sample| sample.at).min()
}

fn write(replay: &Replay, out: &mut impl Write) -> io::Result<()> {
    for Transition {
        at, labels, state, ..
    } in &replay.transitions
    {
        let word = match state {
            Some(State::Pending) => "pending",
            Some(State::Firing) => "fires",
            None => "over",
        };
        let at = Timestamp::from_millis(*at);
        writeln!(
            out,
            "{at} {word:8}{} {}",
            visible(labels.get("alertname")),
            visible(&others(labels))
        )?;
    }
    for problem in &replay.problems {
        let at = Timestamp::from_millis(problem.at);
        let (group, rule) = (visible(&problem.group), visible(&problem.rule));
        writeln!(
            out,
            "{at} failed  {group}/{rule}: {}",
            visible(&problem.why)
        )?;
    }
    Ok(())
}

/// The labels beside the alert's name.
fn others(labels: &Labels) -> String {
    let others = labels.iter().filter(|(name, _)| *name != "alertname");
    others.collect::<Labels>().to_string()
}

#[test]
fn a_replay_finds_what_was_recorded_before_it_and_writes_the_rest_anew() {
    let text = "groups: [{ name: g, rules: [{ record: 'a:sum', expr: sum(a) }, { alert: A, expr: a > 1 }] }]";
    let groups = RuleFile::parse(std::path::Path::new("r.yml"), text)
        .unwrap()
        .groups;
    let labels = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Labels>();
    let all = [
        labels(&[("__name__", "a")]),
        labels(&[("__name__", "a:sum")]),
        labels(&[("__name__", "ALERTS"), ("alertname", "A")]),
        labels(&[("__name__", "ALERTS"), ("alertname", "Another")]),
    ];
    let samples = || {
        (1..=4)
            .map(|at| Sample { at, value: 1.0 })
            .collect::<Vec<_>>()
    };
    let series: SeriesSet = all
        .iter()
        .map(|labels| (labels.clone(), samples()))
        .collect();
    assert_eq!(first(&series, &groups), Some(1));
    let found = as_of(3, &series, &groups);
    let times = |labels| {
        let samples = found.get(labels).unwrap_or_default().iter();
        samples
            .map(|sample| (sample.at, sample.is_stale()))
            .collect::<Vec<_>>()
    };
    let whole: Vec<_> = (1..=4).map(|at| (at, false)).collect();
    assert_eq!([times(&all[0]), times(&all[3])], [whole.clone(), whole]);
    assert_eq!(
        times(&all[1]),
        [(1, false), (2, false)],
        "its end at 2 gives way to what stands there"
    );
    assert!(times(&all[2]).is_empty());
}
