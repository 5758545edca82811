//! The oracle's process.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mirrorwatch::promql::{Answer, Query, Series, SeriesSet, Value};

use super::case::query;
use super::wire::{Request, Response, WireAnswer, WireSeries};
use crate::promqltest::{Engine, Times};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It does not start, or has ended.
    #[error("the oracle is gone: {0}")]
    Gone(#[from] std::io::Error),
    /// What it says is no answer.
    #[error("the oracle's answer cannot be read: {0}")]
    Unread(#[from] serde_json::Error),
    /// It does not take the request.
    #[error("the oracle refuses: {0}")]
    Refused(String),
}

fn gone(what: &str) -> std::io::Error {
    std::io::Error::other(what)
}

/// A running oracle; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Oracle {
    child: Child,
    requests: Option<ChildStdin>,
    responses: BufReader<ChildStdout>,
}

impl Oracle {
    /// Start the program.
    pub(crate) fn start(program: &Path) -> Result<Self, Error> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let responses = child.stdout.take().ok_or_else(|| gone("no output"))?;
        Ok(Self {
            child,
            requests,
            responses: BufReader::new(responses),
        })
    }

    /// Ask, and wait for the answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Response, Error> {
        let requests = self.requests.as_mut().ok_or_else(|| gone("no input"))?;
        serde_json::to_writer(&mut *requests, request)?;
        requests.write_all(b"\n")?;
        let mut line = String::new();
        self.responses.read_line(&mut line)?;
        let response: Response = serde_json::from_str(&line)?;
        if !response.error.is_empty() {
            return Err(Error::Refused(response.error));
        }
        Ok(response)
    }
}

/// Prometheus' engine runs scripts too, which proves what they expect.
impl Engine for Oracle {
    fn ask(&mut self, asked: &Query, times: Times, data: &SeriesSet) -> Result<Answer, String> {
        let series = data.iter().map(|(labels, samples)| {
            WireSeries::from(&Series {
                labels: labels.clone(),
                samples: samples.to_vec(),
            })
        });
        let request = Request {
            series: series.collect(),
            queries: vec![query(asked.text().to_owned(), times)],
        };
        let response = Self::ask(self, &request).map_err(|error| error.to_string())?;
        let answer = response.answers.into_iter().next();
        read(answer.ok_or("the oracle gave no answer")?)
    }
}

fn read(answer: WireAnswer) -> Result<Answer, String> {
    if !answer.error.is_empty() {
        return Err(answer.error);
    }
    let series = answer.result.iter().map(WireSeries::read);
    let series: Option<Vec<_>> = series.collect();
    let series = series.ok_or("the oracle's answer holds what is no number")?;
    let mut elements = series
        .iter()
        .filter_map(|s| Some((s.labels.clone(), *s.samples.first()?)));
    let value = match answer.kind.as_str() {
        "scalar" => Value::Scalar(elements.next().ok_or("a scalar without a value")?.1),
        "string" => Value::String(answer.text),
        "vector" => Value::Vector(elements.collect()),
        "matrix" => Value::Matrix(series),
        other => return Err(format!("the oracle's answer is a {other}")),
    };
    Ok(Answer {
        value,
        warnings: answer.warnings,
        infos: answer.infos,
    })
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}
