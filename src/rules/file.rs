//! Rule files: read strictly, with everything that is wrong named by file, line and key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::template::Template;
use crate::promql::{Labels, Millis, Query, parse_duration};
use crate::yaml::{self, Fault, Text, fault};

/// A file of rules.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Its groups, in order.
    pub groups: Vec<Group>,
}

/// Rules that are evaluated one after the other at one time.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Between two evaluations; `None`: the server's own.
    pub interval: Option<Millis>,
    /// How long before the evaluation's time the expressions look.
    pub query_offset: Millis,
    /// Most series or alerts of a rule; none if it is 0.
    pub limit: usize,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What is recorded, or the alert.
    pub name: String,
    /// The expression.
    pub query: Query,
    /// Labels that it adds, those of its group among them.
    pub(super) labels: Vec<(String, Template)>,
    /// What an alert has besides; `None`: the rule records.
    pub(super) alert: Option<Alerting>,
}

/// What only alerts have.
#[derive(Clone, Debug)]
pub(super) struct Alerting {
    /// How long the expression must hold.
    pub(super) hold: Millis,
    /// How long the alert goes on after that.
    pub(super) keep: Millis,
    pub(super) annotations: Vec<(String, Template)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<WrittenGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    name: String,
    interval: Option<String>,
    query_offset: Option<String>,
    #[serde(default)]
    limit: usize,
    #[serde(default)]
    labels: BTreeMap<String, Text>,
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    record: Option<String>,
    alert: Option<String>,
    expr: Text,
    #[serde(rename = "for")]
    hold: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, Text>,
    #[serde(default)]
    annotations: BTreeMap<String, Text>,
}

impl RuleFile {
    /// The rules of a file.
    pub fn read(path: &Path) -> Result<Self, yaml::Error> {
        Self::parse(path, &yaml::read(path)?)
    }

    /// The same of its text.
    pub fn parse(path: &Path, text: &str) -> Result<Self, yaml::Error> {
        let file = yaml::File {
            path,
            text,
            reference: "Prometheus' documentation of recording and alerting rules",
        };
        let File { groups } = file.parse()?;
        groups_of(groups).map_err(|fault| file.meaning(fault))
    }
}

fn groups_of(written: Vec<WrittenGroup>) -> Result<RuleFile, Fault> {
    let mut names = BTreeSet::new();
    let mut groups = Vec::new();
    for (n, group) in written.into_iter().enumerate() {
        let key = format!("groups[{n}]");
        if group.name.is_empty() || !names.insert(group.name.clone()) {
            return fault(
                format!("{key}.name"),
                "is empty, or that of a group before; give each group a name of its own",
            );
        }
        groups.push(group_of(&key, group)?);
    }
    Ok(RuleFile { groups })
}

fn group_of(key: &str, group: WrittenGroup) -> Result<Group, Fault> {
    let mut rules = Vec::new();
    for (n, rule) in group.rules.into_iter().enumerate() {
        rules.push(rule_of(&format!("{key}.rules[{n}]"), rule, &group.labels)?);
    }
    Ok(Group {
        name: group.name,
        interval: duration(&format!("{key}.interval"), group.interval.as_deref())?,
        query_offset: duration(
            &format!("{key}.query_offset"),
            group.query_offset.as_deref(),
        )?
        .unwrap_or(0),
        limit: group.limit,
        rules,
    })
}

fn rule_of(key: &str, rule: WrittenRule, of_group: &BTreeMap<String, Text>) -> Result<Rule, Fault> {
    let (name, is_alert) = match (rule.record, rule.alert) {
        (Some(name), None) => (name, false),
        (None, Some(name)) => (name, true),
        _ => return fault(key, "needs either `record` or `alert`"),
    };
    if !is_alert && !is_metric(&name) {
        return fault(format!("{key}.record"), "is not the name of a metric");
    }
    let query = Query::parse(&rule.expr.0)
        .map_err(|error| Fault::new(format!("{key}.expr"), error.to_string()))?;
    if !is_alert
        && (rule.hold.is_some() || rule.keep_firing_for.is_some() || !rule.annotations.is_empty())
    {
        return fault(
            key,
            "records: only an alert has `for`, `keep_firing_for` and `annotations`",
        );
    }
    let mut labels = of_group.clone();
    labels.extend(rule.labels);
    let alerting = Alerting {
        hold: duration(&format!("{key}.for"), rule.hold.as_deref())?.unwrap_or(0),
        keep: duration(
            &format!("{key}.keep_firing_for"),
            rule.keep_firing_for.as_deref(),
        )?
        .unwrap_or(0),
        annotations: templates(&format!("{key}.annotations"), rule.annotations, true)?,
    };
    Ok(Rule {
        name,
        query,
        labels: templates(&format!("{key}.labels"), labels, is_alert)?,
        alert: is_alert.then_some(alerting),
    })
}

