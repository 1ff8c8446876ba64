#!/usr/bin/env bash
# The PostgreSQL and RabbitMQ that tests and benchmarks talk to: images of docker-compose.yml where a Docker engine
# answers, Debian's packages otherwise. Both ways give the same ports, users and commands.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${BUSJOBS_SERVERS_DIR:-/tmp/busjobs-servers}
# Ports far from the defaults, so that servers which already run on this machine are never touched.
pg_port=${BUSJOBS_POSTGRES_PORT:-54329}
amqp_port=${BUSJOBS_RABBITMQ_PORT:-56729}
tls=${BUSJOBS_RABBITMQ_TLS:-}
api_port=$((amqp_port + 1)) epmd_port=$((amqp_port + 2)) dist_port=$((amqp_port + 3))

usage() {
  cat <<'TEXT'
usage: tests/servers.sh COMMAND
  up                        start both servers, or do nothing when they already answer
  down [--wipe]             stop them (--wipe also deletes their data)
  status                    exit code 0 when both answer
  env                       print the exports that tests, benchmarks and BusJobs.Server read
  logs                      print the last lines of both logs
  rabbitmqctl ARGS...       rabbitmqctl against this RabbitMQ: stop_app, start_app, purge_queue, delete_vhost, ...
  pg_ctl ARGS...            pg_ctl against this PostgreSQL: stop, start, restart, with -m fast|immediate
  restart-postgres [MODE]   stop PostgreSQL (fast, or immediate as in a crash) and start it again
  stop-rabbit, kill-rabbit, start-rabbit    the whole RabbitMQ process: in order, by SIGKILL, and back
BUSJOBS_SERVERS_DIR, BUSJOBS_POSTGRES_PORT and BUSJOBS_RABBITMQ_PORT make a second, independent pair.
BUSJOBS_RABBITMQ_TLS names a folder with ca.crt, tls.crt and tls.key: RabbitMQ then speaks TLS alone, as deploy/rabbitmq/tls.conf says.
TEXT
}

say() { printf 'servers: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Repeats a command until it succeeds; a server is waited for, never slept for.
await() {
  local seconds=$1 what=$2 deadline=$((SECONDS + $1)); shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what within $seconds s; see: ${BASH_SOURCE[0]} logs"
    sleep 0.2
  done
}

# RabbitMQ answers when it greets a client with Connection.Start (a method frame, type 1), not when its port is open.
rabbit_answers() {
  if [[ -n $tls ]]; then
    [[ $(printf 'AMQP\0\0\11\1' | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$amqp_port" 2>/dev/null | head -c1 | od -An -tx1) == " 01" ]]
    return
  fi
  timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "AMQP\0\0\11\1" >&3 &&
    [[ $(head -c1 <&3 | od -An -tx1) == " 01" ]]' _ "$amqp_port" 2>/dev/null
}

docker_answers() {
  command -v docker >/dev/null && timeout 5 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

print_env() {
  cat <<TEXT
export BUSJOBS_DATABASE='Host=127.0.0.1;Port=$pg_port;Username=busjobs;Password=busjobs;Database=busjobs'
export BUSJOBS_RABBITMQ='amqp://busjobs:busjobs@127.0.0.1:$amqp_port/'
export BUSJOBS_RABBITMQ_API='http://busjobs:busjobs@127.0.0.1:$api_port'
export BUSJOBS_RABBITMQCTL='$dir/rabbitmqctl'
export BUSJOBS_PGCTL='$dir/pg_ctl'
export BUSJOBS_SERVERS='$here/servers.sh'
export BUSJOBS_SERVERS_DIR='$dir' BUSJOBS_POSTGRES_PORT=$pg_port BUSJOBS_RABBITMQ_PORT=$amqp_port
TEXT
}

write_command() { # NAME WORDS...: a command without arguments of its own, so that a test can start it as one file
  local name=$1; shift
  # Written beside and moved, because another run may be executing the old one.
  { printf '#!/usr/bin/env bash\n'; printf '%s\n' "$@"; } >"$dir/$name.new"
  chmod 755 "$dir/$name.new" && mv -f "$dir/$name.new" "$dir/$name"
}

mkdir -p "$dir" && chmod 755 "$dir"
dir=$(cd "$dir" && pwd)
mode_file=$dir/mode
if [[ ${1:-} == up || ${1:-} == start-rabbit ]] && [[ ! -f $mode_file ]]; then
  if docker_answers; then echo docker >"$mode_file"; else echo debian >"$mode_file"; fi
fi
# shellcheck source=/dev/null
[[ ! -f $mode_file ]] || source "$here/servers/$(cat "$mode_file").sh"

command=${1:-}
shift || true
case $command in
  env) print_env; exit ;;
  '' | -h | --help | help) usage; exit ;;
esac
[[ -f $mode_file ]] || { [[ $command == down ]] && exit 0; fail "not started yet; run: ${BASH_SOURCE[0]} up"; }

case $command in
  status) postgres_answers && rabbit_answers; exit ;;
  logs) show_logs; exit ;;
  rabbitmqctl) exec "$dir/rabbitmqctl" "$@" ;;
  pg_ctl) exec "$dir/pg_ctl" "$@" ;;
esac

# Two people may call this at once; the servers themselves must not inherit the lock (9>&- where they start).
exec 9>"$dir/lock"
flock -w 300 9 || fail "another servers.sh has been busy for 300 s"
case $command in
  up)
    install_servers
    write_commands
    postgres_answers || start_postgres
    rabbit_answers || start_rabbit
    await 60 'PostgreSQL did not answer' postgres_answers
    await 90 'RabbitMQ did not answer' rabbit_answers
    say "PostgreSQL answers on 127.0.0.1:$pg_port, RabbitMQ on 127.0.0.1:$amqp_port ($(cat "$mode_file"))"
    ;;
  down)
    stop_rabbit
    stop_postgres
    forget_servers ${1:+"$1"}
    rm -f "$mode_file"
    [[ ${1:-} != --wipe ]] || rm -rf "$dir"
    ;;
  restart-postgres)
    "$dir/pg_ctl" restart -m "${1:-fast}" >/dev/null 9>&- || fail 'PostgreSQL did not restart'
    await 60 'PostgreSQL did not answer' postgres_answers
    ;;
  stop-rabbit) stop_rabbit ;;
  kill-rabbit) kill_rabbit ;;
  start-rabbit)
    install_servers
    write_commands
    rabbit_answers || start_rabbit
    await 90 'RabbitMQ did not answer' rabbit_answers
    ;;
  *) usage >&2; exit 2 ;;
esac
