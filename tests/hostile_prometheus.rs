//! A Prometheus server that misbehaves: the evaluator's client gets the samples or a typed error with a bounded text,
//! never a wrong number, and asks nobody else.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fault_server;
mod stub;

use fault_server::FaultServer;
use fault_server::faults::Fault;
use mirrorwatch::promql::Selector;
use mirrorwatch::storage::prometheus::{Error, Server};

async fn started(fault: Fault) -> (FaultServer, Server) {
    let backend = FaultServer::start(fault).await;
    let server = Server::new(&format!("http://127.0.0.1:{}", backend.port)).unwrap();
    (backend, server)
}

/// The same question in three forms; the texts of the errors.
async fn errors(server: &Server) -> Vec<Error> {
    let up = Selector::named("up");
    let time = server.time().await.err();
    let now = server.now(&up).await.err();
    let samples = server
        .samples(std::slice::from_ref(&up), 0, 1_000)
        .await
        .err();
    [time, now, samples].into_iter().flatten().collect()
}

#[tokio::test]
async fn each_fault_is_a_typed_error_and_the_next_good_answer_is_read() {
    let json = |text: &'static str| Fault::body(move |_| text.as_bytes().to_vec());
    let cases = [
        ("closed", Fault::cut(0), "broke off"),
        ("cut", Fault::cut(90), "broke off"),
        ("reset", Fault::reset(90), "broke off"),
        (
            "a length too great",
            Fault::head("HTTP/1.1 200 OK\ncontent-length: 9999"),
            "broke off",
        ),
        ("a header flood", Fault::header_flood(10_000), "broke off"),
        (
            "headers without end",
            Fault::endless("HTTP/1.1 200 OK\r\n", b"x: y\r\n", 1000),
            "broke off",
        ),
        (
            "gzip that is none",
            Fault::head("HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: {length}"),
            "broke off",
        ),
        ("401", Fault::status("401 Unauthorized"), "HTTP 401"),
        ("422", Fault::status("422 Unprocessable Entity"), "HTTP 422"),
        ("429", Fault::status("429 Too Many Requests"), "HTTP 429"),
        ("503", Fault::status("503 Service Unavailable"), "HTTP 503"),
        (
            "a page",
            Fault::body(|_| b"<html>\x1b[2J</html>".to_vec()),
            "not an answer of the Prometheus API",
        ),
        ("nothing", Fault::body(|_| Vec::new()), "not an answer"),
        ("null", json("null"), "not an answer"),
        (
            "deep",
            Fault::body(|_| vec![b'['; 1_000_000]),
            "not an answer",
        ),
        (
            "a mark",
            Fault::body(|body| [b"\xef\xbb\xbf", body].concat()),
            "not an answer",
        ),
        (
            "1e999",
            json(r#"{"status":"success","data":{"resultType":"scalar","result":[1e999,"1"]}}"#),
            "not an answer",
        ),
        (
            "a surrogate",
            json(
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"\ud800"},"value":[1,"1"]}]}}"#,
            ),
            "not an answer",
        ),
        (
            "no number",
            json(
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"one"]}]}}"#,
            ),
            "not an answer",
        ),
        (
            "an error with status 200",
            json(
                r#"{"status":"error","errorType":"execution","error":"query \u001b[2Jtimed out"}"#,
            ),
            "timed out",
        ),
    ];
    for (name, fault, said) in cases {
        let (backend, server) = started(fault).await;
        let errors = errors(&server).await;
        assert_eq!(errors.len(), 3, "{name}: {errors:?}");
        for error in errors {
            let text = error.to_string();
            assert!(text.contains(said), "{name}: {text}");
            assert!(text.len() < 400, "{name}: {text}");
            assert!(!text.chars().any(char::is_control), "{name}: {text:?}");
        }
        backend.set(Fault::none());
        assert!(server.now(&Selector::named("up")).await.is_ok(), "{name}");
        assert!(server.time().await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_and_nobody_else_is_asked() {
    let elsewhere = FaultServer::start(Fault::none()).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let location = format!(
            "{status}\r\nlocation: http://127.0.0.1:{}/api/v1/query",
            elsewhere.port
        );
        let (_backend, server) = started(Fault::status(&location)).await;
        assert_eq!(errors(&server).await.len(), 3, "{status}");
    }
    assert_eq!(elsewhere.asked(""), 0);
}

#[tokio::test]
async fn no_proxy_of_the_environment_is_asked() {
    let proxy = FaultServer::start(Fault::none()).await;
    let backend = FaultServer::start(Fault::none()).await;
    let address = |port| format!("http://127.0.0.1:{port}");
    let mut query = tokio::process::Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
    query.args(["query", &address(backend.port), "up"]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        query.env(variable, address(proxy.port));
    }
    for variable in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        query.env_remove(variable);
    }
    query.output().await.unwrap();
    assert_eq!(proxy.asked(""), 0);
    assert!(backend.asked("") > 0, "the server itself was asked");
}

