//! What a Prometheus server answers to a panel's query.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::queries::filled_in;

/// One series of an answer.
#[derive(Debug)]
pub(super) struct Line {
    /// As the panel calls it.
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Seconds and value.
    pub(super) points: Vec<(f64, f64)>,
}

/// A server, and the window that it is asked for.
pub(super) struct Asked {
    server: String,
    pub(super) start: f64,
    pub(super) end: f64,
}

/// Points of a line.
const POINTS: f64 = 180.0;

impl Asked {
    /// The window ends at a time that is given, in seconds since the epoch, else at the server's own present.
    pub(super) fn up_to(end: Option<f64>, server: &str, length: Duration) -> Self {
        let now = || get(server, "query", &[("query", "time()")])["data"]["result"][0].as_f64();
        let end = end.or_else(now).unwrap();
        Self {
            server: server.to_owned(),
            start: end - length.as_secs_f64(),
            end,
        }
    }

    pub(super) fn lines(&self, target: &Value) -> Vec<Line> {
        let expr = filled_in(target["expr"].as_str().unwrap());
        let instant = target["instant"] == true;
        let step = ((self.end - self.start) / POINTS).max(1.0).to_string();
        let (start, end) = (self.start.to_string(), self.end.to_string());
        let answer = if instant {
            get(&self.server, "query", &[("query", &expr), ("time", &end)])
        } else {
            let window = [
                ("query", expr.as_str()),
                ("start", &start),
                ("end", &end),
                ("step", &step),
            ];
            get(&self.server, "query_range", &window)
        };
        assert_eq!(answer["status"], "success", "{expr}: {answer}");
        let result = answer["data"]["result"].as_array().unwrap();
        result.iter().map(|series| line(series, target)).collect()
    }
}

fn line(series: &Value, target: &Value) -> Line {
    let labels: BTreeMap<String, String> =
        serde_json::from_value(series["metric"].clone()).unwrap();
    let legend = target["legendFormat"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let name = labels.iter().fold(legend, |name, (label, value)| {
        name.replace(&format!("{{{{{label}}}}}"), value)
    });
    let samples = series["values"].as_array().cloned();
    let samples = samples.unwrap_or_else(|| vec![series["value"].clone()]);
    let point = |sample: &Value| Some((sample[0].as_f64()?, sample[1].as_str()?.parse().ok()?));
    Line {
        name,
        labels,
        points: samples.iter().filter_map(point).collect(),
    }
}

fn get(server: &str, path: &str, parameters: &[(&str, &str)]) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .build()
        .into();
    let request = agent.get(format!("{server}/api/v1/{path}"));
    let mut answer = request
        .query_pairs(parameters.iter().copied())
        .call()
        .unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}
