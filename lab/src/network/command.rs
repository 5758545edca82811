//! The tools `ip` and `iptables-restore`, which are where the PATH of many users does not lead.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Error;

const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// Where the tool is.
pub(super) fn tool(name: &str) -> Option<PathBuf> {
    let paths = FOLDERS
        .iter()
        .map(|folder| PathBuf::from(folder).join(name));
    paths.into_iter().find(|path| path.exists())
}

/// Runs a tool with the words of a line and a standard input.
pub(super) fn run(name: &'static str, line: &str, input: &str) -> Result<(), Error> {
    told(name, line, input).map(drop)
}

/// Runs a tool with the words of a line, for what it writes.
pub(super) fn read(name: &'static str, line: &str) -> Result<String, Error> {
    told(name, line, "")
}

fn told(name: &'static str, line: &str, input: &str) -> Result<String, Error> {
    let program = tool(name).ok_or(Error::NoTool(name))?;
    let refused = |said: String| Error::Refused {
        command: format!("{name} {line}"),
        said,
    };
    let mut child = Command::new(program)
        .args(line.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refused(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A tool that does not read it says why itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| refused(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(refused(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_fails_is_quoted() {
        let error = run("ls", "/nonexistent", "").unwrap_err().to_string();
        assert!(error.contains("`ls /nonexistent` failed"), "{error}");
        assert!(error.contains("No such file"), "{error}");
        assert!(matches!(run("no-such-tool", "", ""), Err(Error::NoTool(_))));
    }
}
