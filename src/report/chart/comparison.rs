//! Recovery times of several runs, beside their limits.

use super::svg::{Area, Svg, number};
use super::{WIDTH, tick};
use crate::recovery::judgement::{Interval, Verdict};
use crate::recovery::scenario::Event;
use crate::report::number::{self as worded, Unit};
use crate::report::{Language, words};

const LEFT: f64 = 196.0;
const RIGHT: f64 = WIDTH - 296.0;
const TOP: f64 = 26.0;
const ROW: f64 = 26.0;
const BOTTOM: f64 = 40.0;
/// As many characters of a run's name.
const NAME: usize = 28;

/// One run of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// What it is called.
    pub label: &'a str,
    /// Its recovery time in microseconds; `None` where there is none.
    pub recovery: Option<Interval>,
    /// Where no outage was seen: none longer than this could have hidden, in microseconds.
    pub at_most: Option<i64>,
    /// From which event on.
    pub after: Event,
    /// The limit in microseconds; `None` where there is none.
    pub limit: Option<i64>,
    /// The verdict of its criterion, or of the run.
    pub verdict: Verdict,
}

/// Recovery times as bars from zero: what is certain is light, the interval is dense, and one without an end has an arrow.
pub fn comparison(runs: &[Run<'_>], language: Language) -> String {
    let title = language.pick(
        "Recovery times of the runs",
        "Temps de reprise des exercices",
    );
    let (step, most) = axis(runs);
    let down = f64::from(u32::try_from(runs.len()).unwrap_or(u32::MAX)) * ROW;
    let mut svg = Svg::new(
        WIDTH,
        TOP + down + BOTTOM,
        title,
        &described(runs, language),
    );
    let bottom = TOP + down;
    for value in tick::multiples(step, 0, most) {
        let x = x(value, most);
        svg.line("grid", (x, TOP), (x, bottom));
        svg.text(
            "number middle",
            (x, bottom + 16.0),
            &(value / 1_000_000).to_string(),
        );
    }
    svg.line("axis", (LEFT, bottom), (RIGHT, bottom));
    zeros(&mut svg, runs, bottom + 16.0, language);
    for (i, run) in (0_u32..).zip(runs) {
        let top = TOP + f64::from(i) * ROW;
        draw(
            &mut svg,
            run,
            top,
            most,
            &measured(run, runs, language),
            language,
        );
    }
    limits(&mut svg, runs, most, language);
    svg.close()
}

/// What stands before a time that is measured from the restoration on, where others are not.
const FROM_RESTORATION: &str = "↩ ";

/// Whether a run says that its time is one from the restoration on: where not all are.
fn is_marked(run: &Run<'_>, runs: &[Run<'_>]) -> bool {
    run.after == Event::Restore && runs.iter().any(|run| run.after == Event::Fault)
}

