//! The rows of the generated scenario's grids, each beside the question that the second implementation asks of a page.

use std::fmt::Write as _;

use mirrorwatch::recovery::scenario::Must;

use crate::connect::Shown;
use crate::second::sampled::{self, Question};

/// A row of the grid of times.
pub struct Time {
    pub id: &'static str,
    until: &'static str,
    read_from: &'static str,
    pub question: Question,
    pub age: fn(&Shown) -> Option<i64>,
}

pub const TIMES: [Time; 3] = [
    Time {
        id: "rebalance-triggered",
        until: r#"expr: 'absent(mm2_connect_group_member_info{worker="$victim"}) and on () mm2_connect_group_members', witness: mm2_connect_group_members"#,
        read_from: "group:",
        question: sampled::let_go,
        age: |shown| shown.group_age,
    },
    Time {
        id: "tasks-redistributed",
        until: r#"expr: 'kafka_connect_connector_task_status{connector="$connector",status="running",worker!="$victim"} == 1', series: tasks, witness: 'kafka_connect_connector_task_status{connector="$connector"}'"#,
        read_from: "rest:",
        question: sampled::redistributed,
        age: |shown| shown.rest_age,
    },
    Time {
        id: "task-failed",
        until: r#"expr: 'kafka_connect_connector_task_status{status="failed"} == 1', witness: 'kafka_connect_connector_task_status{connector="$connector"}'"#,
        read_from: "rest:",
        question: sampled::some_failed,
        age: |shown| shown.rest_age,
    },
];

/// A row of the table of metrics.
pub struct Number {
    pub id: &'static str,
    expr: &'static str,
    pub shown: fn(&Shown) -> Option<f64>,
}

pub const NUMBERS: [Number; 3] = [
    Number {
        id: "workers",
        expr: "sum(mm2_worker_up)",
        shown: |shown| Some(shown.victim_up + 1.0).filter(|number| !number.is_nan()),
    },
    Number {
        id: "tasks-running",
        expr: r#"count(kafka_connect_connector_task_status{status="running"} == 1)"#,
        shown: |shown| {
            let running = sampled::count(shown.tasks.as_ref()?, "running");
            (running > 0).then_some(running as f64)
        },
    },
    Number {
        id: "tasks-failed",
        expr: r#"count(kafka_connect_connector_task_status{status="failed"} == 1) or 0 * count(kafka_connect_connector_task_status == 1)"#,
        shown: |shown| Some(sampled::count(shown.tasks.as_ref()?, "failed") as f64),
    },
];

/// The row whose number is a counter's growth in a second.
pub const RATE: &str = "throughput-target";

/// Something expected.
pub struct Expectation {
    shows: &'static str,
    pub question: Question,
    pub must: Must,
    /// Whether it is expected before the fault.
    pub before: bool,
}

pub const EXPECTATIONS: [Expectation; 6] = [
    Expectation {
        shows: "expr: mm2_worker_up == 1, series: workers",
        question: sampled::all_up,
        must: Must::Always,
        before: true,
    },
    Expectation {
        shows: r#"expr: 'mm2_worker_up{worker="$victim"} == 0'"#,
        question: sampled::down,
        must: Must::Once,
        before: false,
    },
    Expectation {
        shows: TIMES[0].until,
        question: sampled::let_go,
        must: Must::Once,
        before: false,
    },
    Expectation {
        shows: TIMES[1].until,
        question: sampled::redistributed,
        must: Must::InTheEnd,
        before: false,
    },
    Expectation {
        shows: TIMES[2].until,
        question: sampled::some_failed,
        must: Must::Never,
        before: false,
    },
    Expectation {
        shows: r#"expr: 'count(kafka_connect_connector_task_status{status="running"} == 1) > 0', witness: 'kafka_connect_connector_task_status{connector="$connector"}'"#,
        question: sampled::some_running,
        must: Must::Always,
        before: false,
    },
];

/// The grids as a scenario has them.
pub fn yaml() -> String {
    const TEXT: &str = "{ en: x, fr: x }";
    let mut yaml = "times:\n".to_owned();
    for Time {
        id,
        until,
        read_from,
        ..
    } in &TIMES
    {
        let _ = writeln!(
            yaml,
            "- {{ id: {id}, title: {TEXT}, until: {{ text: {TEXT}, {until} }}, read_from: '{read_from}' }}"
        );
    }
    yaml += "observations:\n";
    for Number { id, expr, .. } in &NUMBERS {
        let _ = writeln!(yaml, "- {{ id: {id}, title: {TEXT}, expr: '{expr}' }}");
    }
    let _ = writeln!(
        yaml,
        "- {{ id: {RATE}, title: {TEXT}, expr: mm2_target_appended_records_total, shown: rate, read_from: 'offsets:' }}"
    );
    yaml += "expectations:\n";
    for Expectation {
        shows,
        must,
        before,
        ..
    } in &EXPECTATIONS
    {
        let must = serde_json::to_value(must).unwrap();
        let when = if *before { "before" } else { "during" };
        let _ = writeln!(
            yaml,
            "- {{ text: {TEXT}, shows: {{ text: {TEXT}, {shows} }}, when: {when}, must: {must} }}"
        );
    }
    yaml
}
