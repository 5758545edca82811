//! Names and addresses of a lab's namespace: 10.231.N.1 is the machine, 10.231.N.2 the lab, N the number of its block of ports. Brokers have
//! addresses of their own for the workers, so that a rule may name a broker as it does between hosts.

use std::path::PathBuf;

/// Where `ip netns` keeps its namespaces.
pub(super) const NAMESPACES: &str = "/run/netns";
/// What all namespaces of labs are called before their number.
pub(super) const PREFIX: &str = "mirrorwatch-lab-";

/// The names and addresses with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subnet(u16);

impl Subnet {
    pub(crate) fn of(block: u16) -> Self {
        Self(block)
    }

    /// Name of the namespace.
    pub(crate) fn name(self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    /// The machine's address on the veth pair.
    pub(crate) fn machine(self) -> String {
        format!("10.231.{}.1", self.0)
    }

    /// The lab's address.
    pub(crate) fn lab(self) -> String {
        format!("10.231.{}.2", self.0)
    }

    /// The address by which workers reach a broker: 71 is the first one of the first cluster, 81 of the second.
    pub(crate) fn broker(self, cluster: u16, node: u16) -> String {
        format!("10.231.{}.{}", self.0, 70 + 10 * cluster + node)
    }

    pub(super) fn path(self) -> PathBuf {
        PathBuf::from(NAMESPACES).join(self.name())
    }

    /// What `ip` is told to make it, line by line.
    pub(super) fn commands(self) -> [String; 8] {
        let (name, end, machine, lab) = (self.name(), self.end(), self.machine(), self.lab());
        [
            format!("netns add {name}"),
            format!("link add {end} type veth peer name lab0 netns {name}"),
            format!("address add {machine}/30 dev {end}"),
            format!("link set {end} up"),
            format!("-n {name} link set lo up"),
            format!("-n {name} address add {lab}/30 dev lab0"),
            format!("-n {name} link set lab0 up"),
            // What is sent to a broker's address comes from the lab's own: a rule for the one does not hit the answers.
            format!(
                "-n {name} route add local 10.231.{}.64/26 dev lo table local src {lab}",
                self.0
            ),
        ]
    }

    /// What `ip` is told to remove it.
    pub(super) fn removal(self) -> [String; 2] {
        let name = self.name();
        [
            format!("-n {name} link delete lab0"),
            format!("netns delete {name}"),
        ]
    }

    /// The machine's end of the veth pair; such a name has 15 characters at most.
    fn end(self) -> String {
        format!("mirrorlab{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_share_neither_name_nor_address() {
        let (one, two) = (Subnet::of(7), Subnet::of(179));
        assert_ne!(one.name(), two.name());
        assert_eq!(
            (one.machine(), one.lab()),
            ("10.231.7.1".into(), "10.231.7.2".into())
        );
        assert_eq!(one.broker(1, 2), "10.231.7.82");
        assert!(two.end().len() <= 15);
        assert!(
            two.commands()
                .iter()
                .all(|line| !line.contains("10.231.7."))
        );
    }
}