#[tokio::test]
async fn no_cut_of_a_captured_answer_passes_for_the_whole_and_no_changed_byte_is_a_panic() {
    let captured: [&[u8]; 7] = [
        include_bytes!("fixtures/prometheus-2.42.0-empty.json"),
        include_bytes!("fixtures/prometheus-2.42.0-error.json"),
        include_bytes!("fixtures/prometheus-2.42.0-matrix.json"),
        include_bytes!("fixtures/prometheus-2.42.0-scalar.json"),
        include_bytes!("fixtures/prometheus-2.42.0-series.json"),
        include_bytes!("fixtures/prometheus-2.42.0-string.json"),
        include_bytes!("fixtures/prometheus-2.42.0-vector.json"),
    ];
    let (backend, server) = started(Fault::none()).await;
    for whole in captured {
        for end in 0..whole.len() {
            let piece = whole[..end].to_vec();
            backend.set(Fault::body(move |_| piece.clone()));
            assert!(
                server.now(&Selector::named("up")).await.is_err(),
                "cut at {end}"
            );
        }
        for at in 0..whole.len() {
            let mut bent = whole.to_vec();
            bent[at] ^= 1 << (at % 8);
            backend.set(Fault::body(move |_| bent.clone()));
            let _ = server.samples(&[Selector::named("up")], 0, 1_000).await;
        }
    }
}

/// As `VictoriaMetrics` sends it, which tells who it is by a header.
fn by_victoria(body: &'static str) -> Fault {
    let head = format!(
        "HTTP/1.1 200 OK\r\nX-Server-Hostname: vm\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Fault::raw([head.as_bytes(), body.as_bytes()].concat())
}

#[tokio::test]
async fn the_end_of_a_series_is_no_value_of_it_where_victoria_metrics_hands_it_out() {
    let body = include_str!("fixtures/victoria-metrics-1.79.5-ends.json");
    let (backend, server) = started(by_victoria(body)).await;
    let values = async || {
        let window = (1_795_823_400_000, 1_795_823_500_000);
        let fetched = server
            .samples(&[Selector::named("b")], window.0, window.1)
            .await;
        let fetched = fetched.unwrap();
        let samples: Vec<_> = fetched
            .series
            .iter()
            .flat_map(|(_, samples)| samples.to_vec())
            .collect();
        samples
            .iter()
            .filter(|sample| sample.value.is_nan())
            .count()
            * 100
            + samples.len()
    };
    assert_eq!(values().await, 10);
    // Of another server NaN is a value.
    backend.set(Fault::body(|_| body.as_bytes().to_vec()));
    assert_eq!(values().await, 212);
}

#[tokio::test]
async fn a_clock_that_is_told_to_the_second_is_known_to_half_of_one() {
    let body = include_str!("fixtures/victoria-metrics-1.79.5-time.json");
    let (backend, server) = started(by_victoria(body)).await;
    let told = server.clock().await.unwrap();
    assert_eq!(
        (told.at.as_micros(), told.half),
        (1_795_823_487_500_000, 500_000)
    );
    backend.set(Fault::none());
    assert_eq!(server.clock().await.unwrap().half, 500);
}
