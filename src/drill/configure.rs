//! Changes of a connector's configuration. `PUT …/config` replaces the whole, so the whole is read and put, with what is set changed; what
//! was read undoes it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::steps;

/// A connector's configuration, by property. It may hold secrets and is not printed.
pub type Configuration = BTreeMap<String, String>;

/// A change of a connector's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose.
    pub connector: String,
    /// Where the configuration is, at each worker.
    pub urls: Vec<String>,
    /// What is set, by property.
    pub set: BTreeMap<String, String>,
}

/// What the first worker that answers has at one of `urls`, by property: texts where it is to be put again, anything where it is only shown.
pub(super) async fn present<V: DeserializeOwned>(
    http: &reqwest::Client,
    urls: &[String],
) -> Result<BTreeMap<String, V>, steps::Error> {
    let (url, text) = steps::get(http, urls).await?;
    let read = serde_json::from_str(&text);
    read.map_err(|error| steps::Error::NoConfiguration {
        url,
        reason: error.to_string(),
    })
}

impl Change {
    /// What puts the changed configuration, and what puts the present one back.
    pub(super) async fn prepared(
        &self,
        http: &reqwest::Client,
    ) -> Result<(Call, Call), steps::Error> {
        let present = present(http, &self.urls).await?;
        Ok((self.put(&self.merged(&present)), self.put(&present)))
    }

    /// What will be put where this is present.
    pub(super) fn merged(&self, present: &Configuration) -> Configuration {
        let mut changed = present.clone();
        changed.extend(self.set.clone());
        changed
    }

    fn put(&self, configuration: &Configuration) -> Call {
        Call::Rest {
            method: "PUT".to_owned(),
            urls: self.urls.clone(),
            body: Some(serde_json::json!(configuration).to_string()),
        }
    }
}
