//! What is done to the lab, and what undoes it.

use mirrorwatch_lab::{Deed, LinkKind};

use crate::fault_table::CONNECTOR;

/// Packets dropped, links stalled, and mended, for these workers.
type OfLinks = [fn(String) -> Deed; 3];

pub(super) const SOURCE: OfLinks = [
    |workers| Deed::DropSource { workers },
    |workers| Deed::StallSource { workers },
    |workers| Deed::MendSource { workers },
];

pub(super) const TARGET: OfLinks = [
    |workers| Deed::DropTarget { workers },
    |workers| Deed::StallTarget { workers },
    |workers| Deed::MendTarget { workers },
];

/// The links of all workers, really cut where the lab can do it.
pub(super) fn cut(links: LinkKind, [dropped, stalled, mended]: OfLinks) -> [Deed; 2] {
    let cut = match links {
        LinkKind::Netns => dropped,
        LinkKind::Proxy => stalled,
    };
    [cut, mended].map(|deed| deed("all".to_owned()))
}

pub(super) fn kill(cluster: &str) -> [Deed; 2] {
    let broker = cluster.to_owned();
    [Deed::KillBroker { broker }, start(cluster)]
}

pub(super) fn stop(cluster: &str) -> [Deed; 2] {
    let broker = cluster.to_owned();
    [Deed::StopBroker { broker }, start(cluster)]
}

fn start(cluster: &str) -> Deed {
    let broker = cluster.to_owned();
    Deed::StartBroker { broker }
}

pub(super) fn pause() -> [Deed; 2] {
    let connector = CONNECTOR.to_owned();
    [Deed::PauseConnector { connector }, resume()]
}

pub(super) fn stop_connector() -> [Deed; 2] {
    let connector = CONNECTOR.to_owned();
    [Deed::StopConnector { connector }, resume()]
}

fn resume() -> Deed {
    let connector = CONNECTOR.to_owned();
    Deed::ResumeConnector { connector }
}
