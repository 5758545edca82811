#!/usr/bin/env bash
# The demonstration: a real lab, a real exporter, one worker killed, and the judgement. Its exit code is the drill's.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${CARGO_TARGET_DIR:-target}/debug
dir=.lab/demo
log=$dir/logs/mirrorwatch.log
exporter=
child=

say() { printf 'demo: %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 2; }
# Runs a command so that a signal reaches us, and through us the command, at once.
run() { "$@" & child=$!; wait "$child"; }
interrupted() {
    trap '' INT TERM
    [ -z "$child" ] || { kill "$child" && wait "$child"; } 2>/dev/null || true
    exit "$1"
}
finish() {
    trap '' INT TERM
    [ -z "$exporter" ] || { kill "$exporter" && wait "$exporter"; } 2>/dev/null || true
    "$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
}
exporter_answers() { (exec 3<>"/dev/tcp/${listen%:*}/${listen##*:}") 2>/dev/null; }
exporter_died() { printf 'the exporter has ended, see %s:\n' "$log"; tail -n 5 "$log"; }

"$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
rm -rf "$dir"
mkdir -p "$dir"
trap finish EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM

run "$bin/lab" up --dir "$dir" --profile tuned >"$dir/addresses.txt" || fail "no lab, so no drill; logs are in $dir/logs"
say "the lab is up: its addresses are in $dir/addresses.txt, its logs in $dir/logs"

listen=$("$bin/lab" address --dir "$dir" exporter)
"$bin/mirrorwatch" serve --config "$dir/mirrorwatch.yml" --web.listen-address "$listen" --log.level warn 2>"$log" &
exporter=$!
until exporter_answers; do kill -0 "$exporter" 2>/dev/null || fail "$(exporter_died)"; sleep 0.1; done
say "the exporter is started: http://$listen/metrics, its log is $log"

say "the drill begins: a worker that owns tasks is killed; evidence goes to $dir/drill"
code=0
run "$bin/mirrorwatch" drill worker-loss --inventory "$dir/inventory.yml" --victim owner --fault kill --yes --out "$dir/drill" || code=$?
kill -0 "$exporter" 2>/dev/null || say "$(exporter_died)" >&2
say "the evidence is in $dir/drill; judge it again with: $bin/mirrorwatch evaluate $dir/drill"
exit "$code"
