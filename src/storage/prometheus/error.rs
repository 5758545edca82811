//! Why a server did not answer.

use reqwest::StatusCode;

use crate::fetch;
use crate::model::text::visible;

/// Why a server did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL that can be asked.
    #[error("`{0}` is not a URL of a Prometheus server; write `http://host:9090`")]
    Url(String),
    /// No answer.
    #[error("{server}: {cause}")]
    Http {
        /// The server.
        server: String,
        /// Why.
        cause: fetch::Error,
    },
    /// An answer that is an error.
    #[error("{server}: HTTP {status}: {message}")]
    Status {
        /// The server.
        server: String,
        /// HTTP status.
        status: StatusCode,
        /// What the server says.
        message: String,
    },
    /// An answer that is not the API's.
    #[error("{server}: not an answer of the Prometheus API: {what}")]
    Malformed {
        /// The server.
        server: String,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    pub(super) fn malformed(server: String, what: &str) -> Self {
        let what = excerpt(what);
        Self::Malformed { server, what }
    }

    /// Whether less may be had where this much was not: beyond a limit of samples, of the answer's size, or of time.
    pub(super) fn is_too_much(&self) -> bool {
        match self {
            Self::Http { cause, .. } => {
                matches!(cause, fetch::Error::Timeout(_) | fetch::Error::TooLarge(_))
            }
            Self::Status { status, .. } => matches!(
                *status,
                StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::UNPROCESSABLE_ENTITY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            Self::Url(_) | Self::Malformed { .. } => false,
        }
    }
}

/// The beginning of what the server wrote, safe to print.
pub(super) fn excerpt(text: &str) -> String {
    visible(&text[..text.floor_char_boundary(200)])
}
