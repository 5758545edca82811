//! The landing page: how each flow does, and what is wrong. Plain HTML without a script; everything that others named is
//! text in it.

use std::fmt::Write;

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY,
};

use crate::model::canary::CanaryFlow;
use crate::model::connect::ConnectorStatus;
use crate::model::flow::FlowState;
use crate::model::normalised::FlowView;
use crate::model::snapshot::{Loaded, Polled, Snapshot};
use crate::model::task::TaskState;
use crate::model::text::visible;

const HEAD: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<title>mirrorwatch</title>\n<style>\n",
    include_str!("landing.css"),
    "</style>\n</head>\n<body>\n<h1>mirrorwatch <span class=\"soft\">",
    env!("CARGO_PKG_VERSION"),
    "</span></h1>\n<p>Watches Kafka MirrorMaker 2 on Kafka Connect.</p>\n",
);

/// The page of `snapshot`; `metrics` is the path of the metrics.
pub(super) fn page(snapshot: &Snapshot, metrics: &str) -> String {
    let mut page = HEAD.to_owned();
    links(&mut page, metrics);
    flows(&mut page, snapshot);
    problems(&mut page, snapshot);
    connectors(&mut page, snapshot);
    endpoints(&mut page, snapshot);
    let taken = visible(&snapshot.taken.wall.to_string());
    add(
        &mut page,
        format_args!(
            "<p class=\"soft\">As of {}. The page does not renew itself.</p>\n",
            escaped(&taken)
        ),
    );
    page.push_str("</body>\n</html>\n");
    page
}

/// Headers by which a browser runs nothing on the page, and shows it in no frame.
pub(super) fn protect(headers: &mut HeaderMap) {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Links are relative, so that they hold behind a proxy that adds a prefix.
fn links(page: &mut String, metrics: &str) {
    let metrics = escaped(metrics.trim_start_matches('/'));
    add(
        page,
        format_args!(
            "<nav><a href=\"./{metrics}\">Metrics</a><a href=\"./-/healthy\">Health</a><a href=\"./-/ready\">Readiness</a></nav>\n"
        ),
    );
}

fn flows(page: &mut String, snapshot: &Snapshot) {
    page.push_str("<h2>Flows</h2>\n");
    let views = &snapshot.normalised.flows;
    let rows = views.iter().map(|flow| {
        [
            ("Flow", text(&format!("{} → {}", flow.source, flow.target))),
            ("State", flow_state(flow.state)),
            ("Lag", text(&lag(flow))),
            ("Canary", canary(snapshot, flow)),
        ]
    });
    table(page, &rows.collect::<Vec<_>>());
}

fn flow_state(state: FlowState) -> String {
    let class = match state {
        FlowState::Healthy | FlowState::Idle => "good",
        FlowState::Blind | FlowState::Unknown => "soft",
        _ => "bad",
    };
    marked(class, &state.as_str().replace('_', " "))
}

/// The records that are not copied yet, of all partitions of which that is known.
fn lag(flow: &FlowView) -> String {
    let known: Vec<f64> = flow
        .partitions
        .iter()
        .filter_map(|partition| partition.lag_records)
        .collect();
    if known.is_empty() {
        return "not known".to_owned();
    }
    let oldest = flow
        .partitions
        .iter()
        .filter_map(|partition| partition.lag_seconds)
        .max();
    let records: f64 = known.iter().sum();
    match oldest {
        Some(oldest) => format!("{records} records, {:.1} s", oldest.as_secs_f64()),
        None => format!("{records} records"),
    }
}

fn canary(snapshot: &Snapshot, flow: &FlowView) -> String {
    let view = snapshot
        .canaries
        .iter()
        .find(|view| (&view.source, &view.target) == (&flow.source, &flow.target));
    match view {
        None => marked("soft", "none"),
        Some(view) if view.problem.is_some() => marked("bad", "cannot flow"),
        Some(view) => match snapshot.canary_flow(view) {
            CanaryFlow::Blind => marked("soft", "does not see"),
            CanaryFlow::NothingArrived => marked("soft", "nothing has arrived yet"),
            CanaryFlow::Told { interrupted: 0, .. } => marked("good", "flows"),
            CanaryFlow::Told { interrupted, .. } => marked(
                "bad",
                &format!(
                    "held up in {interrupted} of {} partitions",
                    view.partitions.len()
                ),
            ),
        },
    }
}

/// What is wrong, each in a sentence.
fn problems(page: &mut String, snapshot: &Snapshot) {
    let mut sentences = Vec::new();
    for view in &snapshot.canaries {
        if let Some(problem) = &view.problem {
            sentences.push(format!("{} → {}: {problem}", view.source, view.target));
        }
    }
    sentences.extend(snapshot.normalised.problems());
    let files = snapshot.configurations;
    let is_refused = |loaded: &Loaded| !loaded.is_successful;
    if is_refused(&files.main) {
        sentences.push("The configuration was refused when it was read last; the one before is in force. The log tells why.".to_owned());
    }
    if files.web.as_ref().is_some_and(is_refused) {
        sentences.push("The web configuration was refused when it was read last; the one before is in force. The log tells why.".to_owned());
    }
    if !sentences.is_empty() {
        page.push_str("<h2>Problems</h2>\n");
    }
    for sentence in sentences {
        add(
            page,
            format_args!("<p class=\"bad\">{}</p>\n", text(&sentence)),
        );
    }
}

fn connectors(page: &mut String, snapshot: &Snapshot) {
    page.push_str("<h2>Connectors</h2>\n");
    let Some(view) = snapshot.authority() else {
        page.push_str("<p class=\"soft\">No worker has answered.</p>\n");
        return;
    };
    let rows = view.connectors.iter().map(|connector| {
        let state = connector.state.as_str();
        let class = if state == "running" { "good" } else { "bad" };
        [
            ("Connector", text(&connector.name)),
            ("State", marked(class, state)),
            ("Tasks", tasks(snapshot, connector)),
        ]
    });
    table(page, &rows.collect::<Vec<_>>());
}

/// How many tasks of a connector are in which state.
fn tasks(snapshot: &Snapshot, connector: &ConnectorStatus) -> String {
    let of = |state: TaskState| {
        let tasks = snapshot.normalised.tasks.iter();
        tasks
            .filter(|task| task.connector == connector.name && task.state == state)
            .count()
    };
    let counts = TaskState::ALL.into_iter().map(|state| (state, of(state)));
    let said: Vec<String> = counts
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| {
            let class = if state == TaskState::Running {
                "good"
            } else {
                "bad"
            };
            marked(
                class,
                &format!("{count} {}", state.as_str().replace('_', " ")),
            )
        })
        .collect();
    if said.is_empty() {
        marked("soft", "none")
    } else {
        said.join(", ")
    }
}

