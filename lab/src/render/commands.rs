//! The commands of the inventory, which a drill runs with `sh -c`: what is done to a worker, and what is done to the site.

use crate::description::{Description, Worker};

/// What is done to a worker.
const OF_WORKERS: [&str; 5] = ["stop", "kill", "freeze", "thaw", "start"];
/// What is done to the site, and the deed that it is. What undoes may be done twice, and when nothing is to be undone.
const OF_SITE: [(&str, &str); 17] = [
    ("stall-source", "stall-source"),
    ("stall-target", "stall-target"),
    ("deny-topic", "deny-topic"),
    ("allow-topic", "allow-topic"),
    ("fail-task", "large-record"),
    ("heal-task", "delete-large-record"),
    ("restart-tasks", "restart-tasks"),
    ("supervise", "supervise-tasks"),
    ("unsupervise", "unsupervise-tasks"),
    ("raise-load", "raise-load"),
    ("lower-load", "lower-load"),
    ("new-topic", "new-topic"),
    ("drop-topic", "drop-topic"),
    ("cut-source", "stall-source"),
    ("mend-source", "mend-source"),
    ("cut-target", "stall-target"),
    ("mend-target", "mend-target"),
];

/// The commands of one worker.
pub(super) fn of_worker(lab: &Description, worker: &Worker) -> Vec<(&'static str, String)> {
    let line = |command| (command, fault(lab, &format!("{command} {}", worker.name)));
    OF_WORKERS.into_iter().map(line).collect()
}

/// The commands of the site.
pub(super) fn of_site(lab: &Description) -> Vec<(&'static str, String)> {
    let line = |(name, deed)| {
        let line = by_packets(lab, name).or_else(|| beside_the_load(lab, name));
        (name, line.unwrap_or_else(|| fault(lab, deed)))
    };
    OF_SITE.into_iter().map(line).collect()
}

/// In a lab whose packets can be dropped the lines by which a host is cut off from brokers, as they stand, run where the workers are. The
/// mending takes away whatever rule is left of a line that was run twice, or not at all.
fn by_packets(lab: &Description, name: &str) -> Option<String> {
    lab.namespace.as_ref()?;
    let (what, cluster) = name.split_once('-')?;
    let brokers = lab.clusters.get(cluster)?.brokers.iter();
    let rule = |does: &str, address: &str| {
        let rule = format!("-- iptables {does} OUTPUT -d {address} -j DROP");
        lab_command(lab, "inside", &rule)
    };
    let lines = |does: &str| -> Vec<String> {
        brokers
            .map(|broker| rule(does, &broker.for_workers))
            .collect()
    };
    match what {
        "cut" => Some(lines("-A").join(" && ")),
        "mend" => Some(format!("{}; {}", lines("-D").join("; "), fault(lab, name))),
        _ => None,
    }
}

/// A record that makes a task fail is deleted with all that stands before it: in a topic beside the load's, if there is one, so that the load
/// can still be audited.
fn beside_the_load(lab: &Description, name: &str) -> Option<String> {
    let topic = lab.extra_topics.first()?;
    let line = || fault(lab, &format!("large-record --topic {}", shell_word(topic)));
    (name == "fail-task").then(line)
}

fn fault(lab: &Description, what: &str) -> String {
    lab_command(lab, "fault", what)
}

fn lab_command(lab: &Description, command: &str, rest: &str) -> String {
    let word = |path: &std::path::Path| shell_word(&path.display().to_string());
    let (binary, dir) = (word(&lab.binary), word(&lab.dir));
    format!("{binary} {command} --dir {dir} {rest}")
}

/// One word for the shell.
fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Config, LinkKind};

    fn commands(links: LinkKind) -> BTreeMap<&'static str, String> {
        let mut config = Config::new("/lab");
        config.links = links;
        config.brokers = 2;
        let mut ports = Description::take_ports(&config).unwrap();
        let lab = Description::plan(&config, "/bin/lab".into(), &mut ports);
        let cut = lab.clusters["source"].brokers[1].for_workers.clone();
        let commands = of_site(&lab).into_iter();
        commands
            .map(|(name, line)| (name, line.replace(&cut, "SOURCE-2")))
            .collect()
    }

    #[test]
    fn a_directory_with_a_blank_stays_one_word() {
        assert_eq!(shell_word("/a b/it's"), r"'/a b/it'\''s'");
        assert_eq!(shell_word("/a/b-1"), "/a/b-1");
    }

    #[test]
    fn where_packets_can_be_dropped_brokers_are_cut_off_one_by_one() {
        let commands = commands(LinkKind::Netns);
        let cut = "&& /bin/lab inside --dir /lab -- iptables -A OUTPUT -d SOURCE-2 -j DROP";
        assert!(commands["cut-source"].ends_with(cut));
        let mend = "; /bin/lab inside --dir /lab -- iptables -D OUTPUT -d SOURCE-2 -j DROP; /bin/lab fault --dir /lab mend-source";
        assert!(commands["mend-source"].ends_with(mend));
        assert_eq!(
            commands["stall-target"],
            "/bin/lab fault --dir /lab stall-target"
        );
    }

    #[test]
    fn where_they_cannot_a_cut_is_a_stall() {
        let commands = commands(LinkKind::Proxy);
        assert_eq!(commands["cut-source"], commands["stall-source"]);
        assert_eq!(
            commands["heal-task"],
            "/bin/lab fault --dir /lab delete-large-record"
        );
    }
}
