//! Records lost: what the canary's ledger says and what the audits of the users' topics say, together. Definitions: "Loss".

use super::audits::{Audits, Counts, Firsts, Outcome, Place, Report, Verdict as Told};
use super::inventory::Inventory;
use super::judgement::{Audited, Compared, Found, Interval, Measured, Remark, Verdict};
use super::remark::{is_error, remark};

/// What is known of the users' topics.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    /// Each topic that the inventory names.
    pub(super) audited: Vec<Audited>,
    /// What must be said of them.
    pub(super) remarks: Vec<Remark>,
}

impl Users {
    /// Rule: each topic that the inventory names is asked for; one that was not audited is unknown.
    pub(super) fn of(inventory: &Inventory, audits: Option<&Audits>) -> Self {
        let mut users = Self::default();
        for topic in inventory.audit.iter().flat_map(|audit| &audit.topics) {
            let of_topic = |audits: &Audits| {
                let mut topics = audits.topics.iter();
                topics
                    .find(|audited| audited.topic == *topic)
                    .map(|audited| audited.outcome.clone())
            };
            let (found, said) = match audits.and_then(of_topic) {
                Some(Outcome::Report(report)) => compared(topic, report),
                Some(Outcome::Interrupted) => unknown("audit_interrupted", topic, &[]),
                Some(Outcome::Failed(reason)) => {
                    unknown("audit_failed", topic, &[("reason", reason)])
                }
                None => unknown("audit_not_run", topic, &[]),
            };
            users.remarks.extend(said);
            users.audited.push(Audited {
                topic: topic.clone(),
                found,
            });
        }
        users
    }

    /// Records of all topics that are lost for certain, and at most.
    fn lost(&self) -> Interval {
        let each = self.audited.iter().map(|audited| match &audited.found {
            Found::Compared(compared) => compared.lost,
            Found::Unknown { .. } => Interval {
                lower: 0,
                upper: None,
            },
        });
        let nothing = Interval {
            lower: 0,
            upper: Some(0),
        };
        each.fold(nothing, sum)
    }

    /// The canary's loss and that of the users' topics together: they are different records.
    pub(super) fn with_canary(&self, canary: Measured) -> Measured {
        let lost = self.lost();
        match canary {
            Measured::Within { interval, parts } => Measured::Within {
                interval: sum(interval, lost),
                parts,
            },
            // Why the canary does not know says more than that nobody does.
            unknown if lost.lower == 0 => unknown,
            _ => Measured::between(lost.lower, None),
        }
    }

    /// Rule: what is missing in the users' topics fails whatever the samples are like; an audit that failed is an error.
    pub(super) fn verdict(&self, together: Verdict, limit: i64) -> Verdict {
        let failed = |audited: &Audited| matches!(&audited.found, Found::Unknown { because } if is_error(because));
        if self.lost().lower >= limit {
            Verdict::Fail
        } else if together != Verdict::Fail && self.audited.iter().any(failed) {
            Verdict::Error
        } else {
            together
        }
    }
}

fn sum(one: Interval, other: Interval) -> Interval {
    let upper = one.upper.zip(other.upper);
    Interval {
        lower: one.lower.saturating_add(other.lower),
        upper: upper.map(|(one, other)| one.saturating_add(other)),
    }
}

fn unknown(code: &str, topic: &str, with: &[(&str, String)]) -> (Found, Vec<Remark>) {
    let named = [("topic", topic.to_owned())];
    let because = remark(code, &[&named[..], with].concat());
    let said = vec![because.clone()];
    (Found::Unknown { because }, said)
}

fn compared(topic: &str, report: Report) -> (Found, Vec<Remark>) {
    let said = remarks(topic, &report);
    let lost = lost(&report);
    let Counts {
        source_records,
        missing,
        changed,
        duplicate,
        reordered,
        unexpected,
        undecided,
    } = report.total;
    let compared = Compared {
        remote_topic: report.target.topic,
        lost,
        records: source_records,
        missing,
        changed,
        undecided: undecided.values().sum(),
        duplicate,
        reordered,
        unexpected,
    };
    (Found::Compared(compared), said)
}

/// Rule: what is missing or changed is lost; what is undecided may be. Without an upper bound where the source has deleted records of the
/// window, where there was no record to compare, and where the audit itself does not call complete what looks so.
fn lost(report: &Report) -> Interval {
    let total = &report.total;
    let count = |records: u64| i64::try_from(records).unwrap_or(i64::MAX);
    let lower = count(total.missing + total.changed);
    let upper = lower.saturating_add(count(total.undecided.values().sum()));
    let mut partitions = report.partitions.iter();
    let is_cut = partitions.any(|partition| partition.begins_below_source_start);
    let is_doubted = upper == 0 && report.verdict != Told::Complete;
    let is_known = !is_cut && !is_doubted && total.source_records > 0;
    Interval {
        lower,
        upper: is_known.then_some(upper),
    }
}

