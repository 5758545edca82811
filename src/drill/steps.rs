//! Does the calls of a drill: shell commands in process groups of their own, REST calls, both with a time-out.
//!
//! What a command prints is kept in `DIR/steps/NAME.log` and its end is quoted when it fails.

use std::future::Future;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::ask;
use super::call::Call;
use crate::model::text::visible;

/// Environment variable that marks the processes of one drill, so that those of a killed one are found again.
pub const MARK: &str = "MIRRORWATCH_DRILL";

/// How long a process group may take to obey SIGTERM.
const OBEY: Duration = Duration::from_secs(2);

/// How long a worker may take to tell a configuration.
const LOOK: Duration = Duration::from_secs(30);

/// How much of a command's output an error quotes.
const QUOTED_LINES: usize = 12;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be started, or its log could not be written.
    #[error("cannot run it: {0}")]
    Start(#[from] io::Error),
    /// The command ended without success.
    #[error("it ended with {status}{output}")]
    Exit {
        /// Exit code or signal.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// It took too long and was killed.
    #[error("it took longer than {}{output}", humantime::format_duration(*.limit))]
    TimedOut {
        /// The time-out.
        limit: Duration,
        /// The end of what it printed.
        output: String,
    },
    /// Nobody said that it was done.
    #[error(transparent)]
    Nobody(#[from] ask::Error),
    /// The drill was interrupted and the command killed.
    #[error("it was killed because the drill was interrupted")]
    Interrupted,
    /// A worker answered, and refused.
    #[error("{url} answered {status}: {body}")]
    Refused {
        /// Who.
        url: String,
        /// HTTP status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
    /// No worker answered.
    #[error("no worker answered: {0}")]
    NoAnswer(String),
    /// What a worker answered is no configuration.
    #[error("{url} answered what is no connector's configuration: {reason}")]
    NoConfiguration {
        /// Who.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The page never showed what was waited for.
    #[error("`{condition}` did not come to hold within {}", humantime::format_duration(*.limit))]
    NotSeen {
        /// What was waited for.
        condition: String,
        /// The time-out.
        limit: Duration,
    },
}

/// Does calls on behalf of one drill.
#[derive(Debug)]
pub struct Runner {
    logs: PathBuf,
    mark: String,
    http: reqwest::Client,
    /// Whether a person does the calls.
    manual: bool,
}

impl Runner {
    /// A runner that keeps its logs under `dir` and marks its processes with `mark`.
    pub fn new(dir: &Path, mark: &str, http: reqwest::Client) -> io::Result<Self> {
        let logs = dir.join("steps");
        std::fs::create_dir_all(&logs)?;
        Ok(Self {
            logs,
            mark: mark.to_owned(),
            http,
            manual: false,
        })
    }

    /// The same, but a person does the calls.
    #[must_use]
    pub fn by_hand(mut self, manual: bool) -> Self {
        self.manual = manual;
        self
    }

    /// Whether a person does the calls.
    pub(super) fn is_manual(&self) -> bool {
        self.manual
    }

    /// Do `call` and wait for it: at most `limit`, and not longer than until `stop` resolves.
    pub async fn run(
        &self,
        name: &str,
        call: &Call,
        limit: Duration,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        if self.manual {
            let told = format!("{name}: {call}\n  press Enter when it has taken effect");
            return tokio::select! {
                pressed = ask::enter(&told) => Ok(pressed?),
                () = stop => Err(Error::Interrupted),
            };
        }
        match call {
            Call::Shell { .. } => self.shell(name, call, limit, stop).await,
            Call::Rest { method, urls, body } => {
                let answer =
                    tokio::time::timeout(limit, rest(&self.http, method, urls, body.as_deref()));
                tokio::select! {
                    answer = answer => answer.map_err(|_| Error::TimedOut { limit, output: String::new() })?.map(drop),
                    () = stop => Err(Error::Interrupted),
                }
            }
        }
    }

    /// What calls are made with.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    async fn shell(
        &self,
        name: &str,
        call: &Call,
        limit: Duration,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let log = self.logs.join(format!("{}.log", file_name(name)));
        let mut child = self.spawn(&log, call)?;
        tokio::select! {
            status = child.wait() => judged(status?, &log),
            () = tokio::time::sleep(limit) => {
                end_group(&mut child).await;
                Err(Error::TimedOut { limit, output: quoted(&log) })
            }
            () = stop => {
                end_group(&mut child).await;
                Err(Error::Interrupted)
            }
        }
    }

    fn spawn(&self, log: &Path, call: &Call) -> io::Result<Child> {
        let Call::Shell { command, variables } = call else {
            return Err(io::Error::other("only shell commands are processes"));
        };
        let mut output = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)?;
        writeln!(output, "$ {command}")?;
        Command::new("/bin/sh")
            .args(["-c", command])
            .envs(variables)
            .env(MARK, &self.mark)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Ctrl-C in the terminal must reach the drill alone: it decides what happens to a step.
            .process_group(0)
            .spawn()
    }
}

/// What the first worker that answers has at one of `urls`: which, and its answer.
pub(super) async fn get(
    http: &reqwest::Client,
    urls: &[String],
) -> Result<(String, String), Error> {
    let limit = LOOK;
    let answer = tokio::time::timeout(limit, rest(http, "GET", urls, None)).await;
    let answer = answer.map_err(|_| Error::TimedOut {
        limit,
        output: String::new(),
    })??;
    let url = answer.url().to_string();
    let text = answer.text().await;
    let text = text.map_err(|error| Error::NoAnswer(format!("{url}: {error}")))?;
    Ok((url, text))
}

async fn rest(
    http: &reqwest::Client,
    method: &str,
    urls: &[String],
    body: Option<&str>,
) -> Result<reqwest::Response, Error> {
    let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(io::Error::other)?;
    let mut silent = Vec::new();
    for url in urls {
        let mut request = http.request(method.clone(), url);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_owned());
        }
        match request.send().await {
            // Only a worker that cannot be connected to has surely not begun to do it.
            Err(error) if error.is_connect() => silent.push(format!("{url}: {error}")),
            Err(error) => return Err(Error::NoAnswer(format!("{url}: {error}"))),
            Ok(answer) if answer.status().is_success() => return Ok(answer),
            Ok(answer) => return Err(refusal(url, answer).await),
        }
    }
    Err(Error::NoAnswer(silent.join("; ")))
}

