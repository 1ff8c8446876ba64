#!/usr/bin/env bash
# Every test of BusJobs with one command: servers, build (warnings are errors), all test projects.
# usage: tests/run.sh [--filter EXPRESSION]     (the expression of `dotnet test --filter`)
# The last line is the count; the exit code is 0 only if tests ran and all passed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
filter=()
case ${1:-} in
  '') ;;
  --filter) [[ -n ${2:-} ]] || { echo 'run: --filter needs an expression' >&2; exit 2; }; filter=(--filter "$2") ;;
  *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac

passed=0 failed=0 skipped=0 broken=() servers_are_mine=no up_pid= compiler=
results=$root/TestResults

end_compiler() {
  [[ -n $compiler ]] || return 0
  "$(dirname "$(readlink -f "$(command -v dotnet)")")/sdk/$(dotnet --version)/Roslyn/bincore/VBCSCompiler" -shutdown "-pipename:$compiler" >/dev/null 2>&1 </dev/null || true
  compiler=
}

finish() {
  local code=$?
  trap - EXIT
  # Everything that talks is over before the count, so that the count is the last line.
  if [[ -n $up_pid ]]; then wait "$up_pid" || true; fi
  end_compiler
  if [[ $servers_are_mine == yes ]]; then tests/servers.sh down >/dev/null 2>&1 </dev/null || true; fi
  ((code == 0 || failed > 0)) || failed=1
  ((code != 0 || failed == 0)) || code=1
  if ((passed + failed == 0)); then echo 'run: no test ran' >&2; code=1; fi
  if ((skipped > 0)); then skipped_text=", $skipped skipped"; fi
  echo "$passed passed, $failed failed${skipped_text:-}"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v dotnet >/dev/null || { echo 'run: the .NET SDK 10 is needed (https://dot.net)' >&2; exit 1; }
# Tests start hundreds of .NET processes, whose start is most of what they cost: code that is compiled need not be mapped twice, nor measured.
export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# Build nodes that outlive the run would hold on to its output.
export MSBUILDDISABLENODEREUSE=1
# git folds letters beyond ASCII only where the locale knows them, and a search is compared with git's.
export LANG="${LANG:-C.UTF-8}"
[[ -n ${HOME:-} ]] || export HOME=/root
# Tests read this checkout as a git repository, also when it belongs to another user than the one who runs them.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$root

# The servers are installed and started while the compiler works.
if ! tests/servers.sh status >/dev/null 2>&1; then
  servers_are_mine=yes
  tests/servers.sh up </dev/null &
  up_pid=$!
fi
dotnet restore BusJobs.sln --verbosity quiet </dev/null || { echo 'run: the restore failed' >&2; exit 1; }
# One compiler that knows its analyzers compiles all projects: a new one for each took three times as long. It is this run's own, and ends with the build.
compiler=busjobs-run-$$
dotnet build BusJobs.sln --configuration Release --no-restore --verbosity quiet \
  -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler" </dev/null || { echo 'run: the build failed' >&2; exit 1; }
end_compiler
if [[ -n $up_pid ]]; then
  wait "$up_pid" || { up_pid=; echo 'run: the servers did not start' >&2; exit 1; }
  up_pid=
fi
eval "$(tests/servers.sh env)"
tests/browser.sh || { echo 'run: there is no browser' >&2; exit 1; }

attribute() { grep -o '<Counters [^>]*' "$1" | grep -oP "(?<= $2=\")\d+"; }

# A project counts by its result file, and as one failure more when it ended badly without a failed test to show for it.
count() {
  local name=$1 code=$2 trx=$results/$1.trx total=0 executed=0 good=0
  # Told to end from outside, `dotnet test` ends well, and leaves no result.
  [[ -f $trx || ${#filter[@]} -gt 0 ]] || code=$((code == 0 ? 1 : code))
  if [[ -f $trx ]]; then
    total=$(attribute "$trx" total) executed=$(attribute "$trx" executed) good=$(attribute "$trx" passed)
  fi
  passed=$((passed + good)) failed=$((failed + executed - good)) skipped=$((skipped + total - executed))
  if ((code != 0 && executed == good)); then
    echo "run: $name ended with code $code (a hang, a crash, a missing test host, or no result)" >&2
    failed=$((failed + 1))
    broken+=("$name")
  fi
}

rm -rf "$results"
for project in $(grep -lr --include='*.csproj' '<IsTestProject>true' tests | sort -r); do
  name=$(basename "$project" .csproj)
  code=0
  timeout -k 30 30m dotnet test "$project" --configuration Release --no-build --results-directory "$results" \
    --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' \
    --blame-hang-timeout 5m --blame-hang-dump-type none "${filter[@]}" </dev/null || code=$?
  count "$name" "$code"
done

if ((failed > 0)); then
  echo 'Failed:'
  grep -ho '<UnitTestResult [^>]*outcome="Failed"' "$results"/*.trx 2>/dev/null | grep -oP '(?<= testName=")[^"]*' |
    sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g; s/^/  /' || true
  ((${#broken[@]} == 0)) || printf '  %s did not end well\n' "${broken[@]}"
fi
