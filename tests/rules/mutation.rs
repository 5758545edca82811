//! Every threshold and every duration of the alerts is held by a case: changed a little to either side, the alert fires elsewhere.
//!
//! Each change is an alert of its own beside the shipped ones, so that one run of a file of cases tries them all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::thread;

use regex::Regex;

use crate::shipped::{self, Rule};
use crate::tools::{promtool, said};

const FIRING: &str = r#"count by (alertname, severity) (ALERTS{alertstate="firing"})"#;

/// One alert as it is shipped, or one change of it.
#[derive(Debug)]
struct Mutant {
    of: String,
    severity: String,
    /// Where the shipped alert stands among all: another one may have its name and severity.
    shipped: usize,
    what: String,
    expr: String,
    held: u64,
}

/// What fires at the points of a file of cases: by alert name and severity, the points and how many series.
type Fired = BTreeMap<(String, String), BTreeSet<(usize, String)>>;

#[test]
fn no_threshold_and_no_duration_can_be_changed_without_a_case_that_fails() {
    let cases = crate::cases();
    let lives: Vec<(usize, Vec<String>)> = thread::scope(|scope| {
        let runs: Vec<_> = cases
            .iter()
            .map(|name| scope.spawn(move || tried(name)))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let tried: usize = lives.iter().map(|(tried, _)| tried).sum();
    assert!(tried >= 150, "only {tried} changes were tried");
    let survivors: Vec<_> = lives
        .into_iter()
        .flat_map(|(_, survivors)| survivors)
        .collect();
    assert!(survivors.is_empty(), "no case notices: {survivors:#?}");
}

#[test]
fn every_alert_has_a_case_in_exactly_one_file() {
    let texts: Vec<String> = crate::cases()
        .iter()
        .map(|name| fs::read_to_string(format!("tests/rules/{name}")).unwrap())
        .collect();
    for (name, rule) in shipped::alerts() {
        let labels = expected(&name, rule.severity());
        let files = texts.iter().filter(|text| text.contains(&labels)).count();
        let is_reused = [
            "MirrorMakerWorkerDown",
            "MirrorMakerJmxUnread",
            "MirrorMakerSourceDown",
            "MirrorMakerTargetDown",
        ];
        assert!(
            files == 1 || (files > 1 && is_reused.contains(&name.as_str())),
            "{name} {}: {files} files",
            rule.severity()
        );
    }
}

fn expected(name: &str, severity: &str) -> String {
    format!("alertname=\"{name}\", severity=\"{severity}\"")
}

/// How many changes the cases of this file were to notice, and those that they did not.
fn tried(name: &str) -> (usize, Vec<String>) {
    let text = fs::read_to_string(format!("tests/rules/{name}")).unwrap();
    let step = if text.contains("evaluation_interval: 1m") {
        60
    } else {
        5
    };
    let mut mutants = Vec::new();
    for (alert, rule) in shipped::alerts() {
        if is_home(name, &alert) && text.contains(&expected(&alert, rule.severity())) {
            mutants.extend(with_mutants(&alert, &rule, step, mutants.len()));
        }
    }
    if mutants.is_empty() {
        return (0, Vec::new());
    }
    let fired = run(name, &text, &mutants);
    let fired = |number: usize| {
        let severity = mutants[number].severity.clone();
        fired.get(&(format!("Mutant{number}"), severity))
    };
    let changed = || (0..mutants.len()).filter(|number| mutants[*number].shipped != *number);
    let survivors = changed().filter(|number| fired(*number) == fired(mutants[*number].shipped));
    let told = survivors.map(|number| {
        let mutant = &mutants[number];
        format!("{} {}: {}", mutant.of, mutant.severity, mutant.what)
    });
    (changed().count(), told.collect())
}

/// Whether an alert's own cases stand in this file; those of workers also fire beside others.
fn is_home(file: &str, alert: &str) -> bool {
    match alert {
        "MirrorMakerWorkerDown" => file.starts_with("connect"),
        "MirrorMakerJmxUnread" => file.starts_with("monitor"),
        "MirrorMakerSourceDown" | "MirrorMakerTargetDown" => file.starts_with("flow"),
        _ => true,
    }
}

/// An alert as it is shipped, which comes to stand at that place, and its changes.
fn with_mutants(alert: &str, rule: &Rule, step: u64, shipped: usize) -> Vec<Mutant> {
    let change = |what: String, expr: String, held: u64| Mutant {
        of: alert.to_owned(),
        severity: rule.severity().to_owned(),
        shipped,
        what,
        expr,
        held,
    };
    let held = rule.seconds();
    let mut changes = vec![change("as it is".to_owned(), rule.expr.clone(), held)];
    let others = thresholds(&rule.expr)
        .into_iter()
        .chain(literals(&rule.expr));
    changes.extend(others.map(|(what, expr)| change(what, expr, held)));
    changes.push(change(
        "a longer `for`".to_owned(),
        rule.expr.clone(),
        held + step,
    ));
    if held >= step {
        changes.push(change(
            "a shorter `for`".to_owned(),
            rule.expr.clone(),
            held - step,
        ));
    }
    changes
}

/// The expression with one of its thresholds by 2 % greater, and by 2 % less.
fn thresholds(expr: &str) -> Vec<(String, String)> {
    let mut variants = Vec::new();
    for ((metric, severity), value) in shipped::thresholds() {
        let constant =
            format!("mm2:threshold:constant{{metric=\"{metric}\",severity=\"{severity}\"}}");
        let value: f64 = value.parse().unwrap();
        for factor in [1.02, 0.98] {
            let other = value * factor;
            let changed = expr.replace(&constant, &format!("vector({other})"));
            if changed != expr {
                variants.push((format!("{metric} of {other}"), changed));
            }
        }
    }
    variants
}

/// The expression with one of the numbers that it compares with changed, in both directions where a state is no matter of yes and no.
fn literals(expr: &str) -> Vec<(String, String)> {
    let compared = Regex::new(r"(==|>|<) (\d+)(\s|\)|$)").unwrap();
    let mut variants = Vec::new();
    for found in compared.captures_iter(expr) {
        let number = found.get(2).unwrap();
        let others: &[&str] = match (&found[1], number.as_str()) {
            ("==", "0") => &["1"],
            ("==", "1") => &["2"],
            (">", "0") => &["2", "-1"],
            (">", "1") => &["2", "0"],
            other => panic!("a comparison that this test does not know how to change: {other:?}"),
        };
        for other in others {
            let mut changed = expr.to_owned();
            changed.replace_range(number.range(), other);
            variants.push((format!("`{}` with {other}", found[0].trim()), changed));
        }
    }
    variants
}

/// What fires at each point of the cases, the changed alerts beside them as they are shipped.
fn run(name: &str, cases: &str, mutants: &[Mutant]) -> Fired {
    let folder = tempfile::tempdir().unwrap();
    let rules = std::env::current_dir().unwrap().join(shipped::RULES);
    fs::write(folder.path().join("alerts.yml"), alerts(mutants)).unwrap();
    let (cases, points) = numbered(cases);
    let cases = cases
        .replace("../../rules/mm2.rules.yml", rules.to_str().unwrap())
        .replace("../../alerts/mm2.alerts.yml", "alerts.yml");
    let order = Regex::new(r"  - mirrormaker-thresholds\n(  - .*\n)*").unwrap();
    let cases = order.replace(&cases, "  - thresholds\n  - mutants\n");
    fs::write(folder.path().join(name), &*cases).unwrap();
    let output = said(
        promtool()
            .args(["test", "rules", name])
            .current_dir(folder.path()),
    );
    let fired = parsed(&output.text);
    // Every point where an alert fires is told: it is the proof that the output was understood.
    assert!(!output.is_success && points > 0, "{name}: {}", output.text);
    assert!(!fired.is_empty(), "{name}: {}", output.text);
    fired
}

/// The thresholds, the alerts and their changes: those of other files would only take time.
fn alerts(mutants: &[Mutant]) -> String {
    let mut text = "groups:\n  - name: thresholds\n    rules:\n".to_owned();
    for ((metric, severity), value) in shipped::thresholds() {
        let _ = write!(
            text,
            "      - record: mm2:threshold:constant\n        labels: {{ metric: {metric}, severity: {severity} }}\n        expr: vector({value})\n"
        );
    }
    text.push_str("  - name: mutants\n    rules:\n");
    for (number, mutant) in mutants.iter().enumerate() {
        text.push_str(&alert(
            &format!("Mutant{number}"),
            &mutant.expr,
            mutant.held,
            &mutant.severity,
        ));
    }
    text
}

fn alert(name: &str, expr: &str, held: u64, severity: &str) -> String {
    let expr = expr.trim_end().replace('\n', "\n          ");
    format!(
        "      - alert: {name}\n        expr: |\n          {expr}\n        for: {held}s\n        labels: {{ severity: {severity} }}\n"
    )
}

/// The cases with each question told apart, and an answer that no case expects, so that promtool prints what it got.
fn numbered(cases: &str) -> (String, usize) {
    let question = Regex::new(r"expr: (\*firing|&firing '[^']*')").unwrap();
    let mut points = 0;
    let text = question.replace_all(cases, |_: &regex::Captures| {
        points += 1;
        let asked = FIRING.replace('}', &format!(", point!=\"{points}\"}}"));
        format!("expr: '1000 + {asked}'")
    });
    (text.into_owned(), points)
}

fn parsed(output: &str) -> Fired {
    let point = Regex::new(r#"point!=\\"(\d+)\\""#).unwrap();
    let sample = Regex::new(r#"alertname="([^"]+)", severity="([^"]+)"\} ([^\s,]+)"#).unwrap();
    let mut fired = Fired::new();
    let mut at = None;
    for line in output.lines() {
        if let Some(found) = point.captures(line) {
            at = found[1].parse::<usize>().ok();
        }
        let Some(got) = line.trim().strip_prefix("got:") else {
            continue;
        };
        for found in sample.captures_iter(got) {
            let alert = (found[1].to_owned(), found[2].to_owned());
            let value = found[3].to_owned();
            fired.entry(alert).or_default().insert((at.unwrap(), value));
        }
    }
    fired
}
