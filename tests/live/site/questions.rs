//! What a test asks of processes and servers, and how it waits for an answer.

use std::process::Output;
use std::thread::sleep;
use std::time::Duration;

/// Everything a process printed.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Waits until something holds; panics with its name after the deadline.
pub(crate) fn wait_until(what: &str, deadline: Duration, mut holds: impl FnMut() -> bool) {
    let step = Duration::from_millis(200);
    let mut waited = Duration::ZERO;
    while !holds() {
        assert!(
            waited < deadline,
            "waited {deadline:?} in vain until {what}"
        );
        sleep(step);
        waited += step;
    }
}

/// A plain GET: `None` unless the answer is 200.
pub(crate) fn get(url: &str, accept: &str) -> Option<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .into();
    agent
        .get(url)
        .header("Accept", accept)
        .call()
        .ok()?
        .body_mut()
        .read_to_string()
        .ok()
}

/// The series that a Prometheus server answers with to a question (`query`, `query_range`); `None` if it does not answer.
pub(crate) fn series(
    server: &str,
    question: &str,
    parameters: &[(&str, &str)],
) -> Option<Vec<serde_json::Value>> {
    let encoded = |text: &str| {
        let bytes = text.bytes();
        bytes.fold(String::new(), |url, byte| url + &format!("%{byte:02X}"))
    };
    let parameters = parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let url = format!("{server}/api/v1/{question}?{}", parameters.join("&"));
    let answer: serde_json::Value = serde_json::from_str(&get(&url, "application/json")?).ok()?;
    answer["data"]["result"].as_array().cloned()
}

/// The same for a query over a window in seconds since the epoch, with so many seconds between two points.
pub(crate) fn over(
    server: &str,
    query: &str,
    (from, to): (f64, f64),
    step: f64,
) -> Option<Vec<serde_json::Value>> {
    let parameters = [
        ("query", query),
        ("start", &from.to_string()),
        ("end", &to.to_string()),
        ("step", &step.to_string()),
    ];
    series(server, "query_range", &parameters)
}

/// The values that a Prometheus server has for a query now.
pub(crate) fn ask(server: &str, query: &str) -> Vec<String> {
    let result = series(server, "query", &[("query", query)]).expect("Prometheus answers");
    result
        .iter()
        .filter_map(|series| series["value"][1].as_str().map(str::to_owned))
        .collect()
}
