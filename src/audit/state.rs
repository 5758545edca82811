//! The state file of an audit that may be interrupted: whose audit it is, what is read, and how far each partition is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::content::Parts;
use super::lane::Progress;
use super::range::{Plan, Window};
use super::{Error, Isolation};

const FORMAT: u32 = 5;

/// What makes an audit this one and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub(super) source_cluster: Option<String>,
    pub(super) target_cluster: Option<String>,
    pub(super) topic: String,
    pub(super) remote_topic: String,
    pub(super) asked: Asked,
    pub(super) ignored: Parts,
    pub(super) isolation: Isolation,
    pub(super) memory: usize,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: u32,
    audit: Identity,
    /// What was asked for, as it was understood when the audit began.
    pub(super) window: Window,
    pub(super) plans: BTreeMap<i32, Plan>,
    pub(super) target_from: BTreeMap<i32, i64>,
    pub(super) progress: BTreeMap<i32, Progress>,
}

impl Identity {
    /// In what it is another audit.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        [
            (
                "source cluster",
                self.source_cluster == other.source_cluster,
            ),
            (
                "target cluster",
                self.target_cluster == other.target_cluster,
            ),
            ("topic", self.topic == other.topic),
            ("remote topic", self.remote_topic == other.remote_topic),
            ("window", self.asked == other.asked),
            ("ignored parts", self.ignored == other.ignored),
            ("isolation", self.isolation == other.isolation),
            ("memory", self.memory == other.memory),
        ]
        .into_iter()
        .find_map(|(what, is_same)| (!is_same).then_some(what))
    }
}

impl State {
    pub(super) fn new(
        audit: Identity,
        window: Window,
        plans: BTreeMap<i32, Plan>,
        target_from: BTreeMap<i32, i64>,
        progress: BTreeMap<i32, Progress>,
    ) -> Self {
        Self {
            format: FORMAT,
            audit,
            window,
            plans,
            target_from,
            progress,
        }
    }

    /// What an interrupted run of this audit left; `None` if there is no file.
    pub(super) fn read(path: &Path, audit: &Identity) -> Result<Option<Self>, Error> {
        let wrong = |why: String| Error::State {
            path: path.to_owned(),
            why,
        };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let state: Self = serde_json::from_slice(&text).map_err(|error| {
            wrong(format!(
                "is not the state of an audit ({error}); name another file"
            ))
        })?;
        if state.format != FORMAT {
            return Err(wrong(format!(
                "format {} is not known to this version, which reads {FORMAT}",
                state.format
            )));
        }
        match state.audit.difference(audit) {
            Some(what) => Err(wrong(format!(
                "is the state of another audit, its {what} is not the same; name another file, or remove it to begin anew"
            ))),
            None => Ok(Some(state)),
        }
    }

    /// Write the file whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let wrong = |error: io::Error| Error::State {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let text = serde_json::to_vec(self).map_err(|error| wrong(error.into()))?;
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(wrong)?;
        file.write_all(&text).map_err(wrong)?;
        file.as_file().sync_all().map_err(wrong)?;
        file.persist(path).map_err(|error| wrong(error.error))?;
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bound::Bound;
    use crate::model::time::Timestamp;
    use std::time::Duration;

    fn identity(topic: &str) -> Identity {
        Identity {
            source_cluster: Some("a".to_owned()),
            target_cluster: None,
            topic: topic.to_owned(),
            remote_topic: "source.orders".to_owned(),
            asked: Asked::Times {
                from: Some(Bound::Ago(Duration::from_mins(30))),
                to: None,
            },
            ignored: Parts::default(),
            isolation: Isolation::default(),
            memory: 1,
        }
    }

    fn window(now: i64) -> Window {
        identity("orders").asked.window(Timestamp::from_millis(now))
    }

    #[test]
    fn a_state_is_read_back_by_its_own_audit_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.state");
        assert_eq!(State::read(&path, &identity("orders")).unwrap(), None);
        let state = State::new(
            identity("orders"),
            window(10_000_000),
            BTreeMap::new(),
            BTreeMap::new(),
            BTreeMap::from([(0, Progress::Begin)]),
        );
        state.write(&path).unwrap();
        assert_eq!(
            State::read(&path, &identity("orders")).unwrap(),
            Some(state)
        );
        let mut later = identity("orders");
        later.asked = Asked::Times {
            from: Some(Bound::Ago(Duration::from_mins(29))),
            to: None,
        };
        let error = State::read(&path, &later).unwrap_err().to_string();
        assert!(error.contains("its window is not the same"), "{error}");
        let error = State::read(&path, &identity("payments"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("its topic is not the same"), "{error}");
        fs::write(&path, "{}").unwrap();
        let error = State::read(&path, &identity("orders"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("is not the state of an audit"), "{error}");
    }
}
