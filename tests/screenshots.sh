#!/usr/bin/env bash
# The pictures of README.md: an embedded server indexes this checkout, some jobs fail for good, and Debian's chromium looks at the dashboard.
# Needs curl, git, tests/browser.sh, and pngquant if the pictures are to be small. Takes three minutes; writes src/pictures.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pictures=$here/../src/pictures
address=http://127.0.0.1:${BUSJOBS_PICTURES_PORT:-5391}
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

"$here/browser.sh"
chromium=${BUSJOBS_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}

fail() {
  echo "screenshots: $1" >&2
  tail -n 20 "$folder"/server.* >&2
  exit 1
}

# Waits for a command to succeed, which another process brings about.
until_true() {
  for _ in $(seq 240); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.5
  done
  fail "this did not come true: $*"
}

# post KIND-AND-PAYLOAD: enqueues a job from this machine, which needs no key in Development.
post() { curl --silent --show-error --fail --noproxy '*' --header 'Content-Type: application/json' --data "$1" "$address/api/jobs" >/dev/null; }

# look NAME PATH HEIGHT: one page as it is now.
look() {
  "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --no-first-run --no-proxy-server --force-color-profile=srgb \
    --user-data-dir="$folder/browser" --window-size="1200,$3" --screenshot="$folder/$1.png" "$address$2" >/dev/null 2>"$folder/server.browser"
  [[ -s $folder/$1.png ]] || fail "chromium took no picture of $2"
}

dotnet publish "$here/../src/BusJobs.Server" --output "$folder/app" --verbosity quiet
git clone --quiet --no-local --depth 50 "file://$here/.." "$folder/shop"
env -u BUSJOBS_DATABASE -u BUSJOBS_RABBITMQ DOTNET_ENVIRONMENT=Development \
  dotnet "$folder/app/BusJobs.Server.dll" --repo "$folder/shop" --data "$folder/data" --urls "$address" --faults 0.2 >"$folder/server.out" 2>"$folder/server.err" &
server=$!
until_true grep -q '^  search  ' "$folder/server.out"

# Real failures: messages of older shapes, which no attempt can read.
for tenant in acme globex initech acme; do
  post '{"kind": "forge.reindex-search", "tenant": "'$tenant'", "tags": ["nightly"], "payload": {"repository": "shop", "path": "/srv/git/shop.git", "commit": "7f3c6a1e",
    "generation": "third", "files": [], "deleted": []}}'
done
for n in 1 2 3; do
  post '{"kind": "forge.reindex-search", "tenant": "globex", "payload": {"repository": "globex", "paths": ["src/Cart.cs", "src/Order.cs"], "apiKey": "not for everybody"}}'
done
post '{"kind": "shop.send-receipt", "queue": "mail", "tenant": "acme", "payload": {"order": 4711}}'
sleep 75 # The charts have a point for each ten seconds.

key=$(sed -n 's/^  sign in [^?]*\(\/signin?token=[A-Za-z0-9_-]*\).*/\1/p' "$folder/server.out")
[[ -n $key ]] || fail 'the server offered no link to sign in'
look signin "$key" 800
look overview / 900
group=$(curl --silent --noproxy '*' "$address/dead" | grep -o '/dead/[0-9a-f]\{16\}' | head -n 1)
job=$(curl --silent --noproxy '*' "$address$group" | grep -o '/jobs/[0-9a-f-]\{36\}' | head -n 1)
look dead-letters /dead 480
look job "$job" 1000

mkdir -p "$pictures"
for name in overview dead-letters job; do
  ! command -v pngquant >/dev/null || pngquant --force --strip --speed 1 64 --output "$folder/$name.png" "$folder/$name.png"
  (( $(stat --format %s "$folder/$name.png") <= 80 * 1024 )) || fail "the picture $name has more than 80 KB: install pngquant"
  cp "$folder/$name.png" "$pictures/$name.png"
done
ls -l "$pictures"
