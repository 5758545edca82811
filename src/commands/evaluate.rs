//! `mirrorwatch evaluate`: judge saved evidence again, or the same drill by another server's samples.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

use super::outcome::{self, Judged};
use super::source::server;
use super::{alerts, inputs, suppose};
use crate::cli::Evaluate;
use crate::clock;
use crate::drill::clocks::server_offset;
use crate::drill::recorded::{INTERVAL, RECORDING};
use crate::drill::save;
use crate::model::time::{Timestamp, micros};
use crate::promql::{Millis, SeriesSet, parse_duration};
use crate::recovery::audits::Audits;
use crate::recovery::clocks::Clock;
use crate::recovery::events::What;
use crate::recovery::inventory::Inventory;
use crate::recovery::judge::{self, Observed};
use crate::recovery::judgement::Remark;
use crate::recovery::plan::{Plan, Variables};
use crate::recovery::read::{self, Log};
use crate::recovery::scenario::Scenario;
use crate::recovery::timeline::timeline;
use crate::recovery::zero;
use crate::storage::evidence::{self, Evidence, SCENARIO, Texts};
use crate::storage::prometheus::Server;
use crate::storage::recording::{Contents, Recording};

/// Judge, and write the report.
pub(super) fn run(arguments: &Evaluate) -> anyhow::Result<ExitCode> {
    if arguments.server.is_none() && arguments.login.access.is_some() {
        bail!("--access: no server is asked; leave it out, or give --server");
    }
    let judged = match &arguments.server {
        Some(url) => judge_by(arguments, url)?,
        None if arguments.recording => judge_recording(arguments)?,
        None => judge_saved(arguments)?,
    };
    outcome::report(&judged, arguments.lang, arguments.format)?;
    Ok(outcome::exit_code(
        judged.judgement.verdict,
        arguments.strict,
    ))
}

/// Judge the evidence in a directory by its own scenario.
pub(super) fn judge_directory(dir: &Path) -> anyhow::Result<Judged> {
    judge_with_inventory(dir).map(|(judged, _)| judged)
}

/// Judge the evidence in a directory, by its own scenario or another one.
fn judge_saved(arguments: &Evaluate) -> anyhow::Result<Judged> {
    let evidence = evidence::load(&arguments.dir)?;
    let case = Case::asked(arguments, &evidence.texts)?;
    judge_evidence(&case, &evidence)
}

/// Judge the evidence in a directory; with the inventory that it was a drill of.
pub(super) fn judge_with_inventory(dir: &Path) -> anyhow::Result<(Judged, Inventory)> {
    let evidence = evidence::load(dir)?;
    let case = Case::read(dir, &evidence.texts, None)?;
    let judged = judge_evidence(&case, &evidence)?;
    Ok((judged, case.inventory))
}

fn judge_evidence(case: &Case, evidence: &Evidence) -> anyhow::Result<Judged> {
    let fetched = save::fetched(evidence.manifest.names.as_deref()).ok();
    let is_whole = |metric: &str| {
        let labels = [("__name__", metric)].into_iter().collect();
        fetched
            .as_ref()
            .is_some_and(|fetched| fetched.matches(&labels))
    };
    let alerts = alerts::told(&evidence.series, is_whole)?;
    let observed = Observed {
        series: &evidence.series,
        scrape_interval_us: evidence.manifest.scrape_interval_us,
        warnings: &evidence.manifest.warnings,
        server_clock: None,
        audits: case.audits.as_ref(),
        alerts: Some(&alerts),
    };
    Ok(case.judged(observed)?)
}

/// A recorder stamps a scrape with the drill's own clock, to the millisecond.
const OWN_CLOCK: Clock = Clock {
    offset: 0,
    epsilon: 1_000,
};

