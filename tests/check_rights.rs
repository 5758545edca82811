//! `check --rights` at the workers' REST APIs and agents: what they refuse is named with what to do about it, and what nobody answers is
//! not known, never granted. The rights on the clusters are asked for in `canary_loop` and in the secured lab.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod stub;

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use stub::{Behaviour, Stub};

const FOLDER: &str = "kafka-4.3.1";

/// What the exporter asks Connect for.
const ASKED: [&str; 5] = [
    "/",
    "/health",
    "/connectors?expand=status",
    "/connectors/mirror-source/tasks",
    "/connectors/mirror-source/offsets",
];

/// What it says, without the file's name, and its exit code.
struct Said {
    code: Option<i32>,
    out: String,
    lines: Vec<String>,
}

impl Said {
    fn lines_with(&self, text: &str) -> usize {
        self.lines.iter().filter(|line| line.contains(text)).count()
    }
}

async fn check(rest: u16, agent: u16, access: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mirrorwatch.yml");
    fs::write(folder.path().join("password"), "hunter2").unwrap();
    let workers = format!(
        "[{{ url: 'http://127.0.0.1:{rest}', jolokia: 'http://127.0.0.1:{agent}/jolokia/' }}]"
    );
    let flow = "{ source: source, target: target, connector: mirror-source }";
    let text =
        format!("connect: {{ workers: {workers}{access} }}\nclusters: {{}}\nflows: [{flow}]\n");
    fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mirrorwatch"));
    command.args(["check", "--rights", "--config"]).arg(&file);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let name = format!("{}: ", file.display());
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&name, "");
    Said {
        code: output.status.code(),
        out: said(output.stdout),
        lines: said(output.stderr).lines().map(str::to_owned).collect(),
    }
}

async fn check_stubs(rest: Behaviour, agent: Behaviour) -> Said {
    let (rest, agent) = (Stub::start(rest).await, Stub::start(agent).await);
    check(rest.port, agent.port, "").await
}

fn well() -> Behaviour {
    Behaviour::Folder(FOLDER, 1)
}

#[tokio::test]
async fn where_nobody_refuses_every_request_is_granted() {
    let said = check_stubs(well(), well()).await;
    assert_eq!(said.lines, [""; 0]);
    assert_eq!(said.out, "ok\n6 rights granted: ok\n");
    assert_eq!(said.code, Some(0));
}

#[tokio::test]
async fn without_a_password_each_request_is_named_and_with_it_none() {
    let stub = Stub::start(Behaviour::Locked(FOLDER)).await;
    let said = check(stub.port, stub.port, "").await;
    assert_eq!(said.code, Some(2), "{:?}", said.lines);
    for path in ASKED {
        let line = format!("GET {path} is refused: ");
        assert_eq!(said.lines_with(&line), 1, "{line}: {:?}", said.lines);
    }
    let refused = "HTTP 401 Unauthorized; give credentials that it takes in `connect.";
    assert_eq!(said.lines_with(&format!("{refused}rest_access`")), 5);
    assert_eq!(said.lines_with(&format!("{refused}jolokia_access`")), 1);
    assert_eq!(said.lines.len(), 6, "{:?}", said.lines);
    let proof = "{ basic_auth: { username: u, password_file: password } }";
    let access = format!(", rest_access: {proof}, jolokia_access: {proof}");
    let said = check(stub.port, stub.port, &access).await;
    assert_eq!((said.code, said.lines.len()), (Some(0), 0));
    assert!(said.out.contains("6 rights granted: ok"), "{}", said.out);
}

#[tokio::test]
async fn a_request_that_is_not_allowed_is_named_alone() {
    for path in ASKED {
        let refuses = Behaviour::Refuses(FOLDER, path, "403 Forbidden");
        let said = check_stubs(refuses, well()).await;
        assert_eq!(said.code, Some(2), "{path}: {:?}", said.lines);
        assert_eq!(said.lines.len(), 1, "{path}: {:?}", said.lines);
        let line = format!("GET {path} is refused: ");
        assert_eq!(said.lines_with(&line), 1, "{path}: {:?}", said.lines);
        let remedy = "HTTP 403 Forbidden; let its user ask that (docs/permissions.md)";
        assert_eq!(said.lines_with(remedy), 1, "{path}: {:?}", said.lines);
        assert!(!said.out.contains("granted"), "{}", said.out);
    }
}

#[tokio::test]
async fn what_an_old_worker_does_not_offer_is_neither_refused_nor_granted() {
    let offsets = ASKED[4];
    let old = Behaviour::Refuses(FOLDER, offsets, "404 Not Found");
    let said = check_stubs(old, well()).await;
    assert_eq!(said.lines, [""; 0]);
    assert_eq!(said.out, "ok\n5 rights granted: ok\n");
}

#[tokio::test]
async fn what_an_agents_policy_forbids_is_named_whether_it_is_one_mbean_or_all() {
    let refuses = Behaviour::Refuses(FOLDER, "/jolokia/", "403 Forbidden");
    for agent in [
        Behaviour::Forbids(FOLDER, 1),
        Behaviour::Forbids(FOLDER, 1_000),
        refuses,
    ] {
        let said = check_stubs(well(), agent.clone()).await;
        assert_eq!(said.code, Some(2), "{agent:?}: {:?}", said.lines);
        assert_eq!(said.lines.len(), 1, "{agent:?}: {:?}", said.lines);
        assert_eq!(
            said.lines_with("read of the MBeans is refused: "),
            1,
            "{:?}",
            said.lines
        );
        assert_eq!(
            said.lines_with("docs/jolokia-access.xml"),
            1,
            "{:?}",
            said.lines
        );
    }
}

#[tokio::test]
async fn what_a_worker_answers_otherwise_is_no_refusal_and_not_granted() {
    for line in ["500 Internal Server Error", "409 Conflict", "302 Found"] {
        let said = check_stubs(
            Behaviour::Refuses(FOLDER, "/connectors/mirror-source/tasks", line),
            Behaviour::Refuses(FOLDER, "/jolokia/", line),
        )
        .await;
        assert_eq!(said.code, Some(3), "{line}: {:?}", said.lines);
        assert_eq!(
            said.lines_with("not known: "),
            2,
            "{line}: {:?}",
            said.lines
        );
        let counts = "4 rights granted, 2 not known";
        assert_eq!(said.lines_with(counts), 1, "{line}: {:?}", said.lines);
        assert_eq!(said.out, "ok\n", "{line}");
    }
}

#[tokio::test]
async fn where_nobody_answers_nothing_is_known_nothing_refused_and_nothing_granted() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [rest, agent] = listeners.map(|listener| listener.local_addr().unwrap().port());
    let said = check(rest, agent, "").await;
    assert_eq!(said.code, Some(3), "{:?}", said.lines);
    assert_eq!(said.lines_with("not known: "), 6, "{:?}", said.lines);
    assert_eq!(said.lines_with("no connection: "), 6, "{:?}", said.lines);
    assert_eq!(said.lines_with("0 rights granted, 6 not known"), 1);
    assert_eq!(said.lines_with("refused: "), 0, "{:?}", said.lines);
    assert_eq!(said.out, "ok\n", "the file itself is in order");
}
