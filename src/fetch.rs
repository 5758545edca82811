//! One HTTP request with its limits: a deadline, a cap on the inflated answer, no redirect, no proxy, no query or
//! credential in an error. It knows nothing of what is asked.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{
    Certificate, ClientBuilder, Identity, RequestBuilder, Response, StatusCode, Url, redirect,
};

use crate::model::snapshot::ErrorKind;

/// Most bytes of an answer that are kept, after inflation, unless a client is told another number.
const MAX_BODY: usize = 32 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client could not be built, e.g. without certificate roots.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// No whole answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// Another status than 200.
    #[error("HTTP {0}")]
    Status(StatusCode),
    /// More than the cap.
    #[error("the answer is larger than {}", size(*.0))]
    TooLarge(usize),
    /// The connection broke within the answer.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Client(_) | Self::Connect(_) => ErrorKind::Connect,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Status(StatusCode::CONFLICT) => ErrorKind::Busy,
            Self::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => ErrorKind::Denied,
            Self::Status(_) => ErrorKind::Status,
            Self::TooLarge(_) => ErrorKind::TooLarge,
            Self::Broken(_) => ErrorKind::Broken,
        }
    }
}

/// Who we are to a server, and which servers we trust; secrets, which are not printed.
#[derive(Clone, Default, PartialEq)]
pub struct Access {
    // Who asks is one of them, too. Their values are marked as secret.
    headers: HeaderMap,
    // As written, so that two of them can be compared.
    roots: Option<Vec<u8>>,
    identity: Option<Vec<u8>>,
}

impl Access {
    /// The same with a user name and a password (HTTP basic authentication).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "Base64 is text for any header")]
    pub fn as_user(self, name: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{name}:{password}"));
        let with = self.authorized("Basic", &pair);
        with.expect("Base64 is text")
    }

    /// The same with credentials of another scheme than basic: `Bearer` and a token, mostly. `None` if no header can hold them.
    pub fn authorized(self, scheme: &str, credentials: &str) -> Option<Self> {
        self.with_header(AUTHORIZATION.as_str(), &format!("{scheme} {credentials}"))
    }

    /// The same with a header in each request. `None` if that is no name, or no value, of a header.
    pub fn with_header(mut self, name: &str, value: &str) -> Option<Self> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        self.headers.append(name, value);
        Some(self)
    }

    /// The same, trusting only what the certificates in `pem` have signed. `None` if there are none.
    pub fn trusting(self, pem: &[u8]) -> Option<Self> {
        let is_there = Certificate::from_pem_bundle(pem).is_ok_and(|roots| !roots.is_empty());
        let access = Self {
            roots: Some(pem.to_owned()),
            ..self
        };
        (is_there && access.is_usable()).then_some(access)
    }

    /// The same, with a certificate of our own and its key. `None` if they are not in `pem`.
    pub fn identified(self, pem: &[u8]) -> Option<Self> {
        let access = Self {
            identity: Some(pem.to_owned()),
            ..self
        };
        access.is_usable().then_some(access)
    }

    /// A client for requests of any kind, made where none of ours fits: no proxy, no redirect, and no deadline.
    pub fn requests(&self) -> Result<reqwest::Client, Error> {
        let built = self.built(|builder| builder.redirect(redirect::Policy::none()).no_proxy());
        built.map_err(unbuilt)
    }

    fn is_usable(&self) -> bool {
        self.built(|builder| builder).is_ok()
    }

    /// On a machine without certificate authorities nobody's certificate is trusted, and plain HTTP works all the same.
    fn built(
        &self,
        shaped: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> reqwest::Result<reqwest::Client> {
        let built = shaped(self.builder()?).build();
        if built.is_ok() || self.roots.is_some() {
            return built;
        }
        shaped(self.builder()?.tls_certs_only([])).build()
    }

    fn builder(&self) -> reqwest::Result<ClientBuilder> {
        let mut builder = reqwest::Client::builder().default_headers(self.headers.clone());
        if let Some(pem) = &self.roots {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem)?);
        }
        if let Some(pem) = &self.identity {
            builder = builder.identity(Identity::from_pem(pem)?);
        }
        Ok(builder)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Access")
            .field("headers", &self.headers)
            .field("roots", &self.roots.is_some())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, inflated.
    pub body: Vec<u8>,
}

/// A client whose every request has the same deadline and the same cap.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    deadline: Duration,
    cap: usize,
}

impl Client {
    /// A client that gives each request `deadline`, from the connection to the last byte.
    pub fn new(deadline: Duration) -> Result<Self, Error> {
        Self::with_access(deadline, &Access::default())
    }

    /// The same for servers that ask who we are, or whose certificates are of a private authority.
    pub fn with_access(deadline: Duration, access: &Access) -> Result<Self, Error> {
        let built = access.built(|builder| {
            builder
                .timeout(deadline)
                .redirect(redirect::Policy::none())
                .no_proxy()
                .user_agent(concat!("mirrorwatch/", env!("CARGO_PKG_VERSION")))
        });
        Ok(Self {
            inner: built.map_err(unbuilt)?,
            deadline,
            cap: MAX_BODY,
        })
    }

    /// The same client with another cap, in bytes.
    #[must_use]
    pub fn with_cap(self, cap: usize) -> Self {
        Self { cap, ..self }
    }