/// Judge by what the drill recorded itself.
fn judge_recording(arguments: &Evaluate) -> anyhow::Result<Judged> {
    let texts = evidence::load_texts(&arguments.dir)?;
    let case = Case::asked(arguments, &texts)?;
    let recording = Recording::open(&arguments.dir.join(RECORDING))?;
    let Contents { series, damages } = recording.read(|_| true, Millis::MIN, Millis::MAX)?;
    let warnings: Vec<_> = damages.iter().map(ToString::to_string).collect();
    let alerts = alerts::told(&series, |_| true)?;
    let observed = Observed {
        series: &series,
        scrape_interval_us: micros(INTERVAL),
        warnings: &warnings,
        server_clock: Some(OWN_CLOCK),
        audits: case.audits.as_ref(),
        alerts: Some(&alerts),
    };
    Ok(case.judged(observed)?)
}

fn judge_by(arguments: &Evaluate, url: &str) -> anyhow::Result<Judged> {
    let texts = evidence::load_texts(&arguments.dir)?;
    let case = Case::asked(arguments, &texts)?;
    let interval = arguments.scrape_interval.as_deref();
    let interval = parse_duration(interval.unwrap_or(&case.inventory.prometheus.scrape_interval))?;
    let server = server(url, arguments.login.access.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let fetched = runtime.block_on(fetch(&case, &server))?;
    let alerts = alerts::told(&fetched.series, |_| true)?;
    let observed = Observed {
        series: &fetched.series,
        scrape_interval_us: micros(interval),
        warnings: &fetched.warnings,
        server_clock: fetched.clock.as_ref().map(|later| later.clock),
        audits: case.audits.as_ref(),
        alerts: Some(&alerts),
    };
    let mut judged = case.judged(observed)?;
    let remarks = &mut judged.judgement.remarks;
    remarks.extend(fetched.clock.as_ref().map(Later::remark));
    Ok(judged)
}

/// What a drill was.
struct Case {
    scenario: Scenario,
    inventory: Inventory,
    log: Log,
    audits: Option<Audits>,
    /// What is not as the scenario has it.
    supposed: Vec<Remark>,
}

impl Case {
    /// What is asked for: the drill's scenario or another one, with the limits that are supposed.
    fn asked(arguments: &Evaluate, texts: &Texts) -> anyhow::Result<Self> {
        let mut case = Self::read(&arguments.dir, texts, arguments.scenario.as_deref())?;
        case.supposed = suppose::suppose(&mut case.scenario, &arguments.what_if)?;
        Ok(case)
    }

    fn read(dir: &Path, texts: &Texts, scenario: Option<&Path>) -> anyhow::Result<Self> {
        let name = |file: &str| dir.join(file).display().to_string();
        let scenario = match scenario {
            Some(path) => inputs::scenario(&path.display().to_string())?.0,
            None => read::scenario(&name(SCENARIO), &texts.scenario)?,
        };
        let inventory = read::inventory(&name(evidence::INVENTORY), &texts.inventory)?;
        let audits = texts.audits.as_deref().map(read::audits);
        Ok(Self {
            scenario,
            inventory,
            log: read::events(&texts.events)?,
            audits: audits.transpose()?,
            supposed: Vec::new(),
        })
    }

    fn judged(&self, observed: Observed<'_>) -> Result<Judged, judge::Error> {
        let mut judgement = judge::judge(&self.scenario, &self.inventory, &self.log, observed)?;
        judgement.remarks.splice(0..0, self.supposed.clone());
        Ok(Judged {
            timeline: timeline(&self.inventory, &self.log, observed, &judgement),
            judgement,
        })
    }

    /// Whether the drill compared the clock of this very server before and after the fault.
    fn compared(&self, server: &Server) -> bool {
        let same = Server::new(&self.inventory.prometheus.url)
            .is_ok_and(|own| own.name() == server.name());
        let Some(zero) = self.zero() else {
            return same;
        };
        let mut at = self.log.events.iter().filter_map(|event| {
            let ours =
                matches!(&event.what, What::ClockCompared { clock, .. } if clock == "prometheus");
            ours.then_some(event.at)
        });
        same && at.clone().any(|at| at <= zero) && at.any(|at| at > zero)
    }

    fn zero(&self) -> Option<Timestamp> {
        let zero = |what: &What| matches!(what, What::StepIssued { zero: true, .. });
        let mut events = self.log.events.iter();
        events.find(|event| zero(&event.what)).map(|event| event.at)
    }

    /// How long ago the drill was, in microseconds: the zero, or its beginning where there was none.
    fn age(&self, now: Timestamp) -> i64 {
        let first = self.log.events.first().map(|event| event.at);
        let at = self.zero().or(first).unwrap_or(now);
        now.micros_since(at).abs()
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let start = zero::start(&self.log.events);
        let variables = Variables {
            second: start.as_ref().map_or("", |start| start.second),
            ..Variables::of(
                &self.inventory,
                start.as_ref().map_or("", |start| start.victim),
            )
        };
        Plan::compile(&self.scenario, variables).map_err(|problems| {
            let listed: Vec<_> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!(
                "the scenario does not fit the inventory: {}",
                listed.join("; ")
            )
        })
    }
}

/// Samples of a server, and its clock where the drill did not compare it itself.
struct Fetched {
    series: SeriesSet,
    warnings: Vec<String>,
    clock: Option<Later>,
}

/// Fetched beyond the drill's last event: at any usual interval a page that tells of all of it.
const AFTER_MS: i64 = 60_000;

async fn fetch(case: &Case, server: &Server) -> anyhow::Result<Fetched> {
    let told = server.time().await?;
    let clock = if case.compared(server) {
        None
    } else {
        let now = server_offset(server).await?;
        Some(Later::widened(now, case.age(clock::wall())))
    };
    let plan = case.plan()?;
    let last = case.log.events.last().map_or(told, |event| event.at);
    let to = (last.as_micros() / 1_000 + AFTER_MS).min(told.as_micros() / 1_000);
    let from = save::start(&case.log.events, &plan).map_or(to, |start| start.as_micros() / 1_000);
    let names = save::names(&alerts::metrics()?);
    let fetched = server
        .samples(&save::selectors(&plan, &case.inventory, &names)?, from, to)
        .await?;
    Ok(Fetched {
        series: fetched.series,
        warnings: fetched.warnings,
        clock,
    })
}

/// A server's clock, compared only after the drill.
#[derive(Debug)]
struct Later {
    clock: Clock,
    /// How long after, in microseconds.
    age: i64,
}

impl Later {
    /// How far two clocks may part: a quartz is within 100 ppm of the true time, and each of the two may err to its side.
    const DRIFT_PPM: i64 = 200;

    /// What a comparison says of the time `age` microseconds before it.
    fn widened((offset, half): (i64, i64), age: i64) -> Self {
        let drift = age.saturating_mul(Self::DRIFT_PPM) / 1_000_000;
        let epsilon = half.saturating_add(drift);
        Self {
            clock: Clock { offset, epsilon },
            age,
        }
    }

    fn remark(&self) -> Remark {
        let age = Duration::from_secs(self.age.unsigned_abs() / 1_000_000);
        let epsilon = Duration::from_micros(self.clock.epsilon.unsigned_abs());
        let with = [
            ("age", humantime::format_duration(age).to_string()),
            ("epsilon", format!("{:.3} s", epsilon.as_secs_f64())),
        ];
        Remark {
            code: "server_clock_compared_later".to_owned(),
            with: with.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }
}

#[test]
fn a_clock_compared_a_day_later_says_little_about_the_drill() {
    let later = Later::widened((5_000, 800), 86_400_000_000);
    assert_eq!(
        later.clock,
        Clock {
            offset: 5_000,
            epsilon: 17_280_800
        }
    );
    let sentence = crate::report::sentence(&later.remark(), crate::report::Language::English);
    assert!(
        sentence.contains("1day after") && sentence.ends_with("± 17.281 s."),
        "{sentence}"
    );
}
