# Sourced by servers.sh: PostgreSQL and RabbitMQ of Debian's packages, as processes and data folders of our own.

pg_data=$dir/postgres/data
rabbit_home=$dir/rabbitmq
# Root gives its rights up; anyone else runs the servers as themselves.
as_postgres=(env) as_rabbit=(env)
if [[ $EUID -eq 0 ]]; then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups -- env)
  as_rabbit=(setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- env)
fi
# The folder in the environment is how a process is recognised as ours when its pid file is read later.
as_postgres+=(LC_ALL=C.UTF-8 "BUSJOBS_SERVERS_DIR=$dir")
as_rabbit+=(
  LC_ALL=C.UTF-8 "BUSJOBS_SERVERS_DIR=$dir" "HOME=$rabbit_home"
  ERL_EPMD_ADDRESS=127.0.0.1 "ERL_EPMD_PORT=$epmd_port"
  RABBITMQ_NODENAME=busjobs@localhost "RABBITMQ_DIST_PORT=$dist_port"
  "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}"
  "RABBITMQ_MNESIA_BASE=$rabbit_home/data" "RABBITMQ_LOG_BASE=$rabbit_home/log"
  "RABBITMQ_PID_FILE=$rabbit_home/pid" "RABBITMQ_ENABLED_PLUGINS_FILE=$rabbit_home/enabled_plugins"
  "RABBITMQ_CONFIG_FILE=$rabbit_home/rabbitmq.conf" "RABBITMQ_CONFIG_FILES=$rabbit_home/conf.d"
  "RABBITMQ_ADVANCED_CONFIG_FILE=$rabbit_home/advanced.config" "RABBITMQ_CONF_ENV_FILE=$rabbit_home/env.conf"
)
rabbit_bin=/usr/lib/rabbitmq/bin

