#!/bin/sh
# Fetches what the lab runs: a JRE, iproute2, iptables, strace and the C tools that the Rust build needs (by apt, only where missing), Kafka and Jolokia (by
# Maven, into .lab/; Maven itself comes by apt only when there is something to fetch), Prometheus, Alertmanager and VictoriaMetrics (Debian's
# packages, unpacked into .lab/debian, not installed). Root or sudo is needed for what apt has to install, for nothing else.
# Run it as often as you like: what is there is not fetched again. Afterwards the lab starts without a network.
#
# Usage: lab/setup.sh [KAFKA_VERSION...]     (default: 4.3.1 3.7.2; each version but 4.3.1 is a profile of lab/pom.xml)
#        lab/setup.sh --packages             (no lab: what `make dist` and `make dist-test` need)
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
lab="$project/.lab"
log="$lab/setup.log"
versions=${*:-4.3.1 3.7.2}
[ "$versions" != --packages ] || versions=
lists_updated=no

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif have sudo; then sudo "$@"; else return 126; fi
}

update_lists() {
  [ "$lists_updated" = no ] || return 1
  lists_updated=yes
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    say "the package lists are not updated: neither root nor sudo"
    return 1
  fi
  say "updating the package lists"
  as_root apt-get update -qq >>"$log" 2>&1 || say "apt-get update failed (see $log); going on with the lists that are there"
}

# install PACKAGE... : by apt; the lists are updated at most once, when they are missing or out of date.
install() {
  have apt-get || fail "cannot install $*: this is no Debian (no apt-get); install their equivalents by hand and run this again"
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    fail "cannot install $*: neither root nor sudo; have an administrator run: apt-get install $*"
  fi
  say "installing $*"
  apt_install "$@" || { update_lists && apt_install "$@"; } || fail "cannot install $* (see $log); try: apt-get update && apt-get install $*"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1
}

# The lab prefers the Java of JAVA_HOME, too.
java_is_17() {
  java=java
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then java="$JAVA_HOME/bin/java"; fi
  have "$java" || return 1
  major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${major:-0}" -ge 17 ]
}

system_tools() {
  missing=
  java_is_17 || missing="$missing default-jre-headless"
  have make || missing="$missing make"
  { have cc || have gcc; } || missing="$missing gcc"
  { have c++ || have g++; } || missing="$missing g++"
  have pkg-config || missing="$missing pkg-config"
  [ -e /usr/include/openssl/ssl.h ] || { have pkg-config && pkg-config --exists openssl; } || missing="$missing libssl-dev"
  have openssl || missing="$missing openssl"
  have strace || missing="$missing strace"
  { have setpriv && have flock && have unshare; } || missing="$missing util-linux"
  # Outside the PATH of many users, and still there.
  { have ip || [ -x /usr/sbin/ip ] || [ -x /sbin/ip ]; } || missing="$missing iproute2"
  { have iptables-restore || [ -x /usr/sbin/iptables-restore ] || [ -x /sbin/iptables-restore ]; } || missing="$missing iptables"
  # shellcheck disable=SC2086  # a list of names
  [ -z "$missing" ] || install $missing
  java_is_17 || fail "$java is older than 17 and is still found first; put a JRE of 17 or newer before it in PATH or into JAVA_HOME"
}

# package_tools : what makes the packages and tries one; perl builds OpenSSL.
package_tools() {
  missing=
  have make || missing="$missing make"
  { have cc || have gcc; } || missing="$missing gcc"
  { have c++ || have g++; } || missing="$missing g++"
  have perl || missing="$missing perl"
  have objdump || missing="$missing binutils"
  have rpmbuild || missing="$missing rpm"
  have mmdebstrap || missing="$missing mmdebstrap"
  have systemd-analyze || missing="$missing systemd"
  have curl || missing="$missing curl"
  { have ip || [ -x /usr/sbin/ip ]; } || missing="$missing iproute2"
  # shellcheck disable=SC2086  # a list of names
  [ -z "$missing" ] || install $missing
}

# jolokia_of VERSION : the Jolokia that goes with this Kafka, as in lab/pom.xml.
jolokia_of() {
  case $1 in 3.*) echo 1.7.2 ;; *) echo 2.6.0 ;; esac
}

