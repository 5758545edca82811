//! Changes of a connector's configuration. `PUT …/config` replaces the whole, so the whole is read and put, with what is set changed; what
//! was read undoes it.

use std::collections::BTreeMap;

use super::call::Call;
use super::steps::{self, Runner};

/// A change of a connector's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where the configuration is, at each worker.
    pub urls: Vec<String>,
    /// What is set, by property.
    pub set: BTreeMap<String, String>,
}

impl Change {
    /// What puts the changed configuration, and what puts the present one back.
    pub(super) async fn prepared(&self, runner: &Runner) -> Result<(Call, Call), steps::Error> {
        let (url, text) = runner.get(&self.urls).await?;
        let present: BTreeMap<String, String> =
            serde_json::from_str(&text).map_err(|error| steps::Error::NoConfiguration {
                url,
                reason: error.to_string(),
            })?;
        let mut changed = present.clone();
        changed.extend(self.set.clone());
        Ok((self.put(&changed), self.put(&present)))
    }

    fn put(&self, configuration: &BTreeMap<String, String>) -> Call {
        Call::Rest {
            method: "PUT".to_owned(),
            urls: self.urls.clone(),
            body: Some(serde_json::json!(configuration).to_string()),
        }
    }
}
