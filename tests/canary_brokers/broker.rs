//! A Kafka broker of the tests' own: real, alone in its cluster, and with a wall clock as wrong as it is told to be.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use mirrorwatch::clock;
use mirrorwatch_lab::Home;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

const KAFKA: &str = "4.3.1";
/// `mirrorwatch-test` as Kafka writes 16 bytes.
const CLUSTER: &str = "bWlycm9yd2F0Y2gtdGVzdA";
/// Until it answers, on a machine that is slow.
const PATIENCE: Duration = Duration::from_mins(2);
/// The tests' process has no way to say that it ends but to let go of what it holds.
const UNTIL_STDIN_CLOSES: &str = r#""$@" </dev/null & child=$!; read -r _; kill -9 $child"#;

/// A broker that runs until the tests' process ends.
pub(crate) struct Broker {
    pub(crate) bootstrap: String,
    folder: PathBuf,
    ahead: i64,
    _process: Child,
}

impl Broker {
    /// Starts a broker whose clock is so many seconds ahead, and waits until it answers; `name` is that of its folder.
    pub(crate) fn start(name: &str, ahead: i64) -> Self {
        let folder = PathBuf::from(format!("{}/canary-{name}", env!("CARGO_TARGET_TMPDIR")));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder is ours");
        let [client, controller] = free_ports();
        let properties = folder.join("server.properties");
        let text = properties_of(&folder, client, controller);
        fs::write(&properties, text).expect("the folder is ours");
        build_clock(&folder);
        let format = ["format", "-t", CLUSTER, "-c"].map(OsStr::new);
        let format = [&format[..], &[properties.as_os_str()]].concat();
        finish(&mut java(
            &folder,
            ahead,
            "kafka.tools.StorageTool",
            &format,
        ));
        let program = java(&folder, ahead, "kafka.Kafka", &[properties.as_os_str()]);
        let broker = Self {
            bootstrap: format!("127.0.0.1:{client}"),
            _process: until_stdin_closes(&program, &folder),
            folder,
            ahead,
        };
        broker.await_answer();
        broker
    }

    /// Limits the bytes a second that clients of this id may write (`producer_byte_rate`) or read (`consumer_byte_rate`); `None` lifts it.
    pub(crate) fn limit(&self, client: &str, key: &str, rate: Option<u32>) {
        let change = match rate {
            Some(rate) => ["--add-config".to_owned(), format!("{key}={rate}")],
            None => ["--delete-config".to_owned(), key.to_owned()],
        };
        let fixed = ["--bootstrap-server", &self.bootstrap, "--alter"];
        let entity = ["--entity-type", "clients", "--entity-name", client];
        let arguments: Vec<&OsStr> = fixed
            .iter()
            .map(OsStr::new)
            .chain(change.iter().map(OsStr::new))
            .chain(entity.iter().map(OsStr::new))
            .collect();
        let main = "kafka.admin.ConfigCommand";
        finish(&mut java(&self.folder, self.ahead, main, &arguments));
    }

    fn await_answer(&self) {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .create()
            .expect("the properties are known");
        let deadline = clock::monotonic() + PATIENCE;
        while client.fetch_metadata(None, Duration::from_secs(1)).is_err() {
            let log = self.folder.display();
            assert!(clock::monotonic() < deadline, "no answer; see {log}/log");
            thread::sleep(Duration::from_millis(200));
        }
    }
}

fn properties_of(folder: &Path, client: u16, controller: u16) -> String {
    format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners=CLIENT://127.0.0.1:{client}\n\
         listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT\ninter.broker.listener.name=CLIENT\n\
         controller.listener.names=CONTROLLER\nlog.dirs={}\nauto.create.topics.enable=false\noffsets.topic.replication.factor=1\n\
         num.network.threads=1\nnum.io.threads=4\nbackground.threads=2\nlog.cleaner.dedupe.buffer.size=4194304\n\
         log.index.size.max.bytes=1048576\n",
        folder.join("data").display()
    )
}

/// Two ports that are free now.
fn free_ports() -> [u16; 2] {
    let take = || TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let taken = [take(), take()];
    taken.map(|taken| taken.local_addr().expect("it is bound").port())
}

fn build_clock(folder: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/canary_brokers/clock.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]);
    finish(
        compiler
            .arg(folder.join("clock.so"))
            .args([source, "-ldl"])
            .stdin(Stdio::null()),
    );
}

/// A program of Kafka that sees the broker's clock.
fn java(folder: &Path, ahead: i64, main: &str, arguments: &[&OsStr]) -> Command {
    let home = Home::find().expect("the project's folder is found");
    let classes = home.kafka_class_path(KAFKA);
    let classes = classes.unwrap_or_else(|error| panic!("{error}"));
    let java = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let java = java.filter(|java| java.is_file());
    let mut command = Command::new(java.unwrap_or_else(|| "java".into()));
    command
        .args([
            "-Xmx256m",
            "-Xms64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
        ])
        .args(["-Djava.net.preferIPv4Stack=true", "-cp", &classes, main])
        .args(arguments)
        .env("LD_PRELOAD", folder.join("clock.so"))
        .env("CLOCK_AHEAD_SECONDS", ahead.to_string())
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
fn finish(command: &mut Command) {
    let output = command.output().expect("the program is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// The same command, beneath a shell that ends it when the tests' process is gone.
fn until_stdin_closes(program: &Command, folder: &Path) -> Child {
    let log = File::create(folder.join("log")).expect("the folder is ours");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", UNTIL_STDIN_CLOSES, "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .stdin(Stdio::piped())
        .stderr(log.try_clone().expect("a file can be held twice"))
        .stdout(log);
    for (name, value) in program.get_envs() {
        shell.env(name, value.expect("it was set"));
    }
    shell.spawn().expect("there is a shell")
}
