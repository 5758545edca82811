use super::*;
use crate::promql::{Sample, SeriesSet};
use crate::recovery::clocks::Clock;

const INVENTORY: &str = r#"{"site":"s","prometheus":{"url":"http://p","scrape_interval":"1s"},
"flow":{"source":"a","target":"b","connector":"mirror-source"},"connectors":{"mirror-source":1,"mirror-heartbeat":1},"workers":[]}"#;

/// Before ends at 10 s, during at 20 s, after at 30 s.
fn spans() -> Spans {
    let seconds = |at: i64| at * 1_000_000;
    Spans {
        steady_from: 0,
        fault: (seconds(10), seconds(10)),
        fault_end: seconds(20),
        restore: Some((seconds(20), seconds(20))),
        end: seconds(30),
    }
}

fn status(connector: &str, worker: &str, status: &str, at: &[i64]) -> (Labels, Vec<Sample>) {
    let labels = [
        ("__name__", "kafka_connect_connector_task_status"),
        ("connector", connector),
        ("status", status),
        ("task", "0"),
        ("worker", worker),
    ];
    let sample = |at: &i64| Sample {
        at: at * 1_000,
        value: 1.0,
    };
    (
        labels.into_iter().collect(),
        at.iter().map(sample).collect(),
    )
}

fn placed(series: &SeriesSet, up: impl Fn(i64) -> bool, spans: &Spans) -> Vec<String> {
    let inventory: Inventory = serde_json::from_str(INVENTORY).unwrap();
    let scrape = |at: i64| Scrape {
        at: at * 1_000,
        up: up(at),
        earliest: at * 1_000_000,
        latest: at * 1_000_000,
    };
    let scrapes = Scrapes {
        interval: 1_000_000,
        exporter: Clock {
            offset: 0,
            epsilon: 0,
        },
        all: (1..30).map(scrape).collect(),
        series: series.iter().collect(),
    };
    let watch = Watch::of(&scrapes, std::iter::empty());
    let rows = placements(&inventory, spans, &watch).into_iter();
    let told = rows.map(|row| {
        let on = row.on.values().map(|placed| match placed {
            Placed::On { worker, state } => format!("{worker} {state}"),
            Placed::Unknown { because } => because.code.clone(),
        });
        let on = on.collect::<Vec<_>>().join(", ");
        format!("{}-{}: {on}", row.connector, row.task)
    });
    told.collect()
}

#[test]
fn the_last_good_scrape_of_a_phase_tells_where_a_task_was() {
    let mut series = SeriesSet::default();
    let all = [
        status("mirror-source", "w1", "running", &[1, 9, 10, 11, 12]),
        status("mirror-source", "w2", "running", &[18, 19, 20, 28, 29]),
        status("mirror-heartbeat", "w1", "running", &[9, 10, 29]),
        status("other", "w1", "running", &[9]),
    ];
    for (labels, samples) in all {
        series.add(labels, samples);
    }
    let placed = placed(&series, |at| !(10..11).contains(&at) && at < 29, &spans());
    assert_eq!(
        placed,
        [
            "mirror-source-0: w1 running, w2 running, w2 running",
            "mirror-heartbeat-0: w1 running, task_not_shown, task_not_shown"
        ]
    );
}

#[test]
fn what_a_task_really_does_stands_over_its_status() {
    let mut series = SeriesSet::default();
    let (labels, samples) = status("mirror-source", "w1", "running", &[9, 19]);
    series.add(labels, samples);
    let labels = [
        ("__name__", "mm2_task_state"),
        ("connector", "mirror-source"),
        ("state", "running_on_dead_worker"),
        ("task", "0"),
    ];
    let sample = Sample {
        at: 19_000,
        value: 1.0,
    };
    series.add(labels.into_iter().collect(), [sample]);
    let (labels, samples) = status("mirror-heartbeat", "", "unassigned", &[9]);
    series.add(labels, samples);
    let unwatched = Spans {
        restore: None,
        ..spans()
    };
    // Scrapes at 9 s and 19 s alone.
    assert_eq!(
        placed(&series, |at| at % 10 == 9, &unwatched),
        [
            "mirror-source-0: w1 running, w1 running_on_dead_worker, phase_missing",
            "mirror-heartbeat-0: task_without_worker, task_not_shown, phase_missing"
        ]
    );
    assert_eq!(
        placed(&series, |at| at == 9, &unwatched)[0],
        "mirror-source-0: w1 running, not_observed, phase_missing"
    );
}