fn templates(
    key: &str,
    written: BTreeMap<String, Text>,
    expands: bool,
) -> Result<Vec<(String, Template)>, Fault> {
    let one = |(name, Text(text)): (String, Text)| {
        let key = format!("{key}.{name}");
        if name.is_empty()
            || name == "__name__"
            || (expands && name == "alertname" && key.contains(".labels."))
        {
            return fault(key, "cannot be set by a rule");
        }
        let template = if expands {
            Template::parse(&text).map_err(|error| Fault::new(key, error))?
        } else {
            Template::literal(&text)
        };
        Ok((name, template))
    };
    written.into_iter().map(one).collect()
}

fn duration(key: &str, text: Option<&str>) -> Result<Option<Millis>, Fault> {
    let Some(text) = text else {
        return Ok(None);
    };
    let duration = parse_duration(text).map_err(|error| Fault::new(key, error.to_string()))?;
    Ok(Some(
        Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX),
    ))
}

fn is_metric(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

impl Rule {
    /// Whether a series is one that it writes: what it records, or its alerts.
    pub fn writes(&self, labels: &Labels) -> bool {
        match self.alert {
            None => labels.name() == self.name,
            Some(_) => {
                matches!(labels.name(), "ALERTS" | "ALERTS_FOR_STATE")
                    && labels.get("alertname") == self.name
            }
        }
    }

    /// Whether it is an alert.
    pub fn is_alert(&self) -> bool {
        self.alert.is_some()
    }

    /// The labels of a result: its own, and over them the rule's.
    pub(super) fn labelled(&self, labels: &Labels, value: f64) -> Labels {
        let mut pairs: BTreeMap<String, String> = labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, template) in &self.labels {
            pairs.insert(name.clone(), template.expand(labels, value));
        }
        let own = if self.is_alert() {
            "alertname"
        } else {
            "__name__"
        };
        pairs.insert(own.to_owned(), self.name.clone());
        pairs.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let read = RuleFile::parse(Path::new("r.yml"), text);
        read.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_key() {
        let rule = |rule: &str| format!("groups:\n  - name: g\n    rules:\n      - {rule}\n");
        let cases = [
            (
                rule("{ record: a, expr: 'up(' }"),
                "r.yml:4: `groups[0].rules[0].expr`",
            ),
            (
                rule("{ record: 'a b', expr: up }"),
                "is not the name of a metric",
            ),
            (
                rule("{ record: a, alert: b, expr: up }"),
                "needs either `record` or `alert`",
            ),
            (rule("{ expr: up }"), "needs either `record` or `alert`"),
            (
                rule("{ record: a, expr: up, for: 5m }"),
                "only an alert has `for`",
            ),
            (
                rule("{ alert: a, expr: up, for: 5x }"),
                "`5x` is not a duration",
            ),
            (rule("{ alert: a, expr: up, fro: 5m }"), "fro"),
            (
                rule("{ alert: a, expr: up, annotations: { x: '{{ nope }}' } }"),
                "`nope`",
            ),
            (
                rule("{ alert: a, expr: up, labels: { alertname: x } }"),
                "cannot be set by a rule",
            ),
            (
                "groups:\n  - { name: g, rules: [] }\n  - { name: g, rules: [] }\n".to_owned(),
                "give each group a name of its own",
            ),
        ];
        for (text, says) in cases {
            let said = said(&text);
            assert!(said.contains(says), "{text}{said}");
        }
    }

    #[test]
    fn the_shipped_rules_and_alerts_are_read() {
        let rules = |path: &str| {
            let file = RuleFile::read(Path::new(path)).unwrap();
            file.groups
                .iter()
                .map(|group| group.rules.len())
                .sum::<usize>()
        };
        assert!(rules("rules/mm2.rules.yml") > 20);
        assert!(rules("alerts/mm2.alerts.yml") > 50);
    }
}
