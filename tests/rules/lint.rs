//! What pint checks of rules without a server, as far as it applies: metrics and labels are in the catalogue, names and annotations
//! are whole, nothing is there twice or for nothing.

use std::collections::{BTreeMap, BTreeSet};

use mirrorwatch::exposition::catalogue;
use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::shipped::{self, ALERTS, RULES, Rule, seconds};

/// The scrape interval of `docs/prometheus.yml`, in seconds.
const SCRAPE: u64 = 10;

const ANNOTATIONS: [&str; 6] = [
    "dashboard_url",
    "description",
    "description_fr",
    "runbook_url",
    "summary",
    "summary_fr",
];

#[derive(Default)]
struct Selectors(Vec<VectorSelector>);

impl ExprVisitor for Selectors {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.0.push(selector.clone()),
            Expr::MatrixSelector(range) => self.0.push(range.vs.clone()),
            _ => {}
        }
        Ok(true)
    }
}

/// The selectors of an expression that promql-parser takes, too.
fn selectors(expr: &str) -> Vec<VectorSelector> {
    let parsed = parser::parse(expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
    let mut found = Selectors::default();
    let Ok(_) = walk_expr(&mut found, &parsed);
    assert!(!found.0.is_empty() || expr.starts_with("vector("), "{expr}");
    found.0
}

fn all() -> Vec<Rule> {
    [shipped::rules(RULES), shipped::rules(ALERTS)].concat()
}

fn recorded() -> BTreeSet<String> {
    all().into_iter().filter_map(|rule| rule.record).collect()
}

#[test]
fn every_metric_and_every_label_that_is_asked_for_is_in_the_catalogue_or_recorded() {
    let catalogue: BTreeMap<_, _> = catalogue::all()
        .into_iter()
        .map(|metric| (metric.name, metric.labels))
        .collect();
    let recorded = recorded();
    for rule in all() {
        for selector in selectors(&rule.expr) {
            let name = selector.name.clone().expect("a selector has a name");
            if name == "up" || recorded.contains(&name) {
                continue;
            }
            let labels = catalogue
                .get(&*name)
                .unwrap_or_else(|| panic!("{name} is not in the catalogue: {}", rule.expr));
            for matcher in &selector.matchers.matchers {
                assert!(
                    labels.contains(&&*matcher.name),
                    "{name} has no {}",
                    matcher.name
                );
            }
        }
    }
}

#[test]
fn a_state_that_is_asked_for_is_one_that_there_is() {
    let page = std::fs::read_to_string("tests/golden/metrics.txt").unwrap();
    for rule in all() {
        for selector in selectors(&rule.expr) {
            let name = selector.name.clone().unwrap();
            for matcher in selector
                .matchers
                .matchers
                .iter()
                .filter(|one| one.name == "state")
            {
                assert!(
                    matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_)),
                    "{name}"
                );
                for state in matcher.value.split('|') {
                    let is_there = page.lines().any(|line| {
                        line.starts_with(&name) && line.contains(&format!("state=\"{state}\""))
                    });
                    assert!(is_there, "{name} has no state {state}");
                }
            }
        }
    }
}

#[test]
fn what_is_recorded_is_named_by_level_metric_and_operation_and_is_used() {
    let used: BTreeSet<String> = all()
        .iter()
        .flat_map(|rule| selectors(&rule.expr))
        .filter_map(|selector| selector.name)
        .collect();
    for name in recorded() {
        assert_eq!(name.split(':').count(), 3, "{name}");
        assert!(used.contains(&name), "{name} is recorded for nothing");
    }
    let constants = recorded()
        .into_iter()
        .filter(|name| name.ends_with(":constant"));
    assert_eq!(constants.count(), 2, "thresholds and the objective");
}

#[test]
fn an_alert_is_named_annotated_and_labelled_in_full() {
    for (name, rule) in shipped::alerts() {
        let rest = name
            .strip_prefix("MirrorMaker")
            .unwrap_or_else(|| panic!("{name}"));
        assert!(
            rest.starts_with(char::is_uppercase) && rest.chars().all(char::is_alphanumeric),
            "{name}"
        );
        assert!(["warning", "critical"].contains(&rule.severity()), "{name}");
        let given: Vec<&str> = rule.annotations.keys().map(String::as_str).collect();
        assert_eq!(given, ANNOTATIONS, "{name}");
        for (key, text) in &rule.annotations {
            assert!(!text.trim().is_empty(), "{name}: {key}");
            if key.starts_with("summary") {
                assert!(
                    !text.contains("{{") && !text.ends_with('.'),
                    "{name}: {key} is one sentence for all"
                );
            }
        }
        let heading = name.to_lowercase();
        let runbook = format!("https://example.org/mirrorwatch/docs/runbook.md#{heading}");
        assert_eq!(rule.annotations["runbook_url"], runbook);
        let board = &rule.annotations["dashboard_url"];
        assert!(
            board.starts_with("https://grafana.example.org/d/mirrorwatch-"),
            "{board}"
        );
    }
}

