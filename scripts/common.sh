# Sourced by the other scripts: paths, messages, and commands with a log.
# Expects bash with `set -euo pipefail`; leaves the shell in the repository.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
logs=$top/build/logs
mkdir -p "$logs"

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# logged NAME TITLE COMMAND...: runs the command with its output in
# build/logs/NAME.log; prints the title, a sign of life every half minute and
# the time; on failure also the end of the log.
logged() {
  local log=$logs/$1.log title=$2 start=$SECONDS rc=0 beat
  shift 2
  say "-- $title (log: ${log#"$top"/})"
  # `read` waits without a child that would outlive this loop.
  (exec 9<> <(:); until read -rt 30 -u 9; do
    say "   ... $((SECONDS - start)) s: $(tail -n 1 "$log" | tr '\r' '\n' | grep -a . | tail -n 1 | cut -c1-100)"
  done) &
  beat=$!
  "$@" >"$log" 2>&1 </dev/null || rc=$?
  kill "$beat" 2>/dev/null && wait "$beat" 2>/dev/null || true
  if [ "$rc" != 0 ]; then
    tail -n 40 "$log" >&2
    say "-- failed after $((SECONDS - start)) s: $title"
    return "$rc"
  fi
  say "   $((SECONDS - start)) s"
}

# ccache shares results between clones of this repository.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$top} CCACHE_NOHASHDIR=1
