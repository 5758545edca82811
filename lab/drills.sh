#!/usr/bin/env bash
# Every drill of lab/drills.txt (or those whose name has the word in $1) on its lab, and the evidence of each under $DRILLS_OUT [target/drills].
# Verdicts, the whole's and each criterion's, must be those of the list ($DRILLS, if it is another).
set -euo pipefail
cd "$(dirname "$0")/.."

word=${1:-}
list=${DRILLS:-lab/drills.txt}
bin=${CARGO_TARGET_DIR:-target}/debug
out=${DRILLS_OUT:-target/drills}
dir=
exporter=
wrong=0

say() { printf 'drills: %s\n' "$*"; }
fail() { printf 'drills: %s\n' "$*" >&2; exit 2; }

lab_down() {
    [ -z "$exporter" ] || { kill "$exporter" && wait "$exporter"; } 2>/dev/null || true
    exporter=
    [ -z "$dir" ] || "$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
    dir=
}
finish() { trap '' INT TERM; lab_down; }
exporter_answers() { (exec 3<>"/dev/tcp/${listen%:*}/${listen##*:}") 2>/dev/null; }

# lab_up PROFILE OPTIONS...
lab_up() {
    lab_down
    dir=.lab/drills-$1
    shift
    "$bin/lab" down --dir "$dir" >/dev/null 2>&1 || true
    rm -rf "$dir"
    mkdir -p "$dir"
    "$bin/lab" up --dir "$dir" "$@" >"$dir/addresses.txt" || fail "no lab, so no drill; logs are in $dir/logs"
    # What the drill of translated offsets looks at.
    sed -i 's/^    connector: mirror-source$/&\n    consumer_groups: [orders-app]/' "$dir/mirrorwatch.yml"
    listen=$("$bin/lab" address --dir "$dir" exporter)
    log=$dir/logs/mirrorwatch.log
    "$bin/mirrorwatch" serve --config "$dir/mirrorwatch.yml" --web.listen-address "$listen" --log.level warn 2>"$log" &
    exporter=$!
    until exporter_answers; do kill -0 "$exporter" 2>/dev/null || fail "the exporter has ended, see $log"; sleep 0.1; done
    say "the lab and its exporter are up: $*"
}

# The verdict, then each criterion's, as the list has them and as the report has them.
expected() { awk -v name="$1" '/^[^ ]/ { is_in = $1 == name; if (is_in) print $2; next } is_in && NF { print $1, $2 }' "$list"; }
found() {
    [ -f "$1" ] || return 0
    awk '{ gsub(/[",]/, "") } /^  verdict:/ { print $2 } /^  criteria:/ { is_in = 1 } /^  \]/ { is_in = 0 }
         is_in && /^      id:/ { id = $2 } is_in && /^      verdict:/ { print id, $2 }' "$1"
}

# drill NAME SCENARIO ARGUMENTS...
drill() {
    local name=$1 begun differs
    shift
    rm -rf "${out:?}/$name"
    begun=$(date +%s%6N)
    "$bin/mirrorwatch" drill "$@" --inventory "$dir/inventory.yml" --yes --out "$out/$name" >"$out/$name.txt" 2>"$out/$name.log" </dev/null || true
    "$bin/lab" truth --dir "$dir" --from "$begun" --json >"$out/$name.truth.json" </dev/null || true
    differs=$(diff <(expected "$name") <(found "$out/$name/report.json") | sed -n 's/^</ expected/p; s/^>/ found/p' | tr '\n' ';') || true
    [ -z "$differs" ] || wrong=$((wrong + 1))
    say "$(printf '%-24s %s' "$name" "${differs:+not as listed, see $out/$name.txt:}${differs:-as listed}")"
}

mkdir -p "$out"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
lab=
while read -r name verdict rest; do
    case $name in
        profile) lab="$verdict $rest"; lab_down; continue ;;
        *"$word"*) ;;
        *) continue ;;
    esac
    # shellcheck disable=SC2086 # options and arguments are words
    [ -n "$dir" ] || lab_up $lab
    # shellcheck disable=SC2086
    drill "$name" $rest
done < <(grep '^[^ #]' "$list")
say "$wrong drills did not end as listed"
[ "$wrong" = 0 ]