fn remarks(topic: &str, report: &Report) -> Vec<Remark> {
    let total = &report.total;
    let undecided: u64 = total.undecided.values().sum();
    let topic = ("topic", topic.to_owned());
    let count = |count: u64| ("count", count.to_string());
    let first = |of| ("places", places(report, of));
    let mut said = Vec::new();
    if total.missing > 0 {
        let with = [topic.clone(), count(total.missing), first(|of| &of.missing)];
        said.push(remark("records_missing", &with));
    }
    if total.changed > 0 {
        let with = [topic.clone(), count(total.changed), first(|of| &of.changed)];
        said.push(remark("records_changed", &with));
    }
    if undecided > 0 {
        let reasons = ("reasons", reasons(total));
        let with = [
            topic.clone(),
            count(undecided),
            reasons,
            first(|of| &of.undecided),
        ];
        said.push(remark("records_undecided", &with));
    }
    let partitions = report.partitions.iter();
    let cut = partitions.filter(|partition| partition.begins_below_source_start);
    let cut: Vec<_> = cut.map(|cut| cut.partition.to_string()).collect();
    if !cut.is_empty() {
        let with = [topic.clone(), ("partitions", cut.join(", "))];
        said.push(remark("audit_begins_late", &with));
    }
    if total.source_records == 0 {
        said.push(remark("audit_saw_nothing", &[topic]));
    }
    said
}

/// Why records are undecided, in the words of docs/audit.md.
fn reasons(total: &Counts) -> String {
    let reasons = total.undecided.iter().filter(|(_, count)| **count > 0);
    let reasons: Vec<_> = reasons
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    reasons.join(", ")
}

/// Places that are told of a kind.
const TOLD: usize = 10;

