//! The web configuration file as written, by the keys of Prometheus' exporter-toolkit. A key without a value is as if it
//! were not there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::yaml::Text;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) tls_server_config: Option<Tls>,
    pub(super) http_server_config: Option<Http>,
    pub(super) basic_auth_users: Option<BTreeMap<String, Text>>,
    pub(super) rate_limit: Option<RateLimit>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    pub(super) cert: Option<Text>,
    pub(super) cert_file: Option<Text>,
    pub(super) key: Option<Text>,
    pub(super) key_file: Option<Text>,
    pub(super) client_ca: Option<Text>,
    pub(super) client_ca_file: Option<Text>,
    pub(super) client_auth_type: Option<Text>,
    pub(super) client_allowed_sans: Option<Vec<Text>>,
    pub(super) min_version: Option<Text>,
    pub(super) max_version: Option<Text>,
    pub(super) cipher_suites: Option<Vec<Text>>,
    pub(super) prefer_server_cipher_suites: Option<Flag>,
    pub(super) curve_preferences: Option<Vec<Text>>,
}

impl Tls {
    /// Whether nothing is written in it.
    pub(super) fn is_empty(&self) -> bool {
        let texts = [
            &self.cert,
            &self.cert_file,
            &self.key,
            &self.key_file,
            &self.client_ca,
            &self.client_ca_file,
            &self.client_auth_type,
            &self.min_version,
            &self.max_version,
        ];
        let lists = [
            &self.client_allowed_sans,
            &self.cipher_suites,
            &self.curve_preferences,
        ];
        texts.iter().all(|text| text.is_none())
            && lists.iter().all(|list| list.is_none())
            && self.prefer_server_cipher_suites.is_none()
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Http {
    pub(super) http2: Option<Flag>,
    pub(super) headers: Option<BTreeMap<String, Text>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimit {
    pub(super) interval: Option<Text>,
    pub(super) burst: Option<i64>,
}

/// `true` or `false`, and no other word for them.
#[derive(Clone, Copy)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        match text.as_str() {
            "true" => Ok(Self(true)),
            "false" => Ok(Self(false)),
            _ => Err(D::Error::custom(
                "is neither `true` nor `false`; write one of them",
            )),
        }
    }
}

/// The text of a key, unless it is missing or empty.
pub(super) fn written(text: Option<&Text>) -> Option<&str> {
    text.map(|Text(text)| text.as_str())
        .filter(|text| !text.is_empty())
}