async fn refusal(url: &str, answer: reqwest::Response) -> Error {
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap_or_default();
    let body = visible(&body.chars().take(500).collect::<String>());
    Error::Refused {
        url: url.to_owned(),
        status,
        body,
    }
}

fn judged(status: ExitStatus, log: &Path) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    let status = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    };
    Err(Error::Exit {
        status,
        output: quoted(log),
    })
}

/// Ask the group to end, then make it end.
async fn end_group(child: &mut Child) {
    let Some(group) = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw)
    else {
        return;
    };
    // A group that is gone already is what is wanted.
    let _ = kill_process_group(group, Signal::TERM);
    let _ = tokio::time::timeout(OBEY, child.wait()).await;
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait().await;
}

/// The last lines of a log, each on a line of its own and safe to print.
fn quoted(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
    let mut quote = format!("; {} ends with:", log.display());
    for line in tail {
        quote.push_str("\n    ");
        quote.push_str(&visible(line));
    }
    quote
}

/// A step's name as a file's: what could leave the directory is replaced.
fn file_name(name: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars()
        .map(safe)
        .collect::<String>()
        .trim_start_matches('.')
        .to_owned()
}

#[cfg(test)]
fn shell(command: &str) -> Call {
    let variables = [("victim".to_owned(), "w; touch owned".to_owned())];
    Call::Shell {
        command: command.to_owned(),
        variables: variables.into(),
    }
}

#[cfg(test)]
async fn ran(dir: &Path, command: &str, limit: Duration) -> Result<(), Error> {
    let runner = Runner::new(dir, "test", reqwest::Client::new()).unwrap();
    runner
        .run("a/step", &shell(command), limit, std::future::pending())
        .await
}

#[tokio::test]
async fn a_variable_is_a_value_and_never_shell() {
    let dir = tempfile::tempdir().unwrap();
    ran(dir.path(), "echo $victim", Duration::from_secs(5))
        .await
        .unwrap();
    let log = std::fs::read_to_string(dir.path().join("steps/a_step.log")).unwrap();
    assert_eq!(log, "$ echo $victim\nw; touch owned\n");
}

#[tokio::test]
async fn a_failure_quotes_what_the_command_said() {
    let dir = tempfile::tempdir().unwrap();
    let error = ran(
        dir.path(),
        "echo no such unit >&2; exit 5",
        Duration::from_secs(5),
    )
    .await
    .unwrap_err()
    .to_string();
    assert!(error.starts_with("it ended with exit code 5"), "{error}");
    assert!(error.ends_with("\n    no such unit"), "{error}");
}

#[tokio::test]
async fn a_time_out_kills_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let survivor = dir.path().join("survivor");
    let command = format!(
        "(trap '' TERM; sleep 4; touch {}) & wait",
        survivor.display()
    );
    let error = ran(dir.path(), &command, Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!survivor.exists());
}
