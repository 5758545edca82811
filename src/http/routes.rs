//! Who gets an answer, and what each path answers.

use bytes::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};

use super::{Reload, Server, landing};
use crate::clock;
use crate::exposition::{Format, Pages, negotiate};
use crate::web::{Entry, Web};

/// Bodies are whole: a page is encoded before it is sent.
type Body = Bytes;

const TIME: HeaderName = HeaderName::from_static("x-mirrorwatch-time");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// What a request gets. Without the right to ask, no path tells anything, not even whether it is there.
pub(super) async fn respond<B>(server: &Server, request: &Request<B>) -> Response<Body> {
    let web = server.web.now();
    let mut response = match refusal(server, &web, request.headers()).await {
        Some(refusal) => refusal,
        None => answer(server, request).await,
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(TIME, now());
    for (name, value) in &web.headers {
        headers.insert(name, value.clone());
    }
    response
}

/// The answer to a request that is not let in.
async fn refusal(server: &Server, web: &Web, headers: &HeaderMap) -> Option<Response<Body>> {
    let is_too_fast = web
        .rate
        .as_ref()
        .is_some_and(|rate| !rate.allows(clock::monotonic()));
    if is_too_fast {
        return Some(later(StatusCode::TOO_MANY_REQUESTS, "too many requests\n"));
    }
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match server.web.logins.check(&web.users, authorization).await {
        Entry::Granted => None,
        Entry::Busy => Some(later(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many passwords are being checked\n",
        )),
        Entry::Refused => {
            let mut refusal = text(
                StatusCode::UNAUTHORIZED,
                "a user name and a password are needed\n",
            );
            let basic = HeaderValue::from_static("Basic realm=\"mirrorwatch\", charset=\"UTF-8\"");
            refusal.headers_mut().insert(WWW_AUTHENTICATE, basic);
            Some(refusal)
        }
    }
}

fn later(status: StatusCode, why: &'static str) -> Response<Body> {
    let mut response = text(status, why);
    let seconds = HeaderValue::from_static("1");
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

async fn answer<B>(server: &Server, request: &Request<B>) -> Response<Body> {
    let method = request.method();
    match request.uri().path() {
        "/-/reload" => match &server.reload {
            None => text(
                StatusCode::FORBIDDEN,
                "reloading over HTTP is off; start with --web.enable-lifecycle, or send SIGHUP\n",
            ),
            Some(reload) if method == Method::POST || method == Method::PUT => {
                reloaded(reload).await
            }
            Some(_) => not_allowed("POST, PUT", "only POST and PUT\n"),
        },
        path if method == Method::GET || method == Method::HEAD => {
            page(server, path, request.headers())
        }
        _ => not_allowed("GET, HEAD", "only GET and HEAD\n"),
    }
}

fn page(server: &Server, path: &str, headers: &HeaderMap) -> Response<Body> {
    let pages = &server.pages;
    match path {
        path if path == &*server.telemetry_path => metrics(pages, headers),
        "/-/healthy" => text(StatusCode::OK, "mirrorwatch is running\n"),
        "/-/ready" if pages.is_ready() => text(StatusCode::OK, "mirrorwatch is ready\n"),
        "/-/ready" => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the first poll round is under way\n",
        ),
        "/" => {
            let page = landing::page(&pages.snapshot(), &server.telemetry_path);
            let mut response = with(StatusCode::OK, HTML, page.into());
            landing::protect(response.headers_mut());
            response
        }
        _ => with(
            StatusCode::NOT_FOUND,
            TEXT,
            format!("there is {}, /-/healthy, /-/ready\n", server.telemetry_path).into(),
        ),
    }
}

/// Have the configuration read again, and say what came of it.
async fn reloaded(reload: &mpsc::Sender<Reload>) -> Response<Body> {
    let (reply, outcome) = oneshot::channel();
    let ending = || text(StatusCode::SERVICE_UNAVAILABLE, "mirrorwatch is stopping\n");
    if reload.send(reply).await.is_err() {
        return ending();
    }
    match outcome.await {
        Ok(Ok(())) => text(StatusCode::OK, "the configuration is read and in force\n"),
        Ok(Err(error)) => with(
            StatusCode::INTERNAL_SERVER_ERROR,
            TEXT,
            format!("the configuration before stays in force: {error}\n").into(),
        ),
        Err(_) => ending(),
    }
}

fn metrics(pages: &Pages, headers: &HeaderMap) -> Response<Body> {
    let accept = header(headers, &ACCEPT);
    let format = negotiate::format(accept.as_deref());
    let gzip = negotiate::gzip(header(headers, &ACCEPT_ENCODING).as_deref());
    let kind = content_type(format, accept.as_deref());
    let mut response = with(StatusCode::OK, kind, pages.get(format, gzip));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn content_type(format: Format, accept: Option<&str>) -> HeaderValue {
    match format {
        Format::Classic => HeaderValue::from_static(format.content_type()),
        Format::OpenMetrics => {
            let scheme = negotiate::escaping(accept);
            let text = format!("{}; escaping={scheme}", format.content_type());
            HeaderValue::from_str(&text).expect("a scheme is of a closed set")
        }
    }
}

/// All lines of one header as one list.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn not_allowed(methods: &'static str, why: &'static str) -> Response<Body> {
    let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, why);
    let methods = HeaderValue::from_static(methods);
    refusal.headers_mut().insert(ALLOW, methods);
    refusal
}

fn text(status: StatusCode, body: &'static str) -> Response<Body> {
    with(status, TEXT, Bytes::from_static(body.as_bytes()))
}

fn with(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Seconds since the epoch with microseconds.
fn now() -> HeaderValue {
    let micros = clock::wall().as_micros();
    let text = format!(
        "{}.{:06}",
        micros.div_euclid(1_000_000),
        micros.rem_euclid(1_000_000)
    );
    HeaderValue::from_str(&text).expect("digits and a point are a header value")
}