#[test]
fn no_name_stands_twice_with_one_severity_but_for_windows_that_its_labels_tell() {
    let mut seen = BTreeSet::new();
    for (name, rule) in shipped::alerts() {
        assert!(
            seen.insert((name.clone(), rule.labels.clone())),
            "{name}: {:?}",
            rule.labels
        );
    }
    let groups: Vec<String> = [RULES, ALERTS]
        .iter()
        .flat_map(|path| shipped::file(path).groups)
        .map(|group| {
            assert!(seconds(&group.interval) <= 300, "{}", group.name);
            group.name
        })
        .collect();
    assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len());
}

#[test]
fn an_alert_compares_and_one_of_absence_waits_for_two_scrapes() {
    for (name, rule) in shipped::alerts() {
        assert!(
            [" > ", " < ", " == ", "\n< ", "\n> ", "\n== "]
                .iter()
                .any(|op| rule.expr.contains(op)),
            "{name}"
        );
        if rule.expr.contains("absent(") || rule.expr.contains("unless flow:") {
            assert!(rule.seconds() >= 2 * SCRAPE, "{name}: {:?}", rule.held);
        }
        let is_count = rule.expr.contains("increase(");
        assert_eq!(
            is_count,
            rule.held.is_none(),
            "{name}: what counts needs no `for`, all else does"
        );
    }
}

#[test]
fn labels_that_a_text_names_are_left_by_the_expression() {
    let named = regex::Regex::new(r"\$labels\.(\w+)").unwrap();
    for (name, rule) in shipped::alerts() {
        for text in rule.annotations.values() {
            for found in named.captures_iter(text) {
                let label = &found[1];
                let is_flow =
                    ["job", "source", "target"].contains(&label) && rule.expr.contains("flow:");
                let is_topic = ["job", "source", "target", "topic"].contains(&label)
                    && rule.expr.contains("topic:");
                let is_worker = ["job", "worker"].contains(&label) && rule.expr.contains("worker:");
                let is_up = ["job", "instance"].contains(&label) && rule.expr.contains("up{");
                let is_kept = rule.expr.contains(" by (") && rule.expr.contains(label);
                assert!(
                    is_flow || is_topic || is_worker || is_up || is_kept,
                    "{name}: {label}"
                );
            }
        }
    }
}

#[test]
fn every_threshold_is_used_and_the_recovery_point_is_one_in_both_files() {
    let used: String = shipped::alerts()
        .into_iter()
        .map(|(_, rule)| rule.expr)
        .collect();
    for (metric, severity) in shipped::thresholds().keys() {
        let constant =
            format!("mm2:threshold:constant{{metric=\"{metric}\",severity=\"{severity}\"}}");
        assert!(used.contains(&constant), "{metric} {severity} is not used");
    }
    let rpo = shipped::thresholds()[&("recovery_point".to_owned(), "critical".to_owned())].clone();
    let objective = shipped::rules(RULES)
        .into_iter()
        .find(|rule| rule.record.as_deref() == Some("mm2:rpo_objective_seconds:constant"))
        .unwrap();
    assert_eq!(objective.expr, format!("vector({rpo})"));
}

#[test]
fn what_is_to_be_detected_in_30_seconds_reads_the_page_and_not_what_is_recorded() {
    // 1.1 s or 9 s until the exporter knows, 0.2 s until its page says so, a scrape, an evaluation: see docs/alerts.md.
    for (alert, known) in [
        ("FlowStalled", 1.1),
        ("SourceDown", 9.0),
        ("TargetDown", 9.0),
    ] {
        let (name, rule) = shipped::alerts()
            .into_iter()
            .find(|(name, _)| name.ends_with(alert))
            .unwrap();
        let names: Vec<_> = selectors(&rule.expr)
            .into_iter()
            .filter_map(|one| one.name)
            .collect();
        assert!(!names.is_empty(), "{name}");
        assert!(names.iter().all(|one| one == "mm2_flow_state"), "{name}");
        let held = f64::from(u32::try_from(rule.seconds()).unwrap());
        assert!(known + 0.2 + 10.0 + 5.0 + held < 30.0, "{name}");
    }
}

#[test]
fn a_share_of_time_is_one_of_its_whole_window_in_samples_of_their_group() {
    let groups = shipped::file(RULES).groups;
    let breach = groups.iter().find(|group| {
        let mut names = group.rules.iter().filter_map(|rule| rule.record.as_deref());
        names.any(|name| name == "flow:mm2_canary_rpo_breach:bool")
    });
    let step = seconds(&breach.unwrap().interval);
    let burnt = groups
        .iter()
        .find(|group| group.name == "mirrormaker-burn-rate");
    let burnt = &burnt.unwrap().rules;
    assert_eq!(burnt.len(), 7);
    for rule in burnt {
        let (_, window) = rule.record.as_ref().unwrap().split_once(":avg").unwrap();
        let whole = seconds(window);
        let share =
            format!("{step} * sum_over_time(flow:mm2_canary_rpo_breach:bool[{window}]) / {whole}");
        assert_eq!(rule.expr, share);
    }
}

#[test]
fn a_state_fires_on_through_a_missed_scrape_and_what_counts_or_watches_scrapes_does_not() {
    for (name, rule) in shipped::alerts() {
        let ends_by_itself = rule.held.is_none()
            || rule.expr.contains("up{job")
            || rule.expr.contains("mm2_canary_rpo_breach:");
        let kept = (!ends_by_itself).then_some("1m");
        assert_eq!(rule.kept.as_deref(), kept, "{name}");
    }
}
