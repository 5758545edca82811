//! How the load is told to pause: by two small files in the lab's `data`, what is wanted and what is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether the load sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It sends.
    Flowing,
    /// It sends nothing, and all that it sent is acknowledged or given up.
    Paused,
}

impl State {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flowing => "flowing",
            Self::Paused => "paused",
        }
    }

    fn read(path: &Path) -> Self {
        match fs::read_to_string(path) {
            Ok(text) if text == Self::Paused.name() => Self::Paused,
            _ => Self::Flowing,
        }
    }
}

/// Both files of one lab.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    wanted: PathBuf,
    is: PathBuf,
}

impl Control {
    pub(crate) fn new(dir: &Path) -> Self {
        let data = dir.join("data");
        Self {
            wanted: data.join("load.wanted"),
            is: data.join("load.is"),
        }
    }

    /// Says what is wanted.
    pub(crate) fn ask(&self, state: State) -> io::Result<()> {
        fs::write(&self.wanted, state.name())
    }

    /// What the load said last.
    pub(crate) fn state(&self) -> State {
        State::read(&self.is)
    }

    pub(super) fn wanted(&self) -> State {
        State::read(&self.wanted)
    }

    pub(super) fn say(&self, state: State) -> io::Result<()> {
        fs::write(&self.is, state.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_nobody_told_anything_flows() {
        let control = Control::new(Path::new("/nonexistent"));
        assert_eq!(control.wanted(), State::Flowing);
        assert!(control.ask(State::Paused).is_err());
    }
}
