#!/usr/bin/env bash
# The browser that tests drive: Debian's chromium, installed when there is none. BUSJOBS_CHROMIUM names another.
set -euo pipefail

for program in "${BUSJOBS_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  [[ -z $program || ! -x $program ]] || exit 0
done
[[ $EUID -eq 0 ]] && command -v apt-get >/dev/null ||
  { echo 'browser: there is no chromium; install it, or name one with BUSJOBS_CHROMIUM' >&2; exit 1; }
echo 'browser: installing chromium' >&2
log=$(mktemp)
if ! { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update &&
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium; } </dev/null >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  exit 1
fi
rm -f "$log"
