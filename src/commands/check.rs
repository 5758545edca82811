//! `mirrorwatch check`: read configurations, web configurations, inventories and scenarios, and say what is wrong in them. Nothing is run.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::complaint::complaint;
use super::fit::{self, Fit};
use super::rights::{self, Found};
use super::{access, audits, clusters, inputs};
use crate::cli::Check;
use crate::{config, web};

/// Check every file that is named; one line per file that is in order, the problems of every other one.
pub(super) fn run(
    arguments: &Check,
    out: &mut impl Write,
    complaints: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let mut results: Vec<(String, anyhow::Result<()>)> = Vec::new();
    for path in &arguments.config {
        results.push((
            path.display().to_string(),
            config::load(path).map(drop).map_err(Into::into),
        ));
    }
    for path in &arguments.web_config {
        results.push((
            path.display().to_string(),
            web::load(path).map(drop).map_err(Into::into),
        ));
    }
    for path in &arguments.inventory {
        results.push((
            path.display().to_string(),
            inputs::inventory(path).and_then(|(inventory, _)| {
                access::of(&inventory, path)?;
                audits::named(&inventory, path).map(drop)
            }),
        ));
    }
    for name in &arguments.scenario {
        results.push((name.clone(), inputs::scenario(name).map(drop)));
    }
    let mut warnings = Vec::new();
    let rights = rights(arguments, &mut results);
    for path in &arguments.inventory {
        for name in &arguments.scenario {
            let (fits, doubts) = at_site(name, path);
            results.extend(fits);
            warnings.extend(doubts);
        }
    }
    if results.is_empty() {
        anyhow::bail!(
            "nothing to check: give --config, --web.config.file, --inventory or --scenario"
        );
    }
    let failed = results.iter().any(|(_, result)| result.is_err());
    let mut is_unknown = false;
    for (name, result) in results {
        match result {
            Ok(()) => writeln!(out, "{name}: ok")?,
            Err(error) => writeln!(complaints, "{}", complaint(&error))?,
        }
    }
    for warning in warnings {
        writeln!(complaints, "{warning}")?;
    }
    for (name, found) in &rights {
        is_unknown |= !found.unknown.is_empty();
        doubts(name, found, complaints)?;
    }
    Ok(match (failed, is_unknown) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(3),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// What of the rights is not known, and how many of them are where none is missing.
fn doubts(name: &str, found: &Found, complaints: &mut impl Write) -> std::io::Result<()> {
    for line in &found.unknown {
        writeln!(complaints, "{name}: not known: {line}")?;
    }
    let (granted, unknown) = (found.granted, found.unknown.len());
    if unknown > 0 && found.missing.is_empty() {
        writeln!(
            complaints,
            "{name}: {granted} rights granted, {unknown} not known"
        )?;
    }
    Ok(())
}

/// What the peers of every file that is in order say of the rights, where that is asked for; what is missing is a problem of the file.
fn rights(
    arguments: &Check,
    results: &mut Vec<(String, anyhow::Result<()>)>,
) -> Vec<(String, Found)> {
    if !arguments.rights {
        return Vec::new();
    }
    let mut all = Vec::new();
    for path in &arguments.config {
        if let Ok(config) = config::load(path) {
            all.push((path, rights::of_config(&config)));
        }
    }
    for path in &arguments.inventory {
        let read = inputs::inventory(path);
        let clusters = read.and_then(|(inventory, _)| clusters::of(&inventory, path));
        if let Ok(Ok(clusters)) = clusters {
            all.push((path, Ok(rights::of_inventory(&clusters))));
        }
    }
    let mut told = Vec::new();
    for (path, found) in all {
        let name = path.display().to_string();
        match found {
            Ok(found) => {
                let rights = format!("{name}: {} rights granted", found.granted);
                let missing: Vec<_> = found
                    .missing
                    .iter()
                    .map(|one| format!("{name}: {one}"))
                    .collect();
                if !missing.is_empty() {
                    results.push((rights, Err(anyhow::anyhow!("{}", missing.join("\n")))));
                } else if found.unknown.is_empty() {
                    results.push((rights, Ok(())));
                }
                told.push((name, found));
            }
            Err(error) => results.push((name, Err(error))),
        }
    }
    told
}

/// A scenario at a site, where both are in order by themselves: why it cannot be run there, and what is worth a warning.
fn at_site(name: &str, path: &Path) -> (Option<(String, anyhow::Result<()>)>, Vec<String>) {
    let both = inputs::scenario(name).and_then(|(scenario, _)| {
        let (inventory, _) = inputs::inventory(path)?;
        let clusters = clusters::of(&inventory, path)?;
        Ok((scenario, inventory, clusters))
    });
    let Ok((scenario, inventory, clusters)) = both else {
        return (None, Vec::new());
    };
    let Fit { problems, warnings } = fit::of(&scenario, &inventory, clusters.as_ref().ok());
    let at = format!("{name} at {}", path.display());
    let lines = |kind: &str, said: Vec<String>| {
        let lines = said.iter().map(|said| format!("{at}: {kind}{said}"));
        lines.collect::<Vec<_>>()
    };
    let warnings = lines("warning: ", warnings);
    let problems = lines("", problems.into_iter().collect());
    let result = if problems.is_empty() {
        Ok(())
    } else {
        Err(anyhow::anyhow!("{}", problems.join("\n")))
    };
    (Some((at, result)), warnings)
}

#[test]
fn every_file_is_checked_and_the_wrong_ones_are_named() {
    let check = |scenario: &[&str]| {
        let arguments = Check {
            config: vec![],
            web_config: vec![],
            inventory: vec![],
            rights: false,
            scenario: scenario.iter().map(|s| (*s).to_owned()).collect(),
        };
        let (mut out, mut complaints) = (Vec::new(), Vec::new());
        let code = run(&arguments, &mut out, &mut complaints).map(|code| format!("{code:?}"));
        (
            code.ok(),
            String::from_utf8(out).unwrap(),
            String::from_utf8(complaints).unwrap(),
        )
    };
    assert_eq!(
        check(&["worker-loss"]),
        (
            Some(format!("{:?}", ExitCode::SUCCESS)),
            "worker-loss: ok\n".to_owned(),
            String::new()
        )
    );
    let (code, out, complaints) = check(&["/no/such/file", "worker-loss"]);
    assert_eq!(
        (code, out.as_str()),
        (
            Some(format!("{:?}", ExitCode::from(2))),
            "worker-loss: ok\n"
        )
    );
    assert!(complaints.contains("/no/such/file"), "{complaints}");
    assert_eq!(check(&[]).0, None);
}
