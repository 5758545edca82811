//! A silence of Alertmanager for the length of a drill (its API v2), and its end.
//!
//! What would find it again is on disk before it is asked for: a drill that is killed between the two leaves none behind.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize};

use super::restore::Restore;
use crate::fetch::{self, Access, Answer, Client};
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::recovery::inventory::Inventory;

/// Longest time that one answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Who made it, as Alertmanager shows it.
const CREATED_BY: &str = "mirrorwatch drill";

/// How much of an answer an error quotes, in characters.
const QUOTED: usize = 300;

/// Reads who asks from the file at a path, for a URL.
pub type AccessOf = fn(&Path, &str) -> Result<Access, String>;

/// Why Alertmanager did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL that can be asked; it is not repeated, for it may hold a password.
    #[error("Alertmanager's address is not a URL; write `http://host:9093`")]
    Url,
    /// No answer.
    #[error("Alertmanager: {0}")]
    Fetch(#[from] fetch::Error),
    /// It refused.
    #[error("Alertmanager answered {status}: {body}")]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// The beginning of the answer.
        body: String,
    },
    /// Its answer is not in the form of the API v2.
    #[error("Alertmanager's answer is not one of its API v2: {0}")]
    Form(#[from] serde_json::Error),
    /// Who asks is not known any more.
    #[error("who asks Alertmanager cannot be read: {0}")]
    Access(String),
}

/// A silence that a drill made, or is about to, as `restore.json` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Alertmanager's base URL.
    pub url: String,
    /// The file that says who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<PathBuf>,
    /// Stands in its comment and in no other's.
    pub mark: String,
    /// What Alertmanager calls it, once it has said so.
    pub id: Option<String>,
    /// When it ends by itself.
    pub ends: String,
}

/// What is silenced, why, and for how long.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The site.
    pub inventory: &'a Inventory,
    /// For people, and to find it again.
    pub comment: String,
    /// Begin and end.
    pub span: (Timestamp, Timestamp),
}

/// An Alertmanager.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    base: String,
    client: Client,
}

#[derive(Serialize)]
struct Matcher {
    name: &'static str,
    value: String,
    #[serde(rename = "isRegex")]
    is_regex: bool,
    #[serde(rename = "isEqual")]
    is_equal: bool,
}

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "silenceID")]
    id: String,
}

#[derive(Deserialize)]
struct Found {
    id: String,
    comment: String,
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

impl Found {
    fn is_over(&self) -> bool {
        self.status.state == "expired"
    }
}

impl Alertmanager {
    /// The one at a base URL.
    pub fn new(base: &str, access: &Access) -> Result<Self, Error> {
        let base = base.trim_end_matches('/').to_owned();
        Url::parse(&base).map_err(|_| Error::Url)?;
        let client = Client::with_access(DEADLINE, access)?;
        Ok(Self { base, client })
    }

    /// Whether it answers: an error unless it does.
    pub async fn answers(&self) -> Result<(), Error> {
        let answer = self.client.get_whatever(self.at("status")?).await?;
        accepted(&answer)
    }

    /// Make a silence; what Alertmanager calls it.
    pub async fn create(&self, wanted: &Wanted<'_>) -> Result<String, Error> {
        let (from, to) = wanted.span;
        let document = serde_json::json!({
            "matchers": matchers(wanted.inventory),
            "startsAt": from.to_string(),
            "endsAt": to.to_string(),
            "createdBy": CREATED_BY,
            "comment": wanted.comment,
        });
        let document = document.to_string().into_bytes();
        let answer = self.client.post_whatever(self.at("silences")?, document);
        let answer = answer.await?;
        accepted(&answer)?;
        let created: Created = serde_json::from_slice(&answer.body)?;
        Ok(created.id)
    }

    /// End a silence. That it has ended, or is not there any more, is what is wanted.
    pub async fn expire(&self, silence: &Silence) -> Result<(), Error> {
        let ids = match &silence.id {
            Some(id) => vec![id.clone()],
            None => self.of_mark(&silence.mark).await?,
        };
        for id in ids {
            let answer = self.client.delete_whatever(self.of_id(&id)?).await?;
            if let Err(refusal) = accepted(&answer)
                && !self.is_over(&id).await?
            {
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// The silences with this mark that have not ended.
    async fn of_mark(&self, mark: &str) -> Result<Vec<String>, Error> {
        let answer = self.client.get_whatever(self.at("silences")?).await?;
        accepted(&answer)?;
        let all: Vec<Found> = serde_json::from_slice(&answer.body)?;
        let ours = all.into_iter().filter(|one| one.comment.contains(mark));
        let ours = ours.filter(|one| !one.is_over());
        Ok(ours.map(|one| one.id).collect())
    }

    async fn is_over(&self, id: &str) -> Result<bool, Error> {
        let answer = self.client.get_whatever(self.of_id(id)?).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(true);
        }
        accepted(&answer)?;
        let found: Found = serde_json::from_slice(&answer.body)?;
        Ok(found.is_over())
    }

    fn of_id(&self, id: &str) -> Result<Url, Error> {
        self.at(&format!("silence/{id}"))
    }

    fn at(&self, path: &str) -> Result<Url, Error> {
        Url::parse(&format!("{}/api/v2/{path}", self.base)).map_err(|_| Error::Url)
    }
}

/// End the silence that `restore.json` has, and take it out of there; what it was called, if there was one.
pub async fn ended(
    restore: &mut Restore,
    access_of: AccessOf,
) -> Result<Option<String>, super::Error> {
    let Some(silence) = restore.silence().cloned() else {
        return Ok(None);
    };
    let left = |source| super::Error::Silent {
        silence: silence.to_string(),
        source,
    };
    end(&silence, access_of).await.map_err(left)?;
    restore.keep(None)?;
    Ok(Some(silence.id.unwrap_or(silence.mark)))
}

/// End a silence that a drill left.
async fn end(silence: &Silence, access_of: AccessOf) -> Result<(), Error> {
    let access = silence.access.as_deref();
    let access = access.map(|path| access_of(path, &silence.url)).transpose();
    let access = access.map_err(Error::Access)?.unwrap_or_default();
    let alertmanager = Alertmanager::new(&silence.url, &access)?;
    alertmanager.expire(silence).await
}

/// The shipped alerts of the exporter's job that are of the flow, or of no flow: workers, connectors, tasks. That the exporter itself is
/// gone is told all the same, for then the drill sees nothing.
fn matchers(inventory: &Inventory) -> Vec<Matcher> {
    let flow = &inventory.flow;
    let one = |name, value: String, is_regex, is_equal| Matcher {
        name,
        value,
        is_regex,
        is_equal,
    };
    // A label that is missing counts as empty.
    let or_none = |alias: &str| format!("|{}", regex::escape(alias));
    vec![
        one("alertname", "MirrorMaker.*".to_owned(), true, true),
        one("alertname", "MirrorMakerExporter.*".to_owned(), true, false),
        one("job", inventory.prometheus.job.clone(), false, true),
        one("source", or_none(&flow.source), true, true),
        one("target", or_none(&flow.target), true, true),
    ]
}

fn accepted(answer: &Answer) -> Result<(), Error> {
    if answer.status.is_success() {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&answer.body);
    let body = body.trim().chars().take(QUOTED).collect::<String>();
    Err(Error::Refused {
        status: answer.status,
        body: visible(&body),
    })
}

/// For people: which, where, and until when at most.
impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().unwrap_or("not known");
        write!(
            f,
            "silence {} at {}, until {} at the latest",
            visible(id),
            visible(&self.url),
            self.ends
        )
    }
}
