//! Where the things that `lab/setup.sh` fetched are.

use std::path::{Path, PathBuf};

/// Names the project's folder before any search for it.
pub(crate) const HOME_VARIABLE: &str = "MIRRORWATCH_LAB_HOME";

/// Something that `lab/setup.sh` should have fetched is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder with `lab/pom.xml` on the way up.
    #[error(
        "the project's folder (the one with lab/pom.xml) is not found; set {HOME_VARIABLE} to it"
    )]
    NoHome,
    /// A file is missing.
    #[error("{what} is not set up ({path} is missing); run lab/setup.sh{argument}")]
    Missing {
        /// What is missing, for people.
        what: String,
        /// The path that was looked at.
        path: PathBuf,
        /// What to give to `lab/setup.sh`.
        argument: String,
    },
}

/// The project's folder, and below it `.lab/`.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Finds the project's folder: the environment, else upwards from the executable, from the working directory, and where it was built.
    pub fn find() -> Result<Self, Error> {
        if let Some(root) = std::env::var_os(HOME_VARIABLE) {
            return Ok(Self {
                root: PathBuf::from(root),
            });
        }
        let starts = [
            std::env::current_exe().ok(),
            std::env::current_dir().ok(),
            Some(PathBuf::from(env!("CARGO_MANIFEST_DIR"))),
        ];
        starts
            .iter()
            .flatten()
            .flat_map(|start| start.ancestors())
            .find(|folder| folder.join("lab/pom.xml").is_file())
            .map(|root| Self {
                root: root.to_owned(),
            })
            .ok_or(Error::NoHome)
    }

    /// The folder of what was fetched, and the parent of the default lab directory.
    pub fn fetched(&self) -> PathBuf {
        self.root.join(".lab")
    }

    /// The class path of Kafka and Connect in this version.
    pub fn kafka_class_path(&self, version: &str) -> Result<String, Error> {
        let libs = self.fetched().join(format!("kafka-{version}/libs"));
        let jar = libs.join(format!("kafka_2.13-{version}.jar"));
        let argument = if crate::config::FETCHED_KAFKAS.contains(&version) {
            String::new()
        } else {
            format!(" {version}")
        };
        present(&jar, &format!("Kafka {version}"), &argument)?;
        Ok(format!("{}/*", libs.display()))
    }

    /// The Jolokia agent that goes with this version of Kafka.
    pub fn jolokia(&self, kafka: &str) -> Result<PathBuf, Error> {
        let version = if kafka.starts_with("3.") {
            "1.7.2"
        } else {
            "2.6.0"
        };
        let jar = self
            .fetched()
            .join(format!("jolokia/jolokia-{version}.jar"));
        present(&jar, &format!("Jolokia {version}"), "")
    }

    /// A file that the project ships, by its path below the project's folder.
    pub fn shipped(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// A program that was unpacked from a Debian package.
    pub fn debian(&self, program: &str) -> Result<PathBuf, Error> {
        let unpacked = self.debian_root().join("usr/bin").join(program);
        present(&unpacked, program, "")
    }

    /// The folder that the Debian packages are unpacked into.
    pub fn debian_root(&self) -> PathBuf {
        self.fetched().join("debian")
    }
}

fn present(path: &Path, what: &str, argument: &str) -> Result<PathBuf, Error> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    Err(Error::Missing {
        what: what.to_owned(),
        path: path.to_owned(),
        argument: argument.to_owned(),
    })
}
