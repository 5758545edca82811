//! How the load is told what to do: by small files in the lab's `data`, for what is wanted and for what is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Load;

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

/// How much the load sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// Records per second and partition.
    pub(crate) records_per_second: f64,
    /// Bytes of one value.
    pub(crate) size: usize,
}

impl Pace {
    /// The usual one.
    pub(crate) fn of(load: &Load) -> Self {
        Self {
            records_per_second: load.records_per_second,
            size: load.size,
        }
    }

    /// Between two records of a partition.
    pub(super) fn period(self) -> Duration {
        Duration::from_secs_f64(1.0 / self.records_per_second)
    }

    fn text(self) -> String {
        format!("{} {}", self.records_per_second, self.size)
    }

    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let (rate, size) = text.split_once(' ')?;
        Some(Self {
            records_per_second: rate.parse().ok()?,
            size: size.parse().ok()?,
        })
    }
}

/// The files of one lab.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    wanted: PathBuf,
    is: PathBuf,
    /// Not there: the usual pace.
    wanted_pace: PathBuf,
    pace: PathBuf,
    /// Names of topics beside those that the lab was started with, one a line.
    fed: PathBuf,
}

impl Control {
    pub(crate) fn new(dir: &Path) -> Self {
        let data = dir.join("data");
        Self {
            wanted: data.join("load.wanted"),
            is: data.join("load.is"),
            wanted_pace: data.join("load.pace.wanted"),
            pace: data.join("load.pace.is"),
            fed: data.join("load.fed"),
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

    /// Asks for a pace; none is the usual one.
    pub(crate) fn ask_pace(&self, pace: Option<Pace>) -> io::Result<()> {
        put(&self.wanted_pace, pace.map(Pace::text))
    }

    /// The pace that the load took up last; none is the usual one.
    pub(crate) fn pace(&self) -> Option<Pace> {
        Pace::read(&self.pace)
    }

    pub(super) fn wanted_pace(&self) -> Option<Pace> {
        Pace::read(&self.wanted_pace)
    }

    pub(super) fn say_pace(&self, pace: Option<Pace>) -> io::Result<()> {
        put(&self.pace, pace.map(Pace::text))
    }

    /// Asks for records in one more topic, or for none in it any more.
    pub(crate) fn feed(&self, topic: &str, wanted: bool) -> io::Result<()> {
        let mut topics = self.fed();
        topics.retain(|known| known != topic);
        if wanted {
            topics.push(topic.to_owned());
        }
        put(&self.fed, Some(topics.join("\n")))
    }

    /// The topics that were asked for so.
    pub(super) fn fed(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.fed).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(super) fn wanted(&self) -> State {
        State::read(&self.wanted)
    }

    pub(super) fn say(&self, state: State) -> io::Result<()> {
        fs::write(&self.is, state.name())
    }
}

/// Writes a file whole, because the load may read it at any time; without a text it is removed.
fn put(path: &Path, text: Option<String>) -> io::Result<()> {
    let Some(text) = text else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    let draft = path.with_extension("draft");
    fs::write(&draft, text)?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_nobody_told_anything_flows() {
        let control = Control::new(Path::new("/nonexistent"));
        assert_eq!(control.wanted(), State::Flowing);
        assert!(control.ask(State::Paused).is_err());
        assert_eq!(control.wanted_pace(), None);
        assert!(control.ask_pace(None).is_ok() && control.fed().is_empty());
    }

    #[test]
    fn a_pace_and_fed_topics_are_asked_for_and_taken_back() {
        let dir = std::env::temp_dir().join(format!("lab-control-{}", std::process::id()));
        fs::create_dir_all(dir.join("data")).unwrap();
        let control = Control::new(&dir);
        let pace = Pace {
            records_per_second: 12.5,
            size: 2_000,
        };
        control.ask_pace(Some(pace)).unwrap();
        control.feed("prod-a", true).unwrap();
        control.feed("prod-a", true).unwrap();
        control.feed("prod-b", true).unwrap();
        assert_eq!(control.wanted_pace(), Some(pace));
        assert_eq!(control.fed(), ["prod-a", "prod-b"]);
        control.ask_pace(None).unwrap();
        control.feed("prod-b", false).unwrap();
        assert_eq!(control.wanted_pace(), None);
        assert_eq!(control.fed(), ["prod-a"]);
        fs::remove_dir_all(dir).unwrap();
    }
}