    /// The body that `url` answers with.
    pub async fn get(&self, url: Url) -> Result<Vec<u8>, Error> {
        Ok(self.accepted(self.inner.get(url)).await?.body)
    }

    /// What `url` answers, whatever the status.
    pub async fn get_whatever(&self, url: Url) -> Result<Answer, Error> {
        let response = self.send(self.inner.get(url)).await?;
        self.whole(response).await
    }

    /// What `url` answers to somebody who accepts this content type.
    pub async fn get_as(&self, url: Url, accept: &str) -> Result<Answer, Error> {
        self.accepted(self.inner.get(url).header(ACCEPT, accept))
            .await
    }

    /// The body that `url` answers with to a JSON document.
    pub async fn post(&self, url: Url, json: Vec<u8>) -> Result<Vec<u8>, Error> {
        let request = self
            .inner
            .post(url)
            .header(CONTENT_TYPE, "application/json");
        Ok(self.accepted(request.body(json)).await?.body)
    }

    /// What `url` answers to a JSON document, whatever the status.
    pub async fn post_whatever(&self, url: Url, json: Vec<u8>) -> Result<Answer, Error> {
        let request = self.inner.post(url);
        let request = request.header(CONTENT_TYPE, "application/json");
        let response = self.send(request.body(json)).await?;
        self.whole(response).await
    }

    /// What `url` answers to being deleted, whatever the status.
    pub async fn delete_whatever(&self, url: Url) -> Result<Answer, Error> {
        let response = self.send(self.inner.delete(url)).await?;
        self.whole(response).await
    }

    /// What `url` answers to a form, whatever the status: an error has a body, too.
    pub async fn post_form(&self, url: Url, pairs: &[(&str, String)]) -> Result<Answer, Error> {
        let request = self.inner.post(url);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = self.send(request.body(form_encoded(pairs))).await?;
        self.whole(response).await
    }

    /// The whole answer if its status is 200; of another one the body is not read.
    async fn accepted(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => self.whole(response).await,
            status => Err(Error::Status(status)),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        request.send().await.map_err(|error| self.explain(error))
    }

    async fn whole(&self, mut response: Response) -> Result<Answer, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.explain(error))?
        {
            if body.len() + chunk.len() > self.cap {
                return Err(Error::TooLarge(self.cap));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }

    fn explain(&self, error: reqwest::Error) -> Error {
        let error = error.without_url();
        if error.is_timeout() {
            Error::Timeout(self.deadline)
        } else if error.is_connect() {
            Error::Connect(causes(&error))
        } else {
            Error::Broken(causes(&error))
        }
    }
}

fn unbuilt(error: reqwest::Error) -> Error {
    Error::Client(causes(&error.without_url()))
}

/// A cap in words.
fn size(bytes: usize) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

fn form_encoded(pairs: &[(&str, String)]) -> String {
    let mut url = Url::parse("http://form/").expect("a constant URL");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The last cause of an error: reqwest's own texts say little.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

#[test]
fn secrets_are_not_printed() {
    let access = Access::default().as_user("mirrorwatch", "hunter2");
    let access = access.authorized("Bearer", "hunter2").unwrap();
    let client = Client::with_access(Duration::from_secs(1), &access).unwrap();
    for printed in [format!("{access:?}"), format!("{client:?}")] {
        assert!(printed.contains("authorization"), "{printed}");
        assert!(!printed.contains("hunter2") && !printed.contains(&STANDARD.encode("hunter2")));
    }
}

#[tokio::test]
async fn every_kind_of_client_says_who_asks() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let heard = (0..2).map(|_| {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let lines = lines.map_while(Result::ok);
            let said: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).unwrap();
            said
        });
        heard.collect::<Vec<_>>()
    });
    let access = Access::default().as_user("m", "hunter2");
    let client = Client::with_access(Duration::from_mins(1), &access).unwrap();
    client.get(url.parse().unwrap()).await.unwrap();
    let request = access.requests().unwrap().post(&url);
    assert!(request.send().await.unwrap().status().is_success());
    let who = format!("authorization: Basic {}", STANDARD.encode("m:hunter2"));
    for request in heard.join().unwrap() {
        assert!(request.contains(&who), "{request:?}");
    }
}

#[test]
fn what_no_header_can_be_is_refused() {
    let with = |name, value| Access::default().with_header(name, value).is_some();
    assert!(with("X-Scope-OrgID", "platform"));
    assert!(!with("X Scope", "platform") && !with("X-Scope-OrgID", "a\nb"));
}

#[test]
fn what_holds_no_certificate_is_refused() {
    let key_only = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for pem in [&b""[..], b"no PEM", key_only] {
        assert!(Access::default().trusting(pem).is_none());
        assert!(Access::default().identified(pem).is_none());
    }
}

#[test]
fn a_form_is_encoded_as_browsers_do() {
    let pairs = [
        ("query", "up{a=\"b c\"} & é".to_owned()),
        ("time", "1.5".to_owned()),
    ];
    assert_eq!(
        form_encoded(&pairs),
        "query=up%7Ba%3D%22b+c%22%7D+%26+%C3%A9&time=1.5"
    );
}

#[test]
fn a_cap_below_one_mebibyte_is_told_in_kibibytes() {
    let said = |cap| Error::TooLarge(cap).to_string();
    assert_eq!(said(64 << 10), "the answer is larger than 64 KiB");
    assert_eq!(said(MAX_BODY), "the answer is larger than 32 MiB");
}
