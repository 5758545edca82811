//! How a backend can misbehave, and what that is counted as.

use mirrorwatch::model::snapshot::ErrorKind;

use crate::fault_server::faults::Fault;

/// A fault's name, the fault, and the kind under which it is counted.
pub(crate) type Case = (&'static str, Fault, ErrorKind);

/// Faults that end a poll at once.
pub(crate) fn at_once() -> Vec<Case> {
    [connections(), statuses(), bodies()].concat()
}

/// Of the connection and of the head.
fn connections() -> Vec<Case> {
    vec![
        ("closed before the answer", Fault::cut(0), ErrorKind::Broken),
        ("closed in the head", Fault::cut(30), ErrorKind::Broken),
        ("closed in the body", Fault::cut(90), ErrorKind::Broken),
        ("reset in the body", Fault::reset(90), ErrorKind::Broken),
        (
            "not HTTP",
            Fault::raw(b"\x00\x01 not http at all\r\n\r\n".to_vec()),
            ErrorKind::Broken,
        ),
        (
            "a length too great",
            Fault::head("HTTP/1.1 200 OK\ncontent-length: 99999"),
            ErrorKind::Broken,
        ),
        (
            "a length too small",
            Fault::head("HTTP/1.1 200 OK\ncontent-length: 40"),
            ErrorKind::Malformed,
        ),
        (
            "two lengths",
            Fault::head("HTTP/1.1 200 OK\ncontent-length: 40\ncontent-length: 41"),
            ErrorKind::Broken,
        ),
        (
            "a length that is no number",
            Fault::head("HTTP/1.1 200 OK\ncontent-length: -1"),
            ErrorKind::Broken,
        ),
        (
            "chunks that are none",
            Fault::head("HTTP/1.1 200 OK\ntransfer-encoding: chunked"),
            ErrorKind::Broken,
        ),
        (
            "gzip that is none",
            Fault::head("HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: {length}"),
            ErrorKind::Broken,
        ),
        (
            "a header flood",
            Fault::header_flood(10_000),
            ErrorKind::Broken,
        ),
        (
            "a header without end",
            Fault::endless("HTTP/1.1 200 OK\r\nx: ", b"y", 4096),
            ErrorKind::Broken,
        ),
        (
            "headers without end",
            Fault::endless("HTTP/1.1 200 OK\r\n", b"x: y\r\n", 1000),
            ErrorKind::Broken,
        ),
    ]
}

fn statuses() -> Vec<Case> {
    vec![
        ("401", Fault::status("401 Unauthorized"), ErrorKind::Denied),
        ("403", Fault::status("403 Forbidden"), ErrorKind::Denied),
        ("404", Fault::status("404 Not Found"), ErrorKind::Status),
        ("409", Fault::status("409 Conflict"), ErrorKind::Busy),
        (
            "429",
            Fault::status("429 Too Many Requests\r\nretry-after: 1"),
            ErrorKind::Status,
        ),
        (
            "500",
            Fault::status("500 Internal Server Error"),
            ErrorKind::Status,
        ),
        (
            "503",
            Fault::status("503 Service Unavailable"),
            ErrorKind::Status,
        ),
        ("204", Fault::status("204 No Content"), ErrorKind::Status),
    ]
}

fn bodies() -> Vec<Case> {
    let refused = |_: &[u8]| {
        let items = mirrorwatch::model::jmx::BEANS.len() + 1;
        format!(
            "[{}]",
            vec![r#"{"status":403,"error_type":"java.lang.SecurityException"}"#; items].join(",")
        )
        .into_bytes()
    };
    vec![
        (
            "an HTML page",
            Fault::body(|_| b"<html><body>502 Bad Gateway</body></html>".to_vec()),
            ErrorKind::Malformed,
        ),
        ("nothing", Fault::body(|_| Vec::new()), ErrorKind::Malformed),
        (
            "one byte",
            Fault::body(|_| b"{".to_vec()),
            ErrorKind::Malformed,
        ),
        (
            "a byte order mark",
            Fault::body(|body| [b"\xef\xbb\xbf", body].concat()),
            ErrorKind::Malformed,
        ),
        (
            "invalid UTF-8",
            Fault::body(|body| {
                body.iter()
                    .map(|byte| if *byte == b'v' { 0xff } else { *byte })
                    .collect()
            }),
            ErrorKind::Malformed,
        ),
        (
            "UTF-16",
            Fault::body(|body| body.iter().flat_map(|byte| [*byte, 0]).collect()),
            ErrorKind::Malformed,
        ),
        (
            "nesting a million deep",
            // What is longer than `/` ever is, is not read that far there.
            Fault::body(|body| match body.len() {
                0..100 => body.to_vec(),
                _ => vec![b'['; 1_000_000],
            }),
            ErrorKind::Malformed,
        ),
        (
            "an error with status 200",
            Fault::body(|_| b"{\"error_code\":500,\"message\":\"Request timed out\"}".to_vec()),
            ErrorKind::Malformed,
        ),
        (
            "errors only in the items",
            Fault::body(refused),
            ErrorKind::Mbean,
        ),
    ]
}

/// Faults that last until the deadline.
pub(crate) fn lasting() -> Vec<Case> {
    vec![
        ("silence", Fault::silence(), ErrorKind::Timeout),
        ("a drip", Fault::drip(), ErrorKind::Timeout),
        ("stuck in the head", Fault::stuck(30), ErrorKind::Timeout),
        ("stuck in the body", Fault::stuck(90), ErrorKind::Timeout),
        (
            "interim answers without end",
            Fault::endless("", b"HTTP/1.1 100 Continue\r\n\r\n", 10),
            ErrorKind::Timeout,
        ),
    ]
}
