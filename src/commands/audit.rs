//! `mirrorwatch audit`: finds clusters and topics in the configuration, audits, and reports.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::audit::asked::Asked;
use crate::audit::content::{Part, Parts};
use crate::audit::range::Window;
use crate::audit::report::{Report, Verdict};
use crate::audit::{self, Isolation, Options, Properties};
use crate::cli::{Audit, Format};
use crate::clock;
use crate::config::{self, Config};
use crate::model::bound::Bound;
use crate::model::flow::Flow;
use crate::model::time::Timestamp;

/// Audit and report.
pub(super) fn run(arguments: &Audit) -> anyhow::Result<ExitCode> {
    let report = audit::run(&options(arguments)?)?;
    write(&report, arguments.format).context("cannot write the report")?;
    Ok(exit_code(report.verdict))
}

fn write(report: &Report, format: Format) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Text => report.write_text(&mut out)?,
        Format::Json => report.write_json(&mut out)?,
    }
    out.flush()
}

/// definitions: 0 nothing missing or changed, 1 something is, 3 not decidable yet.
fn exit_code(verdict: Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Complete => 0,
        Verdict::Incomplete => 1,
        Verdict::Undecided => 3,
    })
}

fn options(arguments: &Audit) -> anyhow::Result<Options> {
    let config = config::load(&arguments.config)?;
    let (source, target, flow) = ends(&config, arguments.flow.as_deref())?;
    let remote_topic = match (&arguments.remote_topic, flow) {
        (Some(topic), _) => topic.clone(),
        (None, Some(flow)) => flow.remote_topic(&arguments.topic),
        (None, None) => bail!(
            "no flow {source}->{target} is configured that would name the topic; give --remote-topic"
        ),
    };
    let now = clock::wall();
    Ok(Options {
        source: cluster(&config, source)?,
        target: cluster(&config, target)?,
        topic: arguments.topic.clone(),
        remote_topic,
        asked: asked(arguments, now)?,
        asked_at: now,
        ignored: parts(&arguments.ignore),
        isolation: match arguments.isolation.as_str() {
            "read_uncommitted" => Isolation::ReadUncommitted,
            _ => Isolation::ReadCommitted,
        },
        settle: humantime::parse_duration(&arguments.settle).with_context(|| {
            format!(
                "--settle: `{}` is no duration; write a number with its unit, as 10s",
                arguments.settle
            )
        })?,
        memory: arguments.memory,
        state: arguments.resume.clone(),
        terminal: Some(io::stderr().is_terminal()),
    })
}

/// The two clusters, and the flow between them if one is configured.
fn ends<'a>(
    config: &'a Config,
    asked: Option<&'a str>,
) -> anyhow::Result<(&'a str, &'a str, Option<&'a Flow>)> {
    let flows: Vec<&Flow> = config.flows.iter().map(|flow| &flow.flow).collect();
    match (asked, &flows[..]) {
        (Some(asked), _) => {
            let Some((source, target)) = asked.split_once("->") else {
                bail!(
                    "--flow: `{asked}` is no flow; write it as source->target, in quotes; there are {}",
                    names(config)
                );
            };
            let (source, target) = (source.trim(), target.trim());
            let flow = flows
                .iter()
                .find(|flow| flow.source == source && flow.target == target);
            Ok((source, target, flow.copied()))
        }
        (None, [only]) => Ok((&only.source, &only.target, Some(only))),
        (None, _) => bail!(
            "there are several flows, name one with --flow: {}",
            names(config)
        ),
    }
}

/// The flows that there are.
pub(super) fn names(config: &Config) -> String {
    let flows = config.flows.iter().map(|flow| &flow.flow);
    let names: Vec<_> = flows
        .map(|flow| format!("{}->{}", flow.source, flow.target))
        .collect();
    names.join(", ")
}

pub(super) fn cluster(config: &Config, alias: &str) -> anyhow::Result<(String, Properties)> {
    if let Some(properties) = config.clusters.get(alias) {
        return Ok((alias.to_owned(), properties.0.clone()));
    }
    let known: Vec<_> = config.clusters.keys().map(String::as_str).collect();
    bail!(
        "the configuration has no cluster `{alias}` under `clusters`; it has {}",
        known.join(", ")
    )
}

fn asked(arguments: &Audit, now: Timestamp) -> anyhow::Result<Asked> {
    if !arguments.offsets.is_empty() {
        let ranges: Result<_, String> = arguments
            .offsets
            .iter()
            .map(|range| range.parse())
            .collect();
        return ranges
            .map(Asked::Offsets)
            .map_err(|error| anyhow::anyhow!("--offsets: {error}"));
    }
    let bound = |name: &str, text: &Option<String>| {
        let bound = text.as_deref().map(str::parse::<Bound>).transpose();
        bound.map_err(|error| anyhow::anyhow!("{name}: {error}"))
    };
    let asked = Asked::Times {
        from: bound("--from", &arguments.from)?,
        to: bound("--to", &arguments.to)?,
    };
    match asked.window(now) {
        Window::Times {
            from: Some(from),
            to: Some(to),
        } if from >= to => bail!("--from must be before --to"),
        _ => Ok(asked),
    }
}

fn parts(names: &[String]) -> Parts {
    Part::ALL
        .into_iter()
        .filter(|part| names.iter().any(|name| name == part.as_str()))
        .collect()
}

#[test]
fn a_flow_is_found_or_the_error_names_those_there_are() {
    let text = "connect: { workers: [{ url: 'http://w:1' }] }\nclusters: { a: { bootstrap.servers: x }, b: { bootstrap.servers: y }, \
                c: { bootstrap.servers: z } }\nflows:\n  - { source: a, target: b, connector: m }\n  - { source: b, target: c, connector: n }\n";
    let config = config::parse(std::path::Path::new("c.yml"), text).unwrap();
    let flow =
        |asked| ends(&config, asked).map(|(source, target, flow)| (source, target, flow.is_some()));
    assert_eq!(flow(Some("b->c")).unwrap(), ("b", "c", true));
    // A chain: what a has, and what came to c over b.
    assert_eq!(flow(Some("a->c")).unwrap(), ("a", "c", false));
    assert!(flow(None).unwrap_err().to_string().contains("a->b, b->c"));
    assert!(
        flow(Some("b"))
            .unwrap_err()
            .to_string()
            .contains("a->b, b->c")
    );
    assert!(
        cluster(&config, "d")
            .unwrap_err()
            .to_string()
            .contains("it has a, b, c")
    );
}