# from_maven VERSION : Kafka and its Jolokia into .lab/; the stamp holds the checksum of the pom that filled the folder.
from_maven() {
  stamp="$lab/kafka-$1/.complete"
  pom=$(cksum <"$project/lab/pom.xml")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$pom" ] && [ -e "$lab/jolokia/jolokia-$(jolokia_of "$1").jar" ]; then return; fi
  have mvn || install maven
  say "fetching Kafka $1 and Jolokia"
  profile=
  [ "$1" = 4.3.1 ] || profile="-Pkafka-$1"
  rm -rf "$lab/kafka-$1"
  # shellcheck disable=SC2086  # empty when there is no profile
  if ! mvn -q -B -ntp -f "$project/lab/pom.xml" $profile package >>"$log" 2>&1; then
    why=$(sed -n 's/^.*\[ERROR\] *\([^ ]\)/\1/p' "$log" | head -n 1)
    fail "cannot fetch Kafka $1 from Maven Central (see $log): ${why:-no reason given}; check the network or the mirror in ~/.m2/settings.xml"
  fi
  [ -e "$lab/kafka-$1/libs/kafka_2.13-$1.jar" ] || fail "Kafka $1 was not fetched: lab/pom.xml has no profile kafka-$1"
  printf '%s\n' "$pom" >"$stamp"
}

# from_debian PACKAGE PROGRAM... : unpacks the package under .lab/debian and proves that its programs run.
from_debian() {
  package=$1
  shift
  stamp="$lab/debian/.$package"
  [ -f "$stamp" ] && return
  say "unpacking $package"
  mkdir -p "$lab/debian/packages"
  download "$package" || { update_lists && download "$package"; } \
    || fail "cannot download the package $package (see $log); try: apt-get update, or put programs of your own at $lab/debian/usr/bin and touch $stamp"
  dpkg-deb -x "$lab/debian/packages/$package"_*.deb "$lab/debian" >>"$log" 2>&1 || fail "cannot unpack $package (see $log)"
  for program in "$@"; do
    "$lab/debian/usr/bin/$program" --version >>"$log" 2>&1 \
      || fail "$lab/debian/usr/bin/$program does not run (see $log); missing libraries: ldd tells which, apt-get install them"
  done
  relocate "$package"
  rm -f "$lab/debian/packages/$package"_*.deb
  printf 'unpacked\n' >"$stamp"
}

# relocate PACKAGE : Debian's Alertmanager opens its templates under /usr/share, where nothing is installed. The path in our copy becomes
# one of the same length that is relative to .lab/debian, the working directory that the lab gives it.
relocate() {
  [ "$1" = prometheus-alertmanager ] || return 0
  program="$lab/debian/usr/bin/prometheus-alertmanager"
  LC_ALL=C sed 's#/usr/share/prometheus/alertmanager#usr/share/prometheus//alertmanager#g' "$program" >"$program.new"
  chmod +x "$program.new"
  mv "$program.new" "$program"
}

download() {
  have apt-get && have dpkg-deb || fail "cannot unpack $1: this is no Debian (no apt-get); put its programs into $lab/debian/usr/bin by hand"
  rm -f "$lab/debian/packages/$1"_*.deb
  # As root apt drops to a user of its own, which may not write here.
  (cd "$lab/debian/packages" && apt-get -o APT::Sandbox::User=root download -qq "$1" >>"$log" 2>&1)
}

mkdir -p "$lab" 2>/dev/null || fail "cannot make $lab; run this as the user who owns the checkout"
if have flock && [ "${MIRRORWATCH_SETUP_LOCKED:-}" != yes ]; then
  MIRRORWATCH_SETUP_LOCKED=yes exec flock "$lab/.lock" sh "$project/lab/setup.sh" "$@"
fi
(: >"$log") 2>/dev/null || fail "cannot write $log; run this as the user who owns $lab, or give it to yourself: chown -R $(id -u) $lab"
[ -n "$versions" ] || { package_tools; exit 0; }
system_tools
for version in $versions; do from_maven "$version"; done
from_debian prometheus prometheus promtool
from_debian prometheus-alertmanager prometheus-alertmanager amtool
from_debian victoria-metrics victoria-metrics
say "everything is there"
