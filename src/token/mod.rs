//! The token by which a Kafka client proves itself under OAUTHBEARER. It stands in a file that something else renews, and is read again
//! whenever librdkafka asks for one: before it expires, and every minute besides, for it may have been replaced before its time.

mod jwt;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::client::OAuthToken;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};

use crate::clock;
use crate::model::time::Timestamp;

/// The property that names the file; librdkafka knows none such.
pub const FILE: &str = "sasl.oauthbearer.token.file";

/// librdkafka is told that a token lives no longer than this, and asks for another one at four fifths of it.
const LOOKED_AT_EVERY: Duration = Duration::from_mins(1);

/// How often, and for how long each time, a client that was just made is polled until it has asked.
const FIRST_POLLS: (u32, Duration) = (50, Duration::from_millis(10));
/// How often another one is: what it has to say of connections may stand before its question.
const POLLS: u32 = 4;

/// Why there is no token. Nothing of what the file holds is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("names {path}, which cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("names {path}, which holds no JSON Web Token: {why}")]
    NoToken {
        /// The file.
        path: PathBuf,
        /// What is not as it should be.
        why: &'static str,
    },
    /// It was not renewed.
    #[error("names {path}, whose token expired at {at}; have it renewed")]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        at: Timestamp,
    },
}

/// Look whether a file holds a token, expired or not.
pub fn holds(path: &Path) -> Result<(), Error> {
    written(path).map(drop)
}

/// Properties without what is only ours to know.
pub fn without(properties: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    properties.iter().filter(|(name, _)| *name != FILE)
}

/// Where a client's tokens come from.
#[derive(Debug, Default)]
pub struct Source {
    file: Option<PathBuf>,
    asked: AtomicU64,
}

impl Source {
    /// Of a client with these properties; most have none.
    pub fn of(properties: &BTreeMap<String, String>) -> Self {
        Self {
            file: properties.get(FILE).map(PathBuf::from),
            asked: AtomicU64::new(0),
        }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// For whom the token stands, where it says so.
    pub fn subject(&self) -> Option<String> {
        let token = written(self.file.as_deref()?).ok()?;
        Some(token.subject)
    }

    /// Why there is no token now, if there should be.
    pub fn problem(&self) -> Option<Error> {
        let path = self.file.as_deref()?;
        valid(path, clock::wall()).err()
    }

    /// What librdkafka is answered.
    pub fn answer(&self) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let path = self.file.as_deref().ok_or("no file is named")?;
        let now = clock::wall();
        let token = valid(path, now)?;
        let until = token.expires.min(now.plus(LOOKED_AT_EVERY));
        Ok(OAuthToken {
            token: token.text,
            principal_name: token.subject,
            lifetime_ms: until.as_micros() / 1_000,
        })
    }

    /// Have a client take its token, if it asks for one: it does so by an event that only a poll serves. One that is assigned something is
    /// polled by whoever reads.
    pub fn serve<C: ConsumerContext>(&self, client: &BaseConsumer<C>) {
        let is_read = || client.assignment().is_ok_and(|list| list.count() > 0);
        if !self.is_there() || is_read() {
            return;
        }
        let asked = || self.asked.load(Ordering::Relaxed);
        let (polls, patience) = match asked() {
            0 => FIRST_POLLS,
            _ => (POLLS, Duration::ZERO),
        };
        let before = asked();
        for _ in 0..polls {
            // Nothing is assigned: what comes is an error, which the context has heard.
            drop(client.poll(patience));
            if asked() != before {
                return;
            }
        }
    }
}

fn written(path: &Path) -> Result<jwt::Token, Error> {
    let path = path.to_owned();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::InvalidData => String::new(),
        Err(source) => return Err(Error::Read { path, source }),
    };
    jwt::parse(text.trim()).map_err(|why| Error::NoToken { path, why })
}

fn valid(path: &Path, now: Timestamp) -> Result<jwt::Token, Error> {
    let token = written(path)?;
    if token.expires <= now {
        return Err(Error::Expired {
            path: path.to_owned(),
            at: token.expires,
        });
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jwt::unsecured;

    /// A client whose file holds the text, or is not there.
    fn source(dir: &tempfile::TempDir, text: Option<&str>) -> Source {
        let path = dir.path().join("token.jwt");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        Source::of(&BTreeMap::from([(
            FILE.to_owned(),
            path.display().to_string(),
        )]))
    }

    fn expiring(after: i64) -> String {
        let seconds = clock::wall().as_micros() / 1_000_000 + after;
        unsecured(&format!(r#"{{"sub":"canary-bird","exp":{seconds}}}"#))
    }

    #[test]
    fn a_token_is_handed_over_as_it_stands_and_asked_for_again_within_a_minute() {
        let dir = tempfile::tempdir().unwrap();
        let text = expiring(3_600);
        let answer = source(&dir, Some(&format!("{text}\n"))).answer().unwrap();
        assert_eq!(
            (answer.token, answer.principal_name),
            (text, "canary-bird".to_owned())
        );
        let left = answer.lifetime_ms - clock::wall().as_micros() / 1_000;
        assert!((50_000..=60_000).contains(&left), "{left}");
        let short = source(&dir, Some(&expiring(20))).answer().unwrap();
        let left = short.lifetime_ms - clock::wall().as_micros() / 1_000;
        assert!((10_000..=20_000).contains(&left), "{left}");
    }

    #[test]
    fn a_file_that_is_replaced_is_read_again_at_the_next_question() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (expiring(60), expiring(120));
        let source = source(&dir, Some(&old));
        assert_eq!(source.answer().unwrap().token, old);
        fs::write(dir.path().join("token.jwt"), &new).unwrap();
        assert_eq!(source.answer().unwrap().token, new);
    }

    #[test]
    fn what_is_missing_expired_or_no_token_is_told_with_its_file_and_never_with_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let said = |text: Option<&str>| source(&dir, text).answer().err().unwrap().to_string();
        let missing = said(None);
        assert!(
            missing.contains("token.jwt, which cannot be read"),
            "{missing}"
        );
        let (secret, late) = ("hunter2hunter2hunter2", expiring(-1));
        let foreign = said(Some(secret));
        assert!(
            foreign.contains("token.jwt, which holds no JSON Web Token"),
            "{foreign}"
        );
        let expired = said(Some(&late));
        assert!(
            expired.contains("token.jwt, whose token expired at 20"),
            "{expired}"
        );
        for text in [foreign, expired] {
            assert!(
                !text.contains(secret) && !text.contains(&late) && !text.contains("canary-bird")
            );
        }
    }

    #[test]
    fn an_expired_token_is_one_and_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let late = source(&dir, Some(&expiring(-1)));
        assert!(holds(&dir.path().join("token.jwt")).is_ok());
        assert!(matches!(late.problem(), Some(Error::Expired { .. })));
        assert!(source(&dir, Some(&expiring(60))).problem().is_none());
        assert!(Source::default().problem().is_none());
    }

    #[test]
    fn librdkafka_is_not_told_of_the_file() {
        let properties = BTreeMap::from([
            (FILE.to_owned(), "t".to_owned()),
            ("client.rack".to_owned(), "r".to_owned()),
        ]);
        let left: Vec<_> = without(&properties).collect();
        assert_eq!(left, [(&"client.rack".to_owned(), &"r".to_owned())]);
    }
}
