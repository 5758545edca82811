//! How a supervisor is started and heard out, and how it is let go.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::config::Config;
use crate::lab::Error;
use crate::supervisor::Progress;

/// Lets go of standard input, which stops the lab, and waits for its supervisor.
pub(crate) fn reap(owned: Option<(Child, Option<ChildStdin>)>) {
    if let Some((mut child, stdin)) = owned {
        drop(stdin);
        let _ = child.wait();
    }
}

pub(crate) fn absolute(dir: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(dir).map_err(|source| Error::Io {
        what: dir.display().to_string(),
        source,
    })
}

pub(crate) fn spawn(config: &Config, until_stdin_closes: bool) -> Result<Child, Error> {
    let dir = absolute(&config.dir)?;
    let failed = |what: String| move |source| Error::Io { what, source };
    fs::create_dir_all(dir.join("logs"))
        .map_err(failed(format!("the lab's directory {}", dir.display())))?;
    let asked = dir.join("asked.json");
    let text = serde_json::to_string_pretty(&Config {
        dir: dir.clone(),
        ..config.clone()
    })
    .map_err(|error| failed("the configuration".to_owned())(error.into()))?;
    fs::write(&asked, text).map_err(failed(asked.display().to_string()))?;
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(dir.join("logs/supervisor.log"))
        .map_err(failed("the supervisor's log".to_owned()))?;
    let binary = match &config.binary {
        Some(given) => given.clone(),
        None => binary()?,
    };
    let mut command = Command::new(&binary);
    command
        .arg("supervise")
        .arg(&asked)
        .stdout(Stdio::piped())
        .stderr(log);
    if until_stdin_closes {
        command.arg("--until-stdin-closes").stdin(Stdio::piped());
    } else {
        command.stdin(Stdio::null());
    }
    command
        .spawn()
        .map_err(failed(binary.display().to_string()))
}

/// This program if it is `lab`, else the one in the build directory of the running test.
pub(crate) fn binary() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(|source| Error::Io {
        what: "the running program".to_owned(),
        source,
    })?;
    if own.file_name().is_some_and(|name| name == "lab") {
        return Ok(own);
    }
    let found = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("lab"))
        .find(|path| path.is_file());
    found.ok_or_else(|| Error::NoBinary(own.with_file_name("lab")))
}

/// Hears the supervisor out until the lab is ready or has failed.
pub(crate) fn listen(child: &mut Child, mut tell: impl FnMut(f64, &str)) -> Result<(), Error> {
    let Some(stdout) = child.stdout.take() else {
        return Err(Error::NotStarted("its supervisor is mute".to_owned()));
    };
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Progress::Step { seconds, text }) => tell(seconds, &text),
            Ok(Progress::Ready { seconds }) => {
                tell(seconds, "ready");
                return Ok(());
            }
            Ok(Progress::Failed { message }) => return Err(Error::NotStarted(message)),
            Ok(Progress::Tick) | Err(_) => {}
        }
    }
    Err(Error::NotStarted(
        "its supervisor ended without a word, see logs/supervisor.log".to_owned(),
    ))
}
