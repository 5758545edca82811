//! `mirrorwatch drill`: reads scenario and inventory, runs the drill, judges its evidence, and reports.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::access::{self, Accesses};
use super::{alerts, audits, clusters, evaluate, inputs, outcome};
use crate::cli::Drill;
use crate::clock;
use crate::drill::silence::Alertmanager;
use crate::drill::{self, Alerts, Ended, Options};
use crate::fetch::Access;
use crate::model::time::Timestamp;
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::Verdict;
use crate::report::json;
use crate::storage::evidence;

/// Run the drill, or undo what an interrupted one left.
pub(super) fn run(arguments: &Drill) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let code = match (
        &arguments.restore,
        &arguments.scenario,
        &arguments.inventory,
    ) {
        (Some(dir), _, _) => restore(&runtime, dir),
        (None, Some(scenario), Some(inventory)) => {
            let options = options(arguments, scenario, inventory)?;
            if arguments.dry_run {
                return rehearse(&runtime, &options);
            }
            runtime
                .block_on(drill::run(&options))
                .map_err(Into::into)
                .and_then(|ended| conclude(arguments, &options, ended))
        }
        _ => anyhow::bail!("give a SCENARIO and its --inventory, or --restore DIR"),
    };
    // A question at the terminal may still be waiting for its answer; nobody waits for that.
    runtime.shutdown_background();
    code
}

fn rehearse(runtime: &tokio::runtime::Runtime, options: &Options) -> anyhow::Result<ExitCode> {
    let (told, refusal) = runtime.block_on(drill::rehearse(options))?;
    writeln!(io::stdout(), "{told}")?;
    if let Some(reasons) = refusal {
        anyhow::bail!("such a drill would not be begun:\n{reasons}");
    }
    Ok(ExitCode::SUCCESS)
}

fn restore(runtime: &tokio::runtime::Runtime, dir: &Path) -> anyhow::Result<ExitCode> {
    let rest = access::of_restore(drill::rest_file(dir)?.as_deref())?;
    let restored = runtime.block_on(drill::restore(dir, &rest, access_of))?;
    let steps = match restored.steps {
        0 => "nothing to undo".to_owned(),
        1 => "1 step is undone".to_owned(),
        steps => format!("{steps} steps are undone"),
    };
    let text = if restored.silence {
        format!("{steps}; the silence is ended")
    } else {
        steps
    };
    writeln!(io::stderr(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &Drill, scenario: &str, path: &Path) -> anyhow::Result<Options> {
    let (scenario, scenario_text) = inputs::scenario(scenario)?;
    let (inventory, inventory_text) = inputs::inventory(path)?;
    let Accesses {
        rest,
        rest_file,
        page,
        server,
    } = access::of(&inventory, path)?;
    let audits = audits::named(&inventory, path)?;
    audits::are_judged(&audits, &scenario)?;
    let clusters = clusters::of(&inventory, path)?;
    let alerts = if arguments.silence {
        Some(alerts(&inventory, path)?)
    } else {
        None
    };
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| directory(&scenario.name, clock::wall()));
    let given = |argument: &Option<String>, default: &Option<String>| {
        argument.clone().or_else(|| default.clone())
    };
    Ok(Options {
        victim: given(&arguments.victim, &scenario.victim).unwrap_or_else(|| "owner".to_owned()),
        second: given(&arguments.second, &scenario.second),
        fault: given(&arguments.fault, &scenario.fault).unwrap_or_else(|| "stop".to_owned()),
        scenario,
        scenario_text,
        inventory,
        inventory_text,
        server,
        rest,
        rest_file,
        page,
        clusters,
        alerts,
        access_of,
        audits,
        metrics: alerts::metrics()?,
        out,
        yes: arguments.yes,
        manual: arguments.manual,
        terminal: io::stderr().is_terminal(),
    })
}

/// The Alertmanager that the inventory at `path` names.
fn alerts(inventory: &Inventory, path: &Path) -> anyhow::Result<Alerts> {
    let Some(named) = &inventory.alertmanager else {
        anyhow::bail!(
            "--silence: {} names no Alertmanager; add `alertmanager: {{ url: \"http://host:9093\" }}`",
            path.display()
        );
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let access = named.access.as_ref();
    let access = access.map(|file| std::path::absolute(folder.join(file)));
    let access = access.transpose()?;
    let login = access.as_deref().map(|file| access_of(file, &named.url));
    let login = login.transpose().map_err(anyhow::Error::msg);
    let alertmanager =
        login.and_then(|login| Ok(Alertmanager::new(&named.url, &login.unwrap_or_default())?));
    Ok(Alerts {
        alertmanager: alertmanager.with_context(|| format!("{}: alertmanager", path.display()))?,
        url: named.url.clone(),
        access,
    })
}

fn access_of(path: &Path, url: &str) -> Result<Access, String> {
    access::read(Some(path), [url]).map_err(|error| error.to_string())
}

/// Where the evidence goes unless somebody says otherwise.
fn directory(scenario: &str, now: Timestamp) -> PathBuf {
    let time = now.to_string();
    let time: String = time
        .chars()
        .take(19)
        .filter(char::is_ascii_alphanumeric)
        .collect();
    PathBuf::from(format!("drill-{scenario}-{time}Z"))
}

/// The report comes in any case; what went wrong on the way is told after it, and decides the exit code.
fn conclude(arguments: &Drill, options: &Options, ended: Ended) -> anyhow::Result<ExitCode> {
    let verdict = judge(arguments, options);
    match ended.trouble {
        Some(trouble) => Err(trouble.into()),
        None => Ok(outcome::exit_code(verdict?, arguments.strict)),
    }
}

/// Judge what was saved, exactly as `evaluate` does.
fn judge(arguments: &Drill, options: &Options) -> anyhow::Result<Verdict> {
    let judged = evaluate::judge_directory(&options.out)?;
    let mut document = Vec::new();
    json::write(&mut document, &judged.judgement)?;
    evidence::write(&options.out, evidence::REPORT, &document)?;
    outcome::report(&judged, arguments.lang, arguments.format)?;
    let dir = options.out.display();
    writeln!(
        io::stderr(),
        "evidence in {dir}; `mirrorwatch evaluate {dir}` judges it again"
    )?;
    Ok(judged.judgement.verdict)
}

#[test]
fn the_evidence_directory_is_named_by_scenario_and_time() {
    let name = directory("worker-loss", Timestamp::from_micros(1_795_423_512_345_678));
    assert_eq!(name, PathBuf::from("drill-worker-loss-20261123T084512Z"));
}
