//! What the servers answer when they are well: captured from Connect 4.3.1, Jolokia 2.6.0 and Prometheus 2.42.

use std::fmt::Write;
use std::sync::Arc;

use super::{Answers, Request};
use crate::stub;

/// As captured.
pub(crate) fn captured(request: &Request) -> Vec<u8> {
    if request.path().ends_with("/api/v1/query") {
        return stub::ok(prometheus(&String::from_utf8_lossy(&request.body)));
    }
    stub::captured(&request.line, stub::WORKER)
}

fn prometheus(form: &str) -> &'static [u8] {
    if form.contains("time%28%29") {
        include_bytes!("../fixtures/prometheus-2.42.0-scalar.json")
    } else if form.contains("%5B") {
        include_bytes!("../fixtures/prometheus-2.42.0-matrix.json")
    } else {
        include_bytes!("../fixtures/prometheus-2.42.0-vector.json")
    }
}

/// A Connect cluster of many connectors, each with as many tasks, in the form that was captured.
pub(crate) fn many(connectors: usize, tasks: usize) -> Answers {
    let mut status = String::from("{");
    let mut list = String::from("[");
    for task in 0..tasks {
        let comma = if task == 0 { "" } else { "," };
        write!(list, "{comma}{{\"id\":{{\"connector\":\"c\",\"task\":{task}}},\"config\":{{\"task.assigned.partitions\":\"orders-{task}\",\"tasks.max\":\"{tasks}\"}}}}").unwrap();
    }
    list.push(']');
    for connector in 0..connectors {
        let comma = if connector == 0 { "" } else { "," };
        let rows: Vec<String> = (0..tasks)
            .map(|task| format!("{{\"id\":{task},\"state\":\"RUNNING\",\"worker_id\":\"w:1\",\"version\":\"4.3.1\"}}"))
            .collect();
        write!(status, "{comma}\"c{connector}\":{{\"status\":{{\"name\":\"c{connector}\",\"connector\":{{\"state\":\"RUNNING\",\"worker_id\":\"w:1\"}},\"tasks\":[{}],\"type\":\"source\"}}}}", rows.join(",")).unwrap();
    }
    status.push('}');
    let (status, list) = (stub::ok(status.as_bytes()), stub::ok(list.as_bytes()));
    Arc::new(move |request| match request.path() {
        "/connectors?expand=status" => status.clone(),
        path if path.ends_with("/tasks") => list.clone(),
        path if path.ends_with("/offsets") => stub::ok(b"{\"offsets\":[]}"),
        _ => captured(request),
    })
}
