#!/bin/sh
# Installs the .deb in a clean root of Debian 12, starts the service's own command there, then removes and purges it; the same with the .rpm,
# without starting it. Ends at the first thing that is not as it should be. Needs root, curl, iproute2, rpm, systemctl, and mmdebstrap unless
# ROOT_TAR names a tar of such a root.
#
# Usage: docs/package/try.sh DEB RPM
set -eu
deb=$(realpath "$1")
rpm=$(realpath "$2")
if [ -z "${ROOT_TAR:-}" ]; then
  ROOT_TAR=$(dirname "$deb")/bookworm.tar
  [ -s "$ROOT_TAR" ] || mmdebstrap --quiet --variant=minbase --include=passwd,ca-certificates bookworm "$ROOT_TAR"
fi
export ROOT_TAR
[ "${ALONE:-}" = yes ] || ALONE=yes exec unshare --mount --net sh "$0" "$deb" "$rpm"   # its mounts and its port end with it
ip link set lo up

root=$(mktemp -d)
served=
trap '[ -z "$served" ] || kill "$served" 2>/dev/null || true; umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
say() { printf '%s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
inside() { LC_ALL=C chroot "$root" "$@"; }
# packaged OPTION... : rpm on that root. It has no database there that could tell of what the package requires.
packaged() { LC_ALL=C rpm --root "$root" --nodeps "$@"; }
# holds WHAT COMMAND... : says WHAT, which the command proves.
holds() {
  what=$1
  shift
  "$@" >"$root/said" 2>&1 || { cat "$root/said" >&2; fail "$what"; }
  say "ok: $what"
}
absent() { [ ! -e "$root$1" ]; }
# Without the backups that useradd makes of its own files.
listing() { (cd "$root" && find etc usr lib var ! -path 'var/lib/dpkg/*' ! -path 'var/log/*' ! -path 'var/cache/*' ! -path 'etc/*shadow-' ! -path 'etc/passwd-' ! -path 'etc/group-' | sort); }

# reloaded : whether the server tells of another time of its last reload after SIGHUP.
reloaded() {
  moment='^mm2_exporter_config_last_reload_success_timestamp_seconds{config="main"} '
  former=$(get /metrics | grep "$moment") || return 1
  grep -qx 'ExecReload=/bin/kill -HUP $MAINPID' "$root/lib/systemd/system/mirrorwatch.service" || return 1
  kill -HUP "$served"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 1
    latter=$(get /metrics | grep "$moment") || return 1
    [ "$latter" = "$former" ] || return 0
  done
  return 1
}

tar -C "$root" -xf "$ROOT_TAR"
mount -t proc proc "$root/proc"
[ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
for library in ${EXTRA_LIBRARIES:-}; do cp -L "$library" "$root/usr/lib/x86_64-linux-gnu/"; say "note: $library was added by hand"; done
say "root: Debian $(cat "$root/etc/debian_version"), $(inside dpkg-query -W -f '.' | wc -c) packages"
say "package: $(basename "$deb"), $(stat -c %s "$deb") bytes"
listing >"$root/before"
cp "$deb" "$root/mirrorwatch.deb"

holds "it installs" inside dpkg -i /mirrorwatch.deb
holds "dpkg finds every file as it was packed" inside dpkg --verify mirrorwatch
holds "--version" inside mirrorwatch --version
cat "$root/said"
holds "the default configuration is sound" inside mirrorwatch check --config /etc/mirrorwatch/mirrorwatch.yml
holds "a shipped scenario is sound" inside mirrorwatch check --scenario worker-loss
holds "the service's user can read it" chroot --userspec=mirrorwatch:mirrorwatch "$root" mirrorwatch check --config /etc/mirrorwatch/mirrorwatch.yml
holds "others cannot" sh -c "! chroot --userspec=65534:65534 $root cat /etc/mirrorwatch/mirrorwatch.yml"
for command in '' $(inside mirrorwatch man | sed -n 's/^mirrorwatch\\\(-[a-z]*\)(1)$/\1/p' | grep -v -e -help); do
  holds "man page mirrorwatch$command" gzip -t "$root/usr/share/man/man1/mirrorwatch$command.1.gz"
done
for file in bash-completion/completions/mirrorwatch zsh/vendor-completions/_mirrorwatch fish/vendor_completions.d/mirrorwatch.fish \
  mirrorwatch/rules/mm2.rules.yml mirrorwatch/alerts/mm2.alerts.yml mirrorwatch/dashboards/overview.json doc/mirrorwatch/docs/install.md \
  doc/mirrorwatch/copyright doc/mirrorwatch/CHANGELOG.md; do
  holds "/usr/share/$file" test -s "$root/usr/share/$file"
done

# Enabled without a systemd that runs, so not started by it.
holds "the unit can be enabled" systemctl --root="$root" enable mirrorwatch
holds "it starts with the system" test -L "$root/etc/systemd/system/multi-user.target.wants/mirrorwatch.service"
holds "the unit can be disabled" systemctl --root="$root" disable mirrorwatch

# shellcheck disable=SC2046  # flags of the unit and of its environment file, parted by spaces
set -- $(sed -n 's/^ExecStart=\(.*\) \$MIRRORWATCH_FLAGS$/\1/p' "$root/lib/systemd/system/mirrorwatch.service") \
  $(sed -n 's/^MIRRORWATCH_FLAGS=//p' "$root/etc/mirrorwatch/mirrorwatch.env")
say "starting as mirrorwatch, its root read-only: $*"
# shellcheck disable=SC2016  # for the inner shell
unshare --mount sh -c 'mount --rbind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec=mirrorwatch:mirrorwatch "$0" "$@"' \
  "$root" "$@" 2>"$root/log" &
served=$!
# get PATH : the answer of the server that was started.
get() { curl --noproxy '*' -sf -m 5 "http://127.0.0.1:19850$1"; }
tries=0
until get /-/healthy >/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { cat "$root/log" >&2; fail "it does not answer"; }
  sleep 0.2
done
say "ok: /-/healthy answers"
holds "its root is read-only" grep -E '^([^ ]+ ){4}/ ro[, ]' "/proc/$served/mountinfo"
get /metrics >"$root/page"
holds "/metrics tells its version" grep '^mm2_exporter_build_info{' "$root/page"
cat "$root/said"
holds "/metrics tells that nobody answers" grep -E '^mm2_exporter_endpoint_up\{.*\} 0' "$root/page"
waited=0
until get /-/ready >"$root/said"; do
  waited=$((waited + 1))
  [ "$waited" -lt 150 ] || { cat "$root/log" >&2; fail "it is not ready after its first poll"; }
  sleep 0.2
done
say "ok: /-/ready answers: $(cat "$root/said")"
holds "a reload is heeded, as the unit does it" reloaded
kill "$served"
status=0
wait "$served" || status=$?
served=
[ "$status" = 0 ] || { cat "$root/log" >&2; fail "SIGTERM ends it with $status"; }
say "ok: SIGTERM ends it"

touch "$root/var/lib/mirrorwatch/evidence"
holds "an upgrade installs over it" inside dpkg -i /mirrorwatch.deb
holds "it is removed" inside dpkg -r mirrorwatch
holds "the program is gone" absent /usr/bin/mirrorwatch
holds "the configuration stays" test -e "$root/etc/mirrorwatch/mirrorwatch.yml"
holds "the evidence stays" test -e "$root/var/lib/mirrorwatch/evidence"
holds "it is purged" inside dpkg -P mirrorwatch
holds "the configuration is gone" absent /etc/mirrorwatch
holds "the evidence still stays" test -e "$root/var/lib/mirrorwatch/evidence"
holds "and so does its owner" inside getent passwd mirrorwatch

rm "$root/var/lib/mirrorwatch/evidence"
rmdir "$root/var/lib/mirrorwatch"
holds "it installs again" inside dpkg -i /mirrorwatch.deb
holds "it is purged at once" inside dpkg -P mirrorwatch
holds "its user is gone" sh -c "! chroot $root getent passwd mirrorwatch"
listing >"$root/after"
holds "nothing of it is left" diff "$root/before" "$root/after"

say "package: $(basename "$rpm"), $(stat -c %s "$rpm") bytes"
holds "the .rpm installs" packaged -i "$rpm"
holds "rpm finds every file as it was packed, but for the group that may read the configuration" packaged -V --nogroup --nomode mirrorwatch
holds "--version" inside mirrorwatch --version
holds "the default configuration is sound" inside mirrorwatch check --config /etc/mirrorwatch/mirrorwatch.yml
echo '# changed' >>"$root/etc/mirrorwatch/mirrorwatch.env"
holds "an upgrade installs over it" packaged -U --force "$rpm"
holds "and keeps what was changed" grep -qx '# changed' "$root/etc/mirrorwatch/mirrorwatch.env"
touch "$root/var/lib/mirrorwatch/evidence"
holds "it is removed" packaged -e mirrorwatch
holds "the program is gone" absent /usr/bin/mirrorwatch
holds "what was changed stays as .rpmsave" test -e "$root/etc/mirrorwatch/mirrorwatch.env.rpmsave"
holds "the rest of the configuration is gone" absent /etc/mirrorwatch/mirrorwatch.yml
holds "the evidence stays" test -e "$root/var/lib/mirrorwatch/evidence"
say "everything holds"
