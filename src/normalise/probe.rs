//! Whether MM2 translates the group that the probe of a flow commits, and if not, why.
//!
//! Its checkpoint connector has to match the group and the topic, and to have found the group; all three stand in its tasks'
//! configurations. A connector without tasks says nothing, nor does one of another Connect cluster: of those the checkpoints tell.

use crate::model::checkpoint::CheckpointConnector;
use crate::model::filter::{ConnectorFacts, filter_problem, group_problem};
use crate::model::flow::Flow;
use crate::model::normalised::ProbedGroup;
use crate::model::probe::ProbeView;
use crate::model::snapshot::Snapshot;

/// The groups of all probes of which it is known whether they are translated.
pub(super) fn groups(snapshot: &Snapshot) -> Vec<ProbedGroup> {
    let translators = snapshot.translators.as_ref();
    let Some(translators) = translators.and_then(|reading| reading.value.as_deref()) else {
        return Vec::new();
    };
    let group = |(flow, view): (&Flow, &ProbeView)| ProbedGroup {
        source: flow.source.clone(),
        target: flow.target.clone(),
        problem: problem(flow, view, translators),
    };
    let probes = snapshot.probes.iter();
    let probes = probes.filter_map(|(index, reading)| {
        let flow = snapshot.flows.get(*index)?;
        Some((flow, reading.value.as_deref()?))
    });
    probes.map(group).collect()
}

/// Why the probe's group is not translated; `None` if one of these connectors does it, or checkpoints show that another one did.
fn problem(flow: &Flow, view: &ProbeView, translators: &[CheckpointConnector]) -> Option<String> {
    let is_of_the_flow =
        |one: &&CheckpointConnector| (&one.source, &one.target) == (&flow.source, &flow.target);
    let of_the_flow = translators.iter().filter(is_of_the_flow);
    let mut problems: Vec<_> = of_the_flow.map(|one| problem_of(one, view)).collect();
    if problems.is_empty() {
        return (!view.has_checkpoint).then(|| nobody(flow, view));
    }
    let is_translated = problems.iter().any(Option::is_none);
    if is_translated {
        None
    } else {
        problems.remove(0)
    }
}

/// Why this connector does not translate the group.
fn problem_of(by: &CheckpointConnector, view: &ProbeView) -> Option<String> {
    let (connector, group) = (&by.connector, &view.group);
    if !by.has(group) {
        return group_problem(group, by).or_else(|| {
            Some(format!(
                "connector `{connector}` has not found group `{group}` yet; it looks for new ones every refresh.groups.interval.seconds"
            ))
        });
    }
    let facts = ConnectorFacts {
        connector: connector.clone(),
        topics: by.topics.clone(),
        exclude: by.topics_exclude.clone(),
        tasks: None,
    };
    filter_problem(&view.topic, &facts)
}

fn nobody(flow: &Flow, view: &ProbeView) -> String {
    let Flow { source, target, .. } = flow;
    format!(
        "there is no checkpoint of group `{}`, and no connector has a task that translates groups from `{source}` to `{target}`: a \
         MirrorCheckpointConnector is missing, or its `groups` match none",
        view.group
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::model::flow::ReplicationPolicy;
    use crate::model::snapshot::{Moment, Reading};
    use crate::model::time::Timestamp;

    const GROUP: &str = "mirrorwatch-probe-a-b";

    /// A checkpoint connector from `a` to `b` with these `groups`, whose only task has these.
    fn connector(groups: &str, assigned: &str) -> CheckpointConnector {
        CheckpointConnector {
            connector: "checkpoint".to_owned(),
            source: "a".to_owned(),
            target: "b".to_owned(),
            groups: Some(groups.to_owned()),
            assigned: vec![assigned.to_owned()],
            ..CheckpointConnector::default()
        }
    }

    fn snapshot(connectors: Option<Vec<CheckpointConnector>>, has_checkpoint: bool) -> Snapshot {
        let now = Moment {
            wall: Timestamp::from_micros(0),
            monotonic: Duration::ZERO,
        };
        let mut probe = Reading::none("translation:a:b");
        probe.value = Some(Arc::new(ProbeView {
            topic: "canary".to_owned(),
            group: GROUP.to_owned(),
            has_checkpoint,
            ..ProbeView::default()
        }));
        let mut translators = Reading::none("checkpoint_connectors");
        translators.value = connectors.map(Arc::new);
        Snapshot {
            flows: Arc::from([Flow {
                source: "a".to_owned(),
                target: "b".to_owned(),
                connector: "mirror".to_owned(),
                policy: ReplicationPolicy::default(),
            }]),
            probes: [(0, probe)].into(),
            translators: Some(translators),
            ..Snapshot::unpolled(now, Duration::from_secs(15))
        }
    }

    /// What is said; an empty text where all is well.
    fn said(connectors: &[CheckpointConnector], has_checkpoint: bool) -> String {
        let groups = groups(&snapshot(Some(connectors.to_vec()), has_checkpoint));
        let [ProbedGroup { problem, .. }] = &groups[..] else {
            panic!("one probe: {groups:?}");
        };
        problem.clone().unwrap_or_default()
    }

    #[test]
    fn a_group_that_a_task_has_is_translated_where_the_topic_is_one_of_its_topics() {
        let mut well = connector(".*", &format!("orders,{GROUP}"));
        assert_eq!(said(&[well.clone()], false), "");
        well.topics = Some("orders".to_owned());
        assert_eq!(
            said(&[well], true),
            "`topics` of connector `checkpoint` does not match the canary's topic `canary`: add it there"
        );
    }

    #[test]
    fn a_group_that_no_task_has_is_told_with_the_filter_that_keeps_it_out_or_the_wait() {
        let kept_out = said(&[connector("orders", "orders")], false);
        assert!(
            kept_out.starts_with("`groups` of connector `checkpoint` does not match"),
            "{kept_out}"
        );
        let yet_to_come = said(&[connector(".*", "orders")], false);
        assert!(
            yet_to_come.contains("has not found group `mirrorwatch-probe-a-b` yet"),
            "{yet_to_come}"
        );
        // An old checkpoint stays in its topic for ever.
        assert_eq!(said(&[connector("orders", "orders")], true), kept_out);
    }

    #[test]
    fn one_connector_of_several_is_enough_and_those_of_other_flows_say_nothing() {
        let well = connector(".*", GROUP);
        assert_eq!(
            said(&[connector("orders", "orders"), well.clone()], false),
            ""
        );
        let elsewhere = CheckpointConnector {
            target: "c".to_owned(),
            ..well
        };
        let nobody = said(std::slice::from_ref(&elsewhere), false);
        assert!(
            nobody.contains("no connector has a task that translates groups from `a` to `b`"),
            "{nobody}"
        );
        assert_eq!(
            said(&[elsewhere], true),
            "",
            "another Connect cluster does it"
        );
    }

    #[test]
    fn without_task_lists_or_without_a_commit_nothing_is_known() {
        assert_eq!(groups(&snapshot(None, false)), []);
        let mut uncommitted = snapshot(Some(Vec::new()), false);
        uncommitted
            .probes
            .insert(0, Reading::none("translation:a:b"));
        assert_eq!(groups(&uncommitted), []);
    }
}
