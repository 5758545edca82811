#!/usr/bin/env bash
# The canary of 100 partitions on the brokers of a lab that does nothing else, copied by its MirrorMaker 2 (`benches/canary.sh SECONDS`) or by the
# bench's own copier with the worker stopped (`benches/canary.sh SECONDS --hop`).
set -euo pipefail
seconds=$1 hop=${2:-}
lab=target/debug/lab dir=$PWD/target/bench-canary
"$lab" up --dir "$dir" --workers 1 --rate 0.1 --watch nothing >/dev/null
trap '"$lab" down --dir "$dir" >/dev/null' EXIT
source=$("$lab" address source --dir "$dir")
target=$("$lab" address target --dir "$dir")
if [ -n "$hop" ]; then "$lab" fault stop --dir "$dir" worker-1; fi
echo "load average at the start: $(cut -d' ' -f1-3 /proc/loadavg)"
cargo bench --locked --quiet --bench canary -- --seconds "$seconds" --copied $hop --brokers "$source" "$target"
echo "load average at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
"$lab" status --dir "$dir"
