//! The configuration that the project ships for Prometheus and Alertmanager, with nothing changed but the addresses, and the paths of the
//! rules, which are beside the shipped file and not beside the lab's.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::product::quoted;
use crate::description::Description;
use crate::home::Home;

/// Name of the Prometheus server that runs the shipped configuration.
pub(crate) const SHIPPED: &str = "prometheus-10s";

const PROMETHEUS: &str = "docs/prometheus.yml";
const ALERTMANAGER: &str = "alerts/alertmanager.yml";
/// The globs of rule files in `docs/prometheus.yml`, below the project's folder.
const GLOBS: [&str; 2] = ["rules/*.rules.yml", "alerts/*.alerts.yml"];
/// What stands for the addresses that users put in.
const ALERTMANAGER_ADDRESS: &str = "alertmanager.example.org:9093";
const EXPORTER_ADDRESS: &str = "mirrorwatch.example.org:19850";
const RECEIVER_ADDRESS: &str = "http://alerts.example.org/";

/// A shipped file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("the shipped {path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It does not say once what the lab puts its own in the place of.
    #[error("the shipped {path} should have `{what}` once, it has it {times} times")]
    Lacks {
        /// The file.
        path: PathBuf,
        /// What is looked for.
        what: String,
        /// How often it is there.
        times: usize,
    },
}

/// The shipped files with the lab's addresses.
#[derive(Debug)]
pub(crate) struct Shipped {
    /// What Prometheus reads.
    pub(crate) prometheus: String,
    /// What Alertmanager reads.
    pub(crate) alertmanager: String,
}

impl Shipped {
    /// Those of the project's folder, for a lab that runs the shipped alerts.
    pub(crate) fn of(lab: &Description, home: &Home) -> Result<Option<Self>, Error> {
        let Some(receiver) = &lab.receiver else {
            return Ok(None);
        };
        Ok(Some(Self {
            prometheus: prometheus(lab, home)?,
            alertmanager: alertmanager(receiver, home)?,
        }))
    }
}

fn prometheus(lab: &Description, home: &Home) -> Result<String, Error> {
    let mut file = Text::read(home.shipped(PROMETHEUS))?;
    let alertmanager = lab.alertmanager.trim_start_matches("http://");
    file.put(ALERTMANAGER_ADDRESS, &quoted(alertmanager))?;
    file.put(EXPORTER_ADDRESS, &quoted(&lab.exporter))?;
    for glob in GLOBS {
        let path = home.shipped(glob).display().to_string();
        file.put(glob, &quoted(&path))?;
    }
    Ok(file.text)
}

fn alertmanager(receiver: &str, home: &Home) -> Result<String, Error> {
    let mut file = Text::read(home.shipped(ALERTMANAGER))?;
    for severity in ["critical", "warning"] {
        let shipped = format!("{RECEIVER_ADDRESS}{severity}");
        file.put(&shipped, &format!("{receiver}/{severity}"))?;
    }
    Ok(file.text)
}

/// A shipped file in which something is put in the place of something else.
struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    fn read(path: PathBuf) -> Result<Self, Error> {
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Puts it there; the file has to have what is replaced exactly once.
    fn put(&mut self, shipped: &str, ours: &str) -> Result<(), Error> {
        let times = self.text.matches(shipped).count();
        if times != 1 {
            return Err(Error::Lacks {
                path: self.path.clone(),
                what: shipped.to_owned(),
                times,
            });
        }
        self.text = self.text.replace(shipped, ours);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn lab() -> Description {
        let mut config = Config::new("/lab");
        config.alerts = true;
        let mut ports = Description::take_ports(&config).unwrap();
        Description::plan(&config, "/bin/lab".into(), &mut ports)
    }

    fn lines_that_differ(shipped: &Path, ours: &str) -> Vec<(String, String)> {
        let shipped = fs::read_to_string(shipped).unwrap();
        assert_eq!(shipped.lines().count(), ours.lines().count());
        let pairs = shipped.lines().zip(ours.lines());
        pairs
            .filter(|(shipped, ours)| shipped != ours)
            .map(|(shipped, ours)| (shipped.trim().to_owned(), ours.trim().to_owned()))
            .collect()
    }

    #[test]
    fn of_the_shipped_prometheus_only_addresses_and_the_folder_of_the_rules_change() {
        let (lab, home) = (lab(), Home::find().unwrap());
        let ours = Shipped::of(&lab, &home).unwrap().unwrap().prometheus;
        let changed = lines_that_differ(&home.shipped(PROMETHEUS), &ours);
        let expected = [
            format!(
                "- {}",
                quoted(&home.shipped(GLOBS[0]).display().to_string())
            ),
            format!(
                "- {}",
                quoted(&home.shipped(GLOBS[1]).display().to_string())
            ),
            format!("- targets: [\"{}\"]", &lab.alertmanager["http://".len()..]),
            format!("- targets: [\"{}\"]", lab.exporter),
        ];
        let ours: Vec<_> = changed.into_iter().map(|(_, ours)| ours).collect();
        assert_eq!(ours, expected);
        // What the address book says of the server.
        let text = fs::read_to_string(home.shipped(PROMETHEUS)).unwrap();
        let seconds = lab.prometheus[2].scrape_interval_seconds;
        assert!(text.contains(&format!("scrape_interval: {seconds}s\n")));
    }

    #[test]
    fn of_the_shipped_alertmanager_only_the_addresses_of_the_receivers_change() {
        let (lab, home) = (lab(), Home::find().unwrap());
        let ours = Shipped::of(&lab, &home).unwrap().unwrap().alertmanager;
        let receiver = lab.receiver.unwrap();
        let changed = lines_that_differ(&home.shipped(ALERTMANAGER), &ours);
        let url = |severity| {
            (
                format!("- url: {RECEIVER_ADDRESS}{severity}"),
                format!("- url: {receiver}/{severity}"),
            )
        };
        assert_eq!(changed, [url("critical"), url("warning")]);
    }

    #[test]
    fn a_lab_without_alerts_needs_no_shipped_file() {
        let config = Config::new("/lab");
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "/bin/lab".into(), &mut ports);
        assert!(Shipped::of(&lab, &Home::find().unwrap()).unwrap().is_none());
    }

    #[test]
    fn an_address_that_is_not_there_or_there_twice_is_an_error() {
        let text = |text: &str| Text {
            path: "alertmanager.yml".into(),
            text: text.to_owned(),
        };
        let refused = |shipped: &str| {
            let error = text("url: http://a/b http://a/b").put(shipped, "x");
            error.unwrap_err().to_string()
        };
        assert!(refused("http://c").contains("it has it 0 times"));
        assert!(refused("http://a/b").contains("it has it 2 times"));
    }
}
