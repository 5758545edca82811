//! What may move on the way, beside what a stage expects, and why. Whatever else moves fails the row.

use std::fmt;

/// What moves together.
pub(super) struct Moves {
    /// What moves it.
    pub(super) what: &'static str,
    pub(super) series: &'static [Mover],
}

/// Series that may be something else for a while.
pub(super) struct Mover {
    pub(super) metric: &'static str,
    /// Only those that have these labels.
    pub(super) labels: Labels,
    /// What they may become: a number, a state, or `gone`. Anything, if nothing is named.
    pub(super) through: &'static [&'static str],
    pub(super) why: &'static str,
}

/// Members join the group.
pub(super) const JOINING: Moves = Moves {
    what: "a rebalance",
    series: &[
        mover(
            "mm2_connect_assignment_withheld",
            &["gone"],
            "while members join, the group has no assignment",
        ),
        silent(
            &[("endpoint", "tasks")],
            "Connect gives no task list during a rebalance",
        ),
        silent(
            &[("endpoint", "group:connect-lab")],
            "while members join, its coordinator may answer too late",
        ),
        silent(
            &[("endpoint", "status_topic")],
            "while members join, the broker that they write their states to may answer too late",
        ),
    ],
};
/// Tasks stop on one worker and start on another.
pub(super) const MOVING: Moves = Moves {
    what: "tasks that start, stop or move",
    series: &[
        mover(
            "mm2_connector_state",
            &["unassigned", "restarting"],
            "the worker that gives it up says so before the next one has it",
        ),
        mover(
            "mm2_task_state",
            &["missing", "unassigned", "restarting"],
            "Connect says that a task runs before its MBean is there, and after it is gone",
        ),
        mover(
            "mm2_task_state",
            &["stalled"],
            "one that starts may be looked at twice before it writes its first record",
        ),
        mover(
            "mm2_task_workers",
            &["0", "2"],
            "its MBean is on no worker for a moment, or on the old one as well",
        ),
        mover(
            "mm2_flow_state",
            &["degraded", "stalled"],
            "those of its tasks that move stop for a moment, at worst all of them",
        ),
    ],
};
/// A worker that goes or comes back changes who is in the group and what is withheld.
pub(super) const COMING: Moves = Moves {
    what: "workers that leave and come back",
    series: &[
        mover(
            "mm2_connect_group_members",
            &["1", "2"],
            "members leave and join one after the other",
        ),
        mover(
            "mm2_connect_assignment_withheld",
            &["0", "1"],
            "the leader withholds the tasks of one who is away",
        ),
        mover(
            "mm2_task_state",
            &["withheld"],
            "the leader withholds the tasks of one who is away",
        ),
        mover(
            "mm2_flow_state",
            &["blind"],
            "a worker that starts takes the machine for a second, in which the canary waits for its answers",
        ),
    ],
};
/// All that happens when a worker leaves or comes back.
pub(super) const REBALANCE: &[&Moves] = &[&JOINING, &MOVING, &COMING];
/// The last reading of a worker that does not answer is given up.
pub(super) const EXPIRED: Moves = Moves {
    what: "a reading past its time to live",
    series: &[mover(
        "mm2_task_workers",
        &["0"],
        "the last reading of the dead worker is past its time to live",
    )],
};
/// The delay is over, and the next owner has not said so yet.
pub(super) const STILL_NAMED: Moves = Moves {
    what: "the end of the delay",
    series: &[mover(
        "mm2_task_state",
        &["running_on_dead_worker"],
        "the delay is over, and Connect goes on to name the dead worker until the next one has the task",
    )],
};
/// How many tasks of the flow a victim has that was not chosen for them.
pub(super) const ITS_SHARE: Moves = Moves {
    what: "the victim's share of the flow",
    series: &[mover(
        "mm2_flow_state",
        &["degraded", "stalled"],
        "the leader may own none, some or all tasks of the flow",
    )],
};
/// The workers do not reach their own group.
pub(super) const AWAY: Moves = Moves {
    what: "workers that do not reach their group",
    series: &[
        mover(
            "mm2_connect_assignment_withheld",
            &["gone"],
            "a group without members has no assignment",
        ),
        mover(
            "mm2_connect_group_members",
            &["0", "1", "2"],
            "the group loses them one after the other",
        ),
        Mover {
            metric: "mm2_exporter_endpoint_up",
            labels: &[("endpoint", "tasks")],
            through: &["0", "1"],
            why: "task lists wait for a herder that waits for its group",
        },
    ],
};
/// Nothing is read of the source.
pub(super) const SOURCE_UNREAD: Moves = Moves {
    what: "a source that does not answer",
    series: &[
        BLIND,
        endpoint(&[("endpoint", "cluster:source")]),
        endpoint(&[("endpoint", "offsets:source")]),
        expired("mm2_cluster_brokers", &[("alias", "source")]),
        expired("mm2_cluster_info", &[("alias", "source")]),
        expired("mm2_replication_gap_records_total", &[]),
    ],
};
/// The checkpoint connector looks for groups while the source is away.
pub(super) const NO_GROUPS: Moves = Moves {
    what: "a checkpoint connector that finds no group",
    series: &[no_groups("mm2_task_state"), no_groups("mm2_task_workers")],
};
/// The source answers again.
pub(super) const SOURCE_BACK: Moves = Moves {
    what: "a source that answers again",
    series: &[
        BLIND,
        BOTH_ANSWER,
        mover(
            "mm2_task_state",
            &["stalled"],
            "what there is to copy may have been there since the last look before the stop",
        ),
    ],
};
/// Nothing is read of the target, and nothing is written to it.
pub(super) const TARGET_UNREAD: Moves = Moves {
    what: "a target that does not answer",
    series: &[
        BLIND,
        endpoint(&[("endpoint", "cluster:target")]),
        endpoint(&[("endpoint", "offsets:target")]),
        endpoint(&[("endpoint", "group:connect-lab")]),
        endpoint(&[("endpoint", "status_topic")]),
        endpoint(&[("endpoint", "checkpoints:source:target")]),
        endpoint(&[("endpoint", "heartbeats:heartbeats:source:target")]),
        endpoint(&[("endpoint", "heartbeats:source.heartbeats:source:target")]),
        expired("mm2_cluster_brokers", &[("alias", "target")]),
        expired("mm2_cluster_info", &[("alias", "target")]),
        expired("mm2_connect_assignment_withheld", &[]),
        expired("mm2_connect_group_members", &[]),
        expired("mm2_exporter_malformed_records_total", &[]),
        mover(
            "mm2_task_state",
            &["stalled"],
            "until the workers give it up it writes nothing",
        ),
    ],
};
/// The target answers again.
pub(super) const TARGET_BACK: Moves = Moves {
    what: "a target that answers again",
    series: &[BLIND, BOTH_ANSWER],
};
/// The target has just come back, and all tasks begin on it at once.
pub(super) const TARGET_BUSY: Moves = Moves {
    what: "a target on which all tasks begin at once",
    series: &[
        busy(&[("endpoint", "checkpoints:source:target")]),
        busy(&[("endpoint", "heartbeats:heartbeats:source:target")]),
        busy(&[("endpoint", "heartbeats:source.heartbeats:source:target")]),
    ],
};
/// Tasks that are no more.
pub(super) const ENDING: Moves = Moves {
    what: "tasks that are no more",
    series: &[mover(
        "mm2_task_workers",
        &["gone", "0"],
        "a task that is no more is on no worker",
    )],
};
/// A topic of the source that is no more.
pub(super) const TOPIC_GONE: Moves = Moves {
    what: "a topic that is no more",
    series: &[mover(
        "mm2_replication_gap_records_total",
        &["gone"],
        "a topic that is no more has no gap",
    )],
};
/// A task that fails.
pub(super) const FAILING: Moves = Moves {
    what: "a task that is about to fail",
    series: &[mover(
        "mm2_task_state",
        &["stalled"],
        "until Connect says FAILED it writes nothing",
    )],
};
/// The large record is deleted.
pub(super) const HEALING: Moves = Moves {
    what: "the deleted record",
    series: &[mover(
        "mm2_replication_gap_records_total",
        &[],
        "what is deleted before it was copied is a gap",
    )],
};
/// What a machine moves that is busy with other things.
pub(super) const BUSY: Mover = mover(
    "mm2_canary_problem",
    &["1"],
    "on a busy machine the canary has to wait too long for an answer, and asks again",
);
/// What a state passes through on its way to the one that is expected.
pub(super) const ON_THE_WAY: Mover = mover(
    "mm2_flow_state",
    &["degraded"],
    "its partitions stop and come back one after the other",
);