/// Where the readings come from, and whether they come.
fn endpoints(page: &mut String, snapshot: &Snapshot) {
    page.push_str("<h2>Endpoints</h2>\n");
    let rows: Vec<_> = snapshot
        .endpoints()
        .map(|polled| endpoint(&polled))
        .collect();
    table(page, &rows);
}

fn endpoint(polled: &Polled) -> [(&'static str, String); 2] {
    let state = match (polled.up, polled.duration) {
        (true, _) => marked("good", "answers"),
        (false, Some(_)) => marked("bad", "does not answer"),
        (false, None) => marked("soft", "not asked yet"),
    };
    [("Endpoint", text(polled.endpoint)), ("State", state)]
}

fn table<const N: usize>(page: &mut String, rows: &[[(&'static str, String); N]]) {
    let Some(first) = rows.first() else {
        page.push_str("<p class=\"soft\">None.</p>\n");
        return;
    };
    page.push_str("<table>\n<thead><tr>");
    for (name, _) in first {
        add(page, format_args!("<th scope=\"col\">{name}</th>"));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for (name, cell) in row {
            add(
                page,
                format_args!("<td data-name=\"{name}\"><span>{cell}</span></td>"),
            );
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn marked(class: &str, words: &str) -> String {
    format!("<span class=\"{class}\">{}</span>", text(words))
}

/// A name or sentence of others as text of HTML, with what would reorder a line made visible.
fn text(written: &str) -> String {
    escaped(&visible(written))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("writing to a text cannot fail");
}

#[test]
fn names_from_outside_are_text_on_the_landing_page() {
    assert_eq!(
        text("<b>&\"x'\u{202e}"),
        "&lt;b&gt;&amp;&quot;x&#39;\\u{202e}"
    );
}
