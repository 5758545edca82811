//! A network namespace of a lab's own, joined to the machine by a veth pair, so that packets can really be dropped in it and nowhere else.
//! The block of ports that a lab holds is the number of its namespace and of its subnet: whoever holds the block owns what bears its number.

mod command;
mod rules;
mod subnet;

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

pub(crate) use rules::Rules;
pub(crate) use subnet::Subnet;

use crate::ports;
use command::{run, tool};
use subnet::{NAMESPACES, PREFIX};

/// The namespace cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not root.
    #[error(
        "--links netns needs root: it makes a network namespace with a veth pair and drops packets in it by iptables; run it as root, or take \
         --links proxy, whose links can be stalled and reset without"
    )]
    NotRoot,
    /// A tool is missing.
    #[error(
        "--links netns needs {0}, which is not installed; run lab/setup.sh, or take --links proxy"
    )]
    NoTool(&'static str),
    /// A tool does not do it.
    #[error(
        "`{command}` failed: {said}; where root may make no network namespace (a container without CAP_NET_ADMIN and CAP_SYS_ADMIN) take \
         --links proxy, whose links can be stalled and reset"
    )]
    Refused {
        /// What was run.
        command: String,
        /// What it said.
        said: String,
    },
    /// It is there and cannot be entered.
    #[error("the network namespace {path} cannot be entered")]
    Enter {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The namespace that this process is in; removed when dropped.
#[derive(Debug)]
pub(crate) struct Namespace(Subnet);

impl Namespace {
    /// Makes the namespace and moves the calling thread into it, and so every thread and process that it starts later.
    pub(crate) fn enter(subnet: Subnet) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Err(Error::NotRoot);
        }
        for name in ["ip", "iptables", "iptables-restore"] {
            tool(name).ok_or(Error::NoTool(name))?;
        }
        // Whatever bears this number is left from a lab that is dead, because the number is ours.
        remove(subnet);
        let namespace = Self(subnet);
        for line in subnet.commands() {
            run("ip", &line, "")?;
        }
        move_into(&subnet.path())?;
        Ok(namespace)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(self.0);
    }
}

/// Runs a command in the namespace of this name, on a thread of its own: nothing else of this process moves there.
pub(crate) fn inside(name: &str, words: &[String]) -> Result<ExitStatus, Error> {
    let path = Path::new(NAMESPACES).join(name);
    let [program, arguments @ ..] = words else {
        return Err(Error::NoTool("a command"));
    };
    let program = tool(program).unwrap_or_else(|| program.into());
    let run = || {
        move_into(&path)?;
        let status = Command::new(&program).args(arguments).status();
        status.map_err(|error| Error::Refused {
            command: words.join(" "),
            said: error.to_string(),
        })
    };
    thread::scope(|scope| {
        let thread = scope.spawn(run);
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Moves the calling thread into a namespace.
fn move_into(path: &Path) -> Result<(), Error> {
    let entered = File::open(path).and_then(|file| {
        let kind = Some(LinkNameSpaceType::Network);
        Ok(move_into_link_name_space(file.as_fd(), kind)?)
    });
    entered.map_err(|source| Error::Enter {
        path: path.to_owned(),
        source,
    })
}

/// Removes the namespaces of labs that are dead.
pub(crate) fn sweep() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let entries = fs::read_dir(NAMESPACES).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let blocks = names.filter_map(|name| name.strip_prefix(PREFIX)?.parse().ok());
    for block in blocks {
        if let Ok(Some(_held)) = ports::hold(block) {
            remove(Subnet::of(block));
        }
    }
}

/// Removes the veth pair and the namespace, as far as they are there. The pair goes first: the namespace itself lives as long as a
/// process in it.
fn remove(subnet: Subnet) {
    for line in subnet.removal() {
        let _ = run("ip", &line, "");
    }
}
