//! Small JVMs: heaps, a collector without threads of its own, and one log configuration for all.

use std::path::PathBuf;

use crate::description::Description;
use crate::home::{self, Home};
use crate::process::Launch;

/// Kafka 4.x.
pub(super) const LOG4J2: &str = "\
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = Console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
";

/// Behind it in a secured lab: of each right of mirrorwatch, whether it was used, and what else it asked for.
pub(super) const AUTHORIZER: &str = "\
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = debug
logger.authorizer.filter.user.type = RegexFilter
logger.authorizer.filter.user.regex = .*User:mirrorwatch .*
logger.authorizer.filter.user.onMatch = ACCEPT
logger.authorizer.filter.user.onMismatch = DENY
";

/// Kafka 3.x.
pub(super) const LOG4J1: &str = "\
log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p %m (%c{1})%n
";

/// One Kafka program: its heap in MiB, its main class and what follows.
pub(super) struct Java {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) heap_mib: u32,
    pub(super) options: Vec<String>,
    pub(super) main: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
}

pub(super) fn launch(lab: &Description, home: &Home, java: Java) -> Result<Launch, home::Error> {
    let config = lab.dir.join("config");
    let mut arguments = vec![
        format!("-Xmx{}m", java.heap_mib),
        "-Xms64m".to_owned(),
        "-Xss512k".to_owned(),
        "-XX:+UseSerialGC".to_owned(),
        "-XX:TieredStopAtLevel=1".to_owned(),
        "-Xshare:auto".to_owned(),
        "-XX:+ExitOnOutOfMemoryError".to_owned(),
        "-Djava.awt.headless=true".to_owned(),
        "-Djava.net.preferIPv4Stack=true".to_owned(),
        format!(
            "-Dlog4j2.configurationFile={}",
            config.join("log4j2.properties").display()
        ),
        format!(
            "-Dlog4j.configuration=file:{}",
            config.join("log4j.properties").display()
        ),
    ];
    arguments.extend(java.options);
    arguments.extend([
        "-cp".to_owned(),
        home.kafka_class_path(&lab.kafka)?,
        java.main.to_owned(),
    ]);
    arguments.extend(java.arguments);
    let log = lab.dir.join(format!("logs/{}.log", java.name));
    Ok(Launch {
        name: java.name,
        program: program(),
        arguments,
        environment: java.environment,
        directory: lab.dir.clone(),
        log,
        address: java.address,
        piped: false,
    })
}

pub(crate) fn program() -> PathBuf {
    std::env::var_os("JAVA_HOME")
        .map(|home| PathBuf::from(home).join("bin/java"))
        .filter(|java| java.is_file())
        .unwrap_or_else(|| "java".into())
}