/// Where the first records of a kind stand, `partition:offset` of the source.
fn places(report: &Report, of: fn(&Firsts) -> &Vec<Place>) -> String {
    let each = report.partitions.iter().flat_map(|partition| {
        let offsets = of(&partition.first).iter().filter_map(|place| place.source);
        offsets.map(|offset| format!("{}:{offset}", partition.partition))
    });
    each.take(TOLD).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// What the audits of `topics` say, each outcome as `audit.json` has it.
    fn users(topics: &[(&str, &str)]) -> Users {
        let names: Vec<_> = topics.iter().map(|(name, _)| *name).collect();
        let inventory = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: a, target: b, connector: c }}\n\
             connectors: {{ c: 1 }}\nworkers: []\naudit: {{ topics: [{}] }}\n",
            names.join(", ")
        );
        let there = topics.iter().filter(|(_, outcome)| !outcome.is_empty());
        let entries: Vec<_> = there
            .map(|(topic, outcome)| format!("{{\"topic\":\"{topic}\",\"outcome\":{outcome}}}"))
            .collect();
        let text = format!("{{\"format\":1,\"topics\":[{}]}}", entries.join(","));
        let inventory = read::inventory("i", &inventory).unwrap();
        Users::of(&inventory, Some(&read::audits(&text).unwrap()))
    }

    /// The outcome of an audit of 100 records.
    fn report(verdict: &str, missing: u64, changed: u64, undecided: u64) -> String {
        let place = |count: u64| if count > 0 { "[{\"source\":17}]" } else { "[]" };
        format!(
            "{{\"report\":{{\"verdict\":\"{verdict}\",\"target\":{{\"topic\":\"a.t\"}},\"total\":{{\"source_records\":100,\"missing\":{missing},\
             \"changed\":{changed},\"duplicate\":7,\"reordered\":0,\"unexpected\":0,\"undecided\":{{\"in_flight\":{undecided},\"compacted\":0}}}},\
             \"partitions\":[{{\"partition\":3,\"begins_below_source_start\":false,\"first\":{{\"missing\":{},\"changed\":{},\"undecided\":{}}}}}]}}}}",
            place(missing),
            place(changed),
            place(undecided)
        )
    }

    /// The verdict of "no record lost" where the canary lost `canary`, and what must be said.
    fn judged(canary: Measured, topics: &[(&str, &str)]) -> (Verdict, Vec<String>) {
        let users = users(topics);
        let together = users.with_canary(canary);
        let verdict = super::super::verdict::criterion(&together, None, 1);
        let codes = users.remarks.iter().map(|remark| remark.code.clone());
        (users.verdict(verdict, 1), codes.collect())
    }

    fn none_lost() -> Measured {
        Measured::between(0, Some(0))
    }

    #[test]
    fn a_missing_or_changed_record_fails_and_is_named_and_duplicates_do_not() {
        let of = |outcome: &str| judged(none_lost(), &[("t", outcome)]);
        let whole = report("complete", 0, 0, 0);
        assert_eq!(of(&whole), (Verdict::Pass, vec![]));
        let missing = report("incomplete", 1, 0, 0);
        assert_eq!(of(&missing).0, Verdict::Fail);
        assert_eq!(of(&missing).1, ["records_missing"]);
        let changed = report("incomplete", 0, 1, 0);
        assert_eq!(of(&changed).0, Verdict::Fail);
        assert_eq!(of(&changed).1, ["records_changed"]);
        let said = &users(&[("t", &missing)]).remarks[0].with;
        assert_eq!((&*said["places"], &*said["count"]), ("3:17", "1"));
    }

    #[test]
    fn what_is_undecided_cut_or_empty_does_not_pass() {
        let of = |outcome: &str| judged(none_lost(), &[("t", outcome)]);
        let undecided = report("undecided", 0, 0, 1);
        assert_eq!(of(&undecided).0, Verdict::Inconclusive);
        let said = &users(&[("t", &undecided)]).remarks[0].with;
        assert_eq!(said["reasons"], "in_flight 1");
        let whole = report("complete", 0, 0, 0);
        let cut = whole.replace("start\":false", "start\":true");
        let cut = of(&cut);
        assert_eq!(cut.0, Verdict::Inconclusive);
        assert_eq!(cut.1, ["audit_begins_late"]);
        let empty = of(&whole.replace(":100", ":0"));
        assert_eq!(empty.0, Verdict::Inconclusive);
        assert_eq!(empty.1, ["audit_saw_nothing"]);
    }

    #[test]
    fn what_the_audit_calls_undecided_for_a_reason_that_is_not_known_does_not_pass() {
        let odd = judged(none_lost(), &[("t", &report("undecided", 0, 0, 0))]);
        assert_eq!(odd.0, Verdict::Inconclusive);
        let newer = report("undecided", 0, 0, 0).replace("\"compacted\":0", "\"newer\":2");
        let newer = judged(none_lost(), &[("t", &newer)]);
        assert_eq!(newer.0, Verdict::Inconclusive);
        assert_eq!(newer.1, ["records_undecided"]);
    }

    #[test]
    fn an_audit_that_is_not_there_or_was_interrupted_is_inconclusive_and_one_that_failed_an_error()
    {
        let of = |outcome: &str| judged(none_lost(), &[("t", outcome)]);
        let not_run = vec!["audit_not_run".to_owned()];
        assert_eq!(of(""), (Verdict::Inconclusive, not_run));
        assert_eq!(of("\"interrupted\"").0, Verdict::Inconclusive);
        let failed = of("{\"failed\":\"no answer\"}");
        assert_eq!(failed, (Verdict::Error, vec!["audit_failed".to_owned()]));
    }

    #[test]
    fn a_loss_that_is_certain_fails_whatever_else_is_not_known() {
        let lost = Measured::between(1, Some(1));
        for outcome in [
            "",
            "{\"failed\":\"no answer\"}",
            &report("undecided", 0, 0, 1),
        ] {
            assert_eq!(judged(lost.clone(), &[("t", outcome)]).0, Verdict::Fail);
        }
        let missing = report("incomplete", 1, 0, 0);
        let topics = [("t", &*missing), ("u", "{\"failed\":\"no answer\"}")];
        assert_eq!(judged(none_lost(), &topics).0, Verdict::Fail);
        let because = remark("canary_not_seen", &[]);
        let unseen = Measured::Unknown { because };
        assert_eq!(judged(unseen.clone(), &topics[..1]).0, Verdict::Fail);
        // The server's warning that samples may be missing says nothing of the topics.
        let warned = users(&topics[..1]).verdict(Verdict::Inconclusive, 1);
        assert_eq!(warned, Verdict::Fail);
        let whole = report("complete", 0, 0, 0);
        let together = users(&[("t", &whole)]).with_canary(unseen.clone());
        assert_eq!(together, unseen);
    }

    #[test]
    fn losses_of_the_canary_and_of_all_topics_add_up() {
        let missing = report("incomplete", 2, 0, 1);
        let users = users(&[("t", &missing), ("u", &missing)]);
        let together = users.with_canary(Measured::between(1, Some(2)));
        assert_eq!(together, Measured::between(5, Some(8)));
        assert_eq!(
            users.verdict(Verdict::Inconclusive, 5),
            Verdict::Inconclusive
        );
        assert_eq!(users.verdict(Verdict::Inconclusive, 4), Verdict::Fail);
    }

    #[test]
    fn without_audits_in_the_inventory_nothing_changes() {
        let users = users(&[]);
        assert_eq!(users.audited, []);
        for measured in [none_lost(), Measured::between(0, None)] {
            assert_eq!(users.with_canary(measured.clone()), measured);
        }
        assert_eq!(users.verdict(Verdict::Pass, 1), Verdict::Pass);
    }
}