pg_bin() { printf '%s\n' /usr/lib/postgresql/*/bin/pg_ctl | sort -V | tail -n1 | xargs dirname; }

install_servers() {
  [[ -x $(pg_bin)/initdb && -x $rabbit_bin/rabbitmq-server ]] && return
  [[ $EUID -eq 0 ]] || fail 'no Docker engine answers and PostgreSQL or RabbitMQ is missing; run as root to install them'
  command -v apt-get >/dev/null || fail 'no Docker engine answers, and only Debian and Ubuntu packages can be installed here'
  say 'installing postgresql and rabbitmq-server'
  local log=$dir/install.log policy=/usr/sbin/policy-rc.d policy_is_mine=no status=0
  # The packages would start servers on the default ports, which nobody asked for.
  if [[ ! -e $policy ]]; then
    policy_is_mine=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update &&
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
      postgresql rabbitmq-server; } </dev/null >"$log" 2>&1 9>&- || status=$?
  [[ $policy_is_mine == no ]] || rm -f "$policy"
  ((status == 0)) ||
    fail "postgresql and rabbitmq-server could not be installed: $(grep -m1 '^E:' "$log" || tail -n1 "$log")"
}

write_commands() {
  write_command pg_ctl "exec $(printf '%q ' "${as_postgres[@]}" "$(pg_bin)/pg_ctl" -w -t 60 -s -D "$pg_data" -l "$dir/postgres/log") \"\$@\" </dev/null"
  # The working folder of the caller may be closed to the user rabbitmq.
  write_command rabbitmqctl "cd $(printf '%q' "$dir") && exec $(printf '%q ' "${as_rabbit[@]}" "$rabbit_bin/rabbitmqctl") \"\$@\""
}

is_ours() { { tr '\0' '\n' <"/proc/$1/environ"; } 2>/dev/null | grep -qxF "BUSJOBS_SERVERS_DIR=$dir"; }

# The pid in a file, if that process lives and is of this folder: pids are used again after a crash.
pid_in() {
  local pid
  pid=$(head -n1 "$1" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] && is_ours "$pid" && echo "$pid"
}

gone() { [[ ! -d /proc/$1 || $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == Z* ]]; }

postgres_answers() {
  [[ $(PGPASSWORD=busjobs PGCONNECT_TIMEOUT=3 "$(pg_bin)/psql" -XAtq -h 127.0.0.1 -p "$pg_port" -U busjobs \
    -d busjobs -c 'select 1' 2>/dev/null) == 1 ]]
}

start_postgres() {
  if [[ ! -f $pg_data/ready ]]; then
    rm -rf "$dir/postgres" && mkdir -p "$dir/postgres" && echo busjobs >"$dir/postgres/password"
    [[ $EUID -ne 0 ]] || chown postgres: "$dir/postgres"
    "${as_postgres[@]}" "$(pg_bin)/initdb" -D "$pg_data" -U busjobs --pwfile="$dir/postgres/password" --auth=scram-sha-256 \
      --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || fail "initdb failed: $(tail -n1 "$dir/initdb.log")"
    # Durable, as in production, because benchmarks run here; only the checkpoints are made rarer.
    "${as_postgres[@]}" tee -a "$pg_data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $pg_port
unix_socket_directories = ''
max_connections = 300
shared_buffers = 512MB
fsync = on
synchronous_commit = on
max_wal_size = 4GB
checkpoint_timeout = 15min
timezone = 'UTC'
CONF
    "${as_postgres[@]}" touch "$pg_data/ready"
  fi
  # After kill -9 the old children hold the shared memory for a moment, so one refusal is not the end.
  await 60 'PostgreSQL did not start' start_postgres_once
  create_database
}

start_postgres_once() {
  pid_in "$pg_data/postmaster.pid" && return
  # PostgreSQL refuses to start over the pid file of a zombie, and a killed server stays one for as long as nobody reaps
  # it. The file goes only when no process works in the data folder any more: its last children may still write there.
  [[ -n $(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$pg_data" 2>/dev/null) ]] || rm -f "$pg_data/postmaster.pid"
  "$dir/pg_ctl" start 9>&-
}

create_database() {
  local psql=("$(pg_bin)/psql" -XAtq -h 127.0.0.1 -p "$pg_port" -U busjobs -d postgres)
  [[ $(PGPASSWORD=busjobs "${psql[@]}" -c "select 1 from pg_database where datname = 'busjobs'") == 1 ]] ||
    PGPASSWORD=busjobs "${psql[@]}" -c 'create database busjobs'
}

stop_postgres() { pid_in "$pg_data/postmaster.pid" >/dev/null && "$dir/pg_ctl" stop -m fast || true; }

start_rabbit() {
  prepare_rabbit
  if pid_in "$rabbit_home/pid" >/dev/null; then
    # The process lives but its application was stopped, or is still starting: start_app is right in both cases.
    "$dir/rabbitmqctl" -q start_app >/dev/null 2>&1 9>&- || true
    return
  fi
  rm -f "$rabbit_home/pid"
  (cd "$dir" && ulimit -n 65536 2>/dev/null || true
    exec setsid "${as_rabbit[@]}" "$rabbit_bin/rabbitmq-server" </dev/null >>"$dir/rabbitmq.out" 2>&1 9>&-) &
  local starter=$!
  await 90 'RabbitMQ did not start' rabbit_answers_or_failed "$starter"
  rabbit_answers || fail "RabbitMQ ended at its start; see: ${BASH_SOURCE[1]} logs"
}

rabbit_answers_or_failed() { rabbit_answers || gone "$1"; }

prepare_rabbit() {
  if [[ ! -f $rabbit_home/.erlang.cookie ]]; then
    mkdir -p "$rabbit_home"
    (umask 077 && head -c 30 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$rabbit_home/.erlang.cookie")
    chmod 400 "$rabbit_home/.erlang.cookie"
  fi
  cat >"$rabbit_home/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp_port
management.tcp.ip = 127.0.0.1
management.tcp.port = $api_port
default_user = busjobs
default_pass = busjobs
default_user_tags.administrator = true
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 256MB
max_message_size = 16777216
CONF
  if [[ -n $tls ]]; then
    mkdir -p "$rabbit_home/conf.d"
    cp "$tls"/{ca.crt,tls.crt,tls.key} "$rabbit_home/"
    sed "s#/etc/rabbitmq/tls/#$rabbit_home/#; s#= 5671#= $amqp_port#" "$here/../deploy/rabbitmq/tls.conf" >"$rabbit_home/conf.d/60-tls.conf"
  fi
  echo '[rabbitmq_management].' >"$rabbit_home/enabled_plugins"
  [[ $EUID -ne 0 ]] || chown -R rabbitmq: "$rabbit_home"
}

# Erlang stops in order on SIGTERM.
stop_rabbit() { end_rabbit TERM; }
kill_rabbit() { end_rabbit KILL; }

end_rabbit() {
  local pid
  pid=$(pid_in "$rabbit_home/pid") || return 0
  kill -"$1" "$pid"
  await 60 'RabbitMQ did not stop' gone "$pid"
  rm -f "$rabbit_home/pid"
}

# Erlang's name server is started by the node, or by rabbitmqctl, whichever misses it first, and has no pid file.
forget_servers() {
  local process
  for process in /proc/[0-9]*; do
    [[ $(cat "$process/comm" 2>/dev/null) == epmd ]] && is_ours "${process##*/}" && kill "${process##*/}"
  done
  true
}

show_logs() {
  tail -n 40 "$dir/postgres/log" "$dir/rabbitmq.out" "$rabbit_home"/log/*.log 2>/dev/null || true
}
