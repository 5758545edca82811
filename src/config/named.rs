//! The files that a configuration names: secrets, keys and certificates. Whoever runs by it looks whether they still hold what they held.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::file;
use super::kafka;

/// Files, and a digest of what each holds; none of one that cannot be read, as a folder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<PathBuf, Option<[u8; 32]>>);

impl Files {
    /// The same files as they are now.
    #[must_use]
    pub fn now(&self) -> Self {
        Self(self.0.keys().map(|path| looked_at(path)).collect())
    }

    /// Those of these paths.
    pub(super) fn at(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(paths.into_iter().map(|path| looked_at(&path)).collect())
    }
}

/// A digest is not the secret, and is still nobody's business.
impl fmt::Debug for Files {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn looked_at(path: &Path) -> (PathBuf, Option<[u8; 32]>) {
    let held = std::fs::read(path).ok();
    (
        path.to_owned(),
        held.map(|bytes| Sha256::digest(bytes).into()),
    )
}

/// Every file that `written` names. Looked at before they are read: a change in between is seen afterwards.
pub(super) fn of(written: &file::File, folder: &Path) -> Files {
    let accesses = [
        &written.connect.rest_access,
        &written.connect.jolokia_access,
    ];
    let of_http = accesses.into_iter().flatten().flat_map(of_access);
    let of_kafka = written.clusters.values().flat_map(kafka::files);
    Files::at(of_http.chain(of_kafka).map(|path| folder.join(path)))
}

fn of_access(access: &file::Access) -> impl Iterator<Item = &str> {
    let basic = access.basic_auth.as_ref().map(|basic| &basic.password_file);
    let other = access.authorization.as_ref();
    let other = other.map(|other| &other.credentials_file);
    let tls = access
        .tls
        .iter()
        .flat_map(|tls| [&tls.ca, &tls.cert, &tls.key]);
    let files = basic.into_iter().chain(other).chain(tls.flatten());
    files.map(String::as_str)
}

#[test]
fn a_file_is_another_one_when_it_holds_something_else_and_never_prints_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let missing = folder.path().join("missing");
    std::fs::write(&path, "hunter2").unwrap();
    let files = Files::at([path.clone(), missing.clone()]);
    std::fs::write(&path, "hunter2").unwrap();
    assert_eq!(files.now(), files, "it was written anew and is the same");
    std::fs::write(&missing, "").unwrap();
    let there = files.now();
    assert_ne!(there, files);
    std::fs::write(&path, "hunter3").unwrap();
    assert_ne!(there.now(), there);
    let printed = format!("{there:?}");
    assert!(printed.contains("password") && !printed.contains("hunter"));
}