/// The rest of a row of a table: series, values, reason.
impl fmt::Display for Mover {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter();
        let labels: Vec<String> = labels
            .map(|(key, value)| format!("{key}=\"{value}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let through = if self.through.is_empty() {
            "anything".to_owned()
        } else {
            self.through.join(", ")
        };
        write!(
            out,
            "`{}{labels}` | {through} | {} |",
            self.metric, self.why
        )
    }
}

const BLIND: Mover = mover(
    "mm2_flow_state",
    &["blind"],
    "the canary misses a cluster a moment before the probe does, and finds it a moment after",
);
const BOTH_ANSWER: Mover = mover(
    "mm2_flow_state",
    &["stalled"],
    "both clusters answer, and nothing is copied yet",
);

type Labels = &'static [(&'static str, &'static str)];

/// An endpoint that gives no answer for a while.
const fn silent(labels: Labels, why: &'static str) -> Mover {
    Mover {
        metric: "mm2_exporter_endpoint_up",
        labels,
        through: &["0"],
        why,
    }
}

const fn endpoint(labels: Labels) -> Mover {
    silent(labels, "it asks that cluster")
}

const fn busy(labels: Labels) -> Mover {
    silent(
        labels,
        "a broker that has just started may answer too late while all tasks begin on it",
    )
}

const fn no_groups(metric: &'static str) -> Mover {
    Mover {
        metric,
        labels: &[("connector", "mirror-checkpoint")],
        through: &["gone"],
        why: "MM2 gives it no task until it finds groups at its next look",
    }
}

const fn expired(metric: &'static str, labels: Labels) -> Mover {
    Mover {
        metric,
        labels,
        through: &["gone"],
        why: "the last reading of that cluster is past its time to live",
    }
}

const fn mover(metric: &'static str, through: &'static [&'static str], why: &'static str) -> Mover {
    Mover {
        metric,
        labels: &[],
        through,
        why,
    }
}
