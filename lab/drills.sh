#!/usr/bin/env bash
# Every drill of lab/drills.txt (or those whose name has the word in $1) on one real lab, and the section that they make up together.
# Each verdict must be the one that the list has. What was found is kept in $DRILLS_OUT [target/drills].
set -euo pipefail
cd "$(dirname "$0")/.."

word=${1:-}
bin=${CARGO_TARGET_DIR:-target}/debug
out=${DRILLS_OUT:-target/drills}
dir=.lab/drills
log=$dir/logs/mirrorwatch.log
exporter=
wrong=0

say() { printf 'drills: %s\n' "$*"; }
fail() { printf 'drills: %s\n' "$*" >&2; exit 2; }
finish() {
    trap '' INT TERM
    [ -z "$exporter" ] || { kill "$exporter" && wait "$exporter"; } 2>/dev/null || true
    "$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
}
exporter_answers() { (exec 3<>"/dev/tcp/${listen%:*}/${listen##*:}") 2>/dev/null; }

"$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
rm -rf "$dir"
mkdir -p "$dir" "$out"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck disable=SC2086 # further options of the lab are words
"$bin/lab" up --dir "$dir" --profile tuned --links netns --extra-topic test-extra ${DRILLS_LAB:-} >"$dir/addresses.txt" || fail "no lab, so no drill; logs are in $dir/logs"
# What the last of the drills looks at.
sed -i 's/^    connector: mirror-source$/&\n    consumer_groups: [orders-app]/' "$dir/mirrorwatch.yml"
listen=$("$bin/lab" address --dir "$dir" exporter)
"$bin/mirrorwatch" serve --config "$dir/mirrorwatch.yml" --web.listen-address "$listen" --log.level warn 2>"$log" &
exporter=$!
until exporter_answers; do kill -0 "$exporter" 2>/dev/null || fail "the exporter has ended, see $log"; sleep 0.1; done
say "the lab and its exporter are up"

verdict() { [ ! -f "$1/report.json" ] || sed -n 's/^  "verdict": "\(.*\)",$/\1/p' "$1/report.json"; }
while read -r name expected scenario arguments; do
    case $name in ''|'#'*) continue ;; *"$word"*) ;; *) continue ;; esac
    rm -rf "${out:?}/$name"
    begun=$(date +%s%6N)
    # shellcheck disable=SC2086 # the arguments are words
    "$bin/mirrorwatch" drill "$scenario" $arguments --inventory "$dir/inventory.yml" --yes --out "$out/$name" >"$out/$name.txt" 2>"$out/$name.log" </dev/null || true
    "$bin/lab" truth --dir "$dir" --from "$begun" --json >"$out/$name.truth.json" </dev/null || true
    found=$(verdict "$out/$name")
    [ "$found" = "$expected" ] || wrong=$((wrong + 1))
    say "$(printf '%-22s %-13s %s' "$name" "${found:-no report}" "$([ "$found" = "$expected" ] || printf 'instead of %s, see %s' "$expected" "$out/$name.txt")")"
done <"${DRILLS:-lab/drills.txt}"
say "$wrong verdicts are not as expected"
[ "$wrong" = 0 ]
