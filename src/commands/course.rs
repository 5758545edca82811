//! The course of a canary's records over clusters: what keeps them from going on along a chain, and which connectors carry
//! them where nobody expects them. Told of Connect's task lists, for only they have the connectors' expressions.

use std::collections::BTreeSet;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::model::connect::{ConnectorTasks, TaskMap};
use crate::model::filter::{ConnectorFacts, filter_problem};
use crate::model::flow::{Flow, ReplicationPolicy, places};
use crate::model::snapshot::Reading;

/// Where a canary's records are to go, and the flows that might take them elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// The canary's topic at the first source.
    pub(super) topic: String,
    /// The flows that carry it, in order.
    pub(super) path: Vec<Flow>,
    /// All flows.
    pub(super) flows: Vec<Flow>,
}

impl Course {
    /// What is worth saying, one sentence each. The canary itself says what is wrong with the first connector.
    pub(super) fn remarks(&self, tasks: &TaskMap) -> Vec<String> {
        let places = places(&self.path, &self.topic);
        let held_up = self.path.iter().zip(&places).skip(1);
        let held_up = held_up
            .filter_map(|(flow, (_, name))| filter_problem(name, &facts(tasks, &flow.connector)?));
        let strangers = self.flows.iter().filter(|flow| !self.path.contains(flow));
        let carried = strangers.filter_map(|flow| {
            let (_, name) = places.iter().find(|(alias, _)| *alias == flow.source)?;
            let is_carried = filter_problem(name, &facts(tasks, &flow.connector)?).is_none()
                && !came_from_its_target(flow, name);
            is_carried.then(|| carried(flow, name, &places))
        });
        held_up.chain(carried).collect()
    }
}

/// Log what there is to say of all courses, each sentence once for as long as it holds. Dropping the set ends it.
pub(super) fn tell(
    courses: Vec<Course>,
    mut tasks: watch::Receiver<Reading<TaskMap>>,
) -> JoinSet<()> {
    let mut telling = JoinSet::new();
    telling.spawn(async move {
        let mut said = BTreeSet::new();
        while tasks.changed().await.is_ok() {
            let Some(map) = tasks.borrow_and_update().value.clone() else {
                continue;
            };
            let remarks: BTreeSet<String> = courses
                .iter()
                .flat_map(|course| course.remarks(&map))
                .collect();
            for remark in remarks.difference(&said) {
                tracing::warn!(remark, "a canary's records do not go where they should");
            }
            said = remarks;
        }
    });
    telling
}

/// MM2 sees by such a name that a topic came from where it would be copied to; under the identity policy it sees nothing.
fn came_from_its_target(flow: &Flow, name: &str) -> bool {
    flow.policy != ReplicationPolicy::Identity
        && flow.policy.source_topic(&flow.target, name).is_some()
}

fn carried(flow: &Flow, name: &str, places: &[(&str, String)]) -> String {
    let Flow {
        source,
        target,
        connector,
        ..
    } = flow;
    let there = flow.remote_topic(name);
    let consequence = if places.contains(&(target, there.clone())) {
        "where they came by before: they go round for ever".to_owned()
    } else {
        format!("as topic `{there}`, where nobody expects them")
    };
    format!(
        "connector `{connector}` carries the canary's records on from `{source}` to `{target}`, {consequence}; name `{name}` in its \
         `topics.exclude`"
    )
}

/// What the task lists say of a connector; nothing while it has no tasks, for only they carry its settings.
pub(super) fn facts(tasks: &TaskMap, connector: &str) -> Option<ConnectorFacts> {
    let ConnectorTasks {
        tasks,
        tasks_max,
        topics,
        topics_exclude,
        ..
    } = tasks.of(connector)?;
    let count = u32::try_from(tasks.len()).ok().filter(|count| *count > 0)?;
    Some(ConnectorFacts {
        connector: connector.to_owned(),
        topics: topics.clone(),
        exclude: topics_exclude.clone(),
        tasks: Some(tasks_max.unwrap_or(count)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connect::AssignedTask;

    fn flow(source: &str, target: &str, policy: ReplicationPolicy) -> Flow {
        Flow {
            source: source.to_owned(),
            target: target.to_owned(),
            connector: format!("{source}-to-{target}"),
            policy,
        }
    }

    /// Each connector by its name, with its `topics`.
    fn tasks(connectors: &[(&str, &str)]) -> TaskMap {
        let tasks = |(connector, topics): &(&str, &str)| ConnectorTasks {
            connector: (*connector).to_owned(),
            tasks: vec![AssignedTask::default()],
            topics: Some((*topics).to_owned()),
            ..ConnectorTasks::default()
        };
        TaskMap {
            connectors: connectors.iter().map(tasks).collect(),
        }
    }

    fn course(path: &[Flow], others: &[Flow]) -> Course {
        Course {
            topic: "canary".to_owned(),
            path: path.to_vec(),
            flows: [path, others].concat(),
        }
    }

    #[test]
    fn a_chain_is_held_up_where_a_later_connector_does_not_match_the_name_that_it_meets() {
        let policy = ReplicationPolicy::default;
        let path = [flow("a", "b", policy()), flow("b", "c", policy())];
        let course = course(&path, &[]);
        let held_up = course.remarks(&tasks(&[("a-to-b", "canary"), ("b-to-c", "canary")]));
        assert_eq!(
            held_up,
            [
                "`topics` of connector `b-to-c` does not match the canary's topic `a.canary`: add it there"
            ]
        );
        let well = course.remarks(&tasks(&[("a-to-b", "canary"), ("b-to-c", "a\\..*")]));
        assert_eq!(well, [""; 0]);
        assert_eq!(course.remarks(&tasks(&[])), [""; 0], "nothing is known");
    }

    #[test]
    fn a_connector_that_carries_the_records_elsewhere_is_named() {
        let path = [flow("a", "b", ReplicationPolicy::default())];
        let other = [flow("b", "c", ReplicationPolicy::default())];
        let remarks = course(&path, &other).remarks(&tasks(&[("b-to-c", ".*")]));
        assert_eq!(
            remarks,
            [
                "connector `b-to-c` carries the canary's records on from `b` to `c`, as topic `b.a.canary`, where nobody expects them; \
              name `a.canary` in its `topics.exclude`"
            ]
        );
    }

    #[test]
    fn records_go_round_only_where_names_do_not_tell_whence_they_came() {
        let both = |policy: fn() -> ReplicationPolicy| {
            let course = course(&[flow("a", "b", policy())], &[flow("b", "a", policy())]);
            course.remarks(&tasks(&[("a-to-b", ".*"), ("b-to-a", ".*")]))
        };
        assert_eq!(both(ReplicationPolicy::default), [""; 0]);
        let round = both(|| ReplicationPolicy::Identity);
        assert!(round[0].contains("they go round for ever"), "{round:?}");
    }

    #[test]
    fn a_connector_without_tasks_says_nothing_of_its_settings() {
        let mut tasks = ConnectorTasks {
            connector: "mirror-source".to_owned(),
            topics: Some("test-.*".to_owned()),
            ..ConnectorTasks::default()
        };
        let facts = |tasks: &ConnectorTasks| {
            let connectors = vec![tasks.clone()];
            facts(&TaskMap { connectors }, "mirror-source")
        };
        assert_eq!(facts(&tasks), None);
        tasks.tasks.push(AssignedTask::default());
        assert_eq!(facts(&tasks).unwrap().tasks, Some(1));
        tasks.tasks_max = Some(3);
        assert_eq!(facts(&tasks).unwrap().tasks, Some(3));
    }
}
