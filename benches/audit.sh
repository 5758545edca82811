#!/usr/bin/env bash
# The audit beside kcat on the same two topics, in turn: `benches/audit.sh LAB_DIR TOPIC ROUNDS`. Both read both topics at once, to their ends.
set -euo pipefail
dir=$1 topic=$2 rounds=$3
lab=target/debug/lab mirrorwatch=${MIRRORWATCH:-target/release/mirrorwatch}
source=$("$lab" address source --dir "$dir")
target=$("$lab" address target --dir "$dir")

seconds() { # of a command's wall time and CPU
  local output
  output=$( { TIMEFORMAT='%R %U %S'; time "$@" >/dev/null 2>/dev/null; } 2>&1 )
  echo "$output"
}

both() {
  kcat -C -q -e -b "$source" -t "$topic" &
  kcat -C -q -e -b "$target" -t "source.$topic" &
  wait
}

audit() {
  "$mirrorwatch" audit "$topic" --config "$dir/mirrorwatch.yml"
}

kcat -V 2>&1 | head -1
"$mirrorwatch" --version
"$mirrorwatch" audit "$topic" --config "$dir/mirrorwatch.yml"
echo "round kcat_wall kcat_user kcat_system audit_wall audit_user audit_system load"
for round in $(seq "$rounds"); do
  echo "$round $(seconds both) $(seconds audit) $(cut -d' ' -f1 /proc/loadavg)"
done | tee /dev/stderr | awk '{ kcat += $2; audit += $5; kcpu += $3 + $4; acpu += $6 + $7 }
  END { printf "rate of the audit / rate of kcat: %.2f by wall time, %.2f by CPU time\n", kcat / audit, kcpu / acpu }'