/// What the numbers of the axis count from.
fn zeros(svg: &mut Svg, runs: &[Run<'_>], y: f64, language: Language) {
    let restored = language.pick(
        "seconds after the restoration",
        "secondes après la remise en état",
    );
    let unit = if !runs.is_empty() && runs.iter().all(|run| run.after == Event::Restore) {
        restored
    } else {
        language.pick("seconds after the fault", "secondes après la panne")
    };
    svg.text("number end", (LEFT - 36.0, y), unit);
    if runs.iter().any(|run| is_marked(run, runs)) {
        let text = format!("{FROM_RESTORATION}{restored}");
        svg.text("number", (RIGHT + 16.0, y), &text);
    }
}

/// Step and end of the axis: all that is bounded has room, and what is not goes on to its end.
fn axis(runs: &[Run<'_>]) -> (i64, i64) {
    let ends = runs.iter().flat_map(|run| {
        let recovery = run.recovery;
        let lower = recovery.map(|interval| interval.lower);
        [
            run.limit,
            run.at_most,
            lower,
            recovery.and_then(|interval| interval.upper),
        ]
    });
    let most = ends
        .flatten()
        .max()
        .unwrap_or(0)
        .clamp(1_000_000, i64::MAX / 4);
    let most = most + most / 12;
    let step = tick::step(most, 8);
    (step, (most / step + 1) * step)
}

fn x(value: i64, most: i64) -> f64 {
    LEFT + (RIGHT - LEFT) * super::scale::ratio(value.clamp(0, most), most)
}

fn draw(svg: &mut Svg, run: &Run<'_>, top: f64, most: i64, measured: &str, language: Language) {
    let baseline = top + ROW / 2.0 + 4.0;
    svg.name("name end", (LEFT - 8.0, baseline), run.label, NAME);
    let class = look(run.verdict);
    if let Some(Interval { lower, upper }) = run.recovery {
        let (least, end) = (x(lower, most), upper.map_or(RIGHT, |upper| x(upper, most)));
        let bar = |x: f64, width: f64| Area {
            x,
            y: top + 6.0,
            width,
            height: ROW - 12.0,
        };
        svg.area(&format!("certain {class}"), bar(LEFT, least - LEFT), None);
        let text = worded::interval(Interval { lower, upper }, Unit::Time, language);
        let within = bar(least, (end - least).max(3.0));
        if upper.is_some() {
            svg.area(&format!("within {class}"), within, Some(&text));
        } else {
            svg.area("gap", within, Some(&text));
            let [near, tip, up, middle, down] = [
                RIGHT - 2.0,
                RIGHT + 9.0,
                top + 4.0,
                top + ROW / 2.0,
                top + ROW - 4.0,
            ]
            .map(number);
            svg.path(
                &format!("within {class}"),
                &format!("M{near} {up}L{tip} {middle}L{near} {down}Z"),
            );
        }
    }
    svg.text("when", (RIGHT + 16.0, baseline), measured);
    let verdict = words::verdict(run.verdict);
    svg.text(
        &format!("when end strong {class}"),
        (WIDTH, baseline),
        verdict,
    );
}

/// A line in each row: one through all of them where the limits are the same.
fn limits(svg: &mut Svg, runs: &[Run<'_>], most: i64, language: Language) {
    for (i, run) in (0_u32..).zip(runs) {
        let Some(limit) = run.limit else { continue };
        let (x, top) = (x(limit, most), TOP + f64::from(i) * ROW);
        svg.line("halo", (x, top), (x, top + ROW));
        svg.line("limit", (x, top), (x, top + ROW));
    }
    let mut limits: Vec<_> = runs.iter().filter_map(|run| run.limit).collect();
    limits.sort_unstable();
    limits.dedup();
    let word = language.pick("limit", "limite");
    for limit in limits {
        let text = format!("{word} {}", worded::exact(limit, Unit::Time, language));
        svg.text("number middle", (x(limit, most), TOP - 8.0), &text);
    }
}

fn measured(run: &Run<'_>, runs: &[Run<'_>], language: Language) -> String {
    let text = match (run.recovery, run.at_most) {
        (Some(interval), _) => worded::interval(interval, Unit::Time, language),
        (None, Some(length)) => format!(
            "{} {}",
            language.pick("no outage longer than", "aucune interruption de plus de"),
            worded::at_most(length, language)
        ),
        (None, None) => language.pick("not measured", "non mesuré").to_owned(),
    };
    let mark = if is_marked(run, runs) {
        FROM_RESTORATION
    } else {
        ""
    };
    format!("{mark}{text}")
}

fn described(runs: &[Run<'_>], language: Language) -> String {
    let each = runs.iter().map(|run| {
        let measured = measured(run, runs, language);
        let colon = language.pick(":", " :");
        format!(
            "{}{colon} {measured}, {}",
            run.label,
            words::verdict(run.verdict)
        )
    });
    each.collect::<Vec<_>>().join(language.pick("; ", " ; "))
}

fn look(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail | Verdict::Error => "fail",
        Verdict::Inconclusive | Verdict::Invalid => "open",
    }
}
