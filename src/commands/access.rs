//! Who asks: the files that say so, those of an inventory among them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use reqwest::Url;

use super::source::server;
use crate::config;
use crate::fetch::Access;
use crate::recovery::inventory::Inventory;
use crate::storage::prometheus::Server;

/// The accesses that an inventory names.
pub(super) struct Accesses {
    /// To the workers' REST APIs.
    pub(super) rest: Access,
    /// The file of the same.
    pub(super) rest_file: Option<PathBuf>,
    /// To the exporter's page.
    pub(super) page: Access,
    /// The Prometheus server, asked as told.
    pub(super) server: Server,
}

/// Those of the inventory at `path`, whose folder their paths begin in.
pub(super) fn of(inventory: &Inventory, path: &Path) -> anyhow::Result<Accesses> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let file = |name: &Option<PathBuf>| name.as_ref().map(|name| folder.join(name));
    let at = |what: &str| format!("{}: {what}", path.display());
    let rest_file = file(&inventory.access.rest);
    let workers = inventory.workers.iter();
    let rest = read(
        rest_file.as_deref(),
        workers.filter_map(|worker| worker.url.as_deref()),
    );
    let page = file(&inventory.access.exporter);
    let page = read(page.as_deref(), inventory.exporter.as_deref());
    let prometheus = file(&inventory.prometheus.access);
    let server = server(&inventory.prometheus.url, prometheus.as_deref());
    Ok(Accesses {
        rest: rest.with_context(|| at("access.rest"))?,
        rest_file,
        page: page.with_context(|| at("access.exporter"))?,
        server: server.with_context(|| at("prometheus"))?,
    })
}

/// To undo a drill: the file alone is known, and nothing of TLS is refused for want of an address.
pub(super) fn of_restore(file: Option<&Path>) -> anyhow::Result<Access> {
    read(file, ["https://worker/"])
}

/// What a file says of who asks at these addresses; nobody without one. An address that is none is told by whoever asks there.
pub(super) fn read<'a>(
    file: Option<&Path>,
    urls: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Access> {
    let Some(file) = file else {
        return Ok(Access::default());
    };
    let urls: Vec<Url> = urls
        .into_iter()
        .filter_map(|url| url.parse().ok())
        .collect();
    let urls: Vec<&Url> = urls.iter().collect();
    Ok(config::access(file, &urls)?)
}

#[test]
fn the_files_of_an_inventory_are_read_from_its_folder_and_what_is_wrong_is_told_by_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("inventory.yml");
    let of = |rest: &str| {
        let text = format!(
            "site: s\nprometheus: {{ url: 'http://p', scrape_interval: 1s }}\nflow: {{ source: a, target: b, connector: c }}\n\
             connectors: {{ c: 1 }}\nworkers: [{{ id: 'w:1', url: 'https://w:1' }}]\naccess: {{ rest: {rest} }}\n"
        );
        of(
            &crate::recovery::read::inventory("i", &text).unwrap(),
            &path,
        )
    };
    std::fs::write(dir.path().join("password"), "hunter2\n").unwrap();
    let file = "basic_auth: { username: drill, password_file: password }\n";
    std::fs::write(dir.path().join("rest.yml"), file).unwrap();
    let accesses = of("rest.yml").unwrap();
    assert_eq!(accesses.rest, Access::default().as_user("drill", "hunter2"));
    assert_eq!(accesses.rest_file, Some(dir.path().join("rest.yml")));
    assert_eq!(accesses.page, Access::default());
    let restored = of_restore(accesses.rest_file.as_deref()).unwrap();
    assert_eq!(restored, accesses.rest);
    let Err(error) = of("nowhere.yml") else {
        panic!("there is no such file");
    };
    let said = format!("{error:#}");
    assert!(
        said.contains("inventory.yml: access.rest: ") && said.contains("nowhere.yml"),
        "{said}"
    );
}
