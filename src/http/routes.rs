//! What each path answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Response, StatusCode};

use crate::clock;
use crate::exposition::{Pages, negotiate};

/// Bodies are whole: a page is encoded before it is sent.
pub(super) type Body = Full<Bytes>;

const TIME: HeaderName = HeaderName::from_static("x-mirrorwatch-time");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

pub(super) fn respond(
    pages: &Pages,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response<Body> {
    let mut response = if method == Method::GET || method == Method::HEAD {
        route(pages, path, headers)
    } else {
        let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        refusal.headers_mut().insert(ALLOW, allowed);
        refusal
    };
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response.headers_mut().insert(TIME, now());
    response
}

fn route(pages: &Pages, path: &str, headers: &HeaderMap) -> Response<Body> {
    match path {
        "/metrics" => metrics(pages, headers),
        "/-/healthy" => text(StatusCode::OK, "mirrorwatch is running\n"),
        "/-/ready" if pages.is_ready() => text(StatusCode::OK, "mirrorwatch is ready\n"),
        "/-/ready" => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the first poll round is under way\n",
        ),
        "/" => landing(&pages.problems()),
        _ => text(
            StatusCode::NOT_FOUND,
            "there is /metrics, /-/healthy, /-/ready\n",
        ),
    }
}

fn metrics(pages: &Pages, headers: &HeaderMap) -> Response<Body> {
    let format = negotiate::format(header(headers, &ACCEPT).as_deref());
    let gzip = negotiate::gzip(header(headers, &ACCEPT_ENCODING).as_deref());
    let mut response = Response::new(Full::new(pages.get(format, gzip)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
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

const HEAD: &str = concat!(
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>mirrorwatch</title></head>\n",
    "<body><h1>mirrorwatch ",
    env!("CARGO_PKG_VERSION"),
    "</h1>\n<p>Watches Kafka MirrorMaker 2 on Kafka Connect.</p>\n",
    "<ul><li><a href=\"metrics\">Metrics</a></li><li><a href=\"-/healthy\">Health</a></li>",
    "<li><a href=\"-/ready\">Readiness</a></li></ul>\n",
);

/// Where to go, and what the canaries found wrong.
fn landing(problems: &[String]) -> Response<Body> {
    let mut page = HEAD.to_owned();
    for problem in problems {
        page.push_str("<p>");
        page.push_str(&escaped(problem));
        page.push_str("</p>\n");
    }
    page.push_str("</body></html>\n");
    let mut response = Response::new(Full::new(Bytes::from(page)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'"),
    );
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn text(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
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

#[test]
fn names_from_outside_are_text_on_the_landing_page() {
    assert_eq!(escaped("<b>&\"x\""), "&lt;b&gt;&amp;&quot;x&quot;");
}
