//! `mirrorwatch report`: joins the drills of the plan's tests into the section as it is handed in.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::{evaluate, outcome};
use crate::cli::{Report, SectionFormat};
use crate::recovery::inventory::Inventory;
use crate::recovery::judgement::Judgement;
use crate::report::Style;
use crate::report::whole::{self, Deployed, Run, Synthesis};

/// Judge every drill again, and write what they come to.
pub(super) fn run(arguments: &Report) -> anyhow::Result<ExitCode> {
    let runs = arguments.drills.iter().map(|path| read(path));
    let mut runs: Vec<_> = runs.collect::<anyhow::Result<_>>()?;
    for (run, name) in runs.iter_mut().zip(names(&arguments.drills)) {
        run.name = name;
    }
    write(&runs, arguments)?;
    let verdict = Synthesis::of(&runs).verdict;
    Ok(outcome::exit_code(verdict, arguments.strict))
}

/// The evidence in a directory, judged; of a file, the judgement that it is.
fn read(path: &Path) -> anyhow::Result<Run> {
    let shown = path.display();
    if path.is_dir() {
        let (judged, inventory) = evaluate::judge_with_inventory(path)
            .with_context(|| format!("{shown}: cannot be judged"))?;
        return Ok(Run {
            name: String::new(),
            judgement: judged.judgement,
            timeline: judged.timeline,
            deployed: Some(deployed(inventory)),
        });
    }
    let text = fs::read_to_string(path).with_context(|| format!("{shown}"))?;
    let judgement: Judgement = serde_json::from_str(&text).with_context(|| {
        format!("{shown}: neither the evidence of a drill nor a judgement (report.json)")
    })?;
    if judgement.format != FORMAT {
        bail!(
            "{shown}: a judgement of format {}; this version reads {FORMAT}",
            judgement.format
        );
    }
    Ok(Run {
        name: String::new(),
        judgement,
        timeline: None,
        deployed: None,
    })
}

/// The form of a judgement that is read here.
const FORMAT: u32 = 1;

fn deployed(inventory: Inventory) -> Deployed {
    Deployed {
        tasks: inventory.connectors,
        flow: inventory.flow.connector,
    }
}

/// Each run is named by its directory; by its whole path where that is not enough to tell them apart.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let names: Vec<_> = paths.iter().map(|path| short(path)).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    if distinct.len() == names.len() {
        return names;
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

fn short(path: &Path) -> String {
    // Neither tells one drill from another.
    let says_nothing = |path: &Path| {
        let name = path.file_name();
        name.is_some_and(|name| name == "report.json" || name == "evidence")
    };
    let own = path.ancestors().find(|path| !says_nothing(path));
    let own = own.filter(|own| own.file_name().is_some()).unwrap_or(path);
    let last = own.file_name().unwrap_or(own.as_os_str());
    last.to_string_lossy().into_owned()
}

fn write(runs: &[Run], arguments: &Report) -> io::Result<()> {
    let language = outcome::language(arguments.lang);
    let stdout = io::stdout();
    let no_color = std::env::var_os("NO_COLOR");
    let style = Style::new(language, stdout.is_terminal(), no_color.as_deref());
    let mut out = io::BufWriter::new(stdout.lock());
    match arguments.format {
        SectionFormat::Text => whole::as_text(&mut out, runs, style)?,
        SectionFormat::Markdown => whole::as_markdown(&mut out, runs, language)?,
        SectionFormat::Html => whole::as_html(&mut out, runs, language)?,
        SectionFormat::Json => whole::as_json(&mut out, runs)?,
    }
    out.flush()
}

#[test]
fn a_run_is_named_by_its_directory_unless_two_have_the_same_name() {
    let named = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        names(&paths)
    };
    assert_eq!(
        named(&["a/5.1-kill/", "x/5.5/report.json"]),
        ["5.1-kill", "5.5"]
    );
    assert_eq!(named(&["runs/kill/evidence"]), ["kill"]);
    assert_eq!(named(&["a/kill", "b/kill"]), ["a/kill", "b/kill"]);
    assert_eq!(named(&["report.json"]), ["report.json"]);
    assert_eq!(named(&[".."]), [".."]);
}
