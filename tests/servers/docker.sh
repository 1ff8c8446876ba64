# Sourced by servers.sh: the images of docker-compose.yml, under a project name of their own.

export BUSJOBS_POSTGRES_PORT=$pg_port BUSJOBS_RABBITMQ_PORT=$amqp_port BUSJOBS_RABBITMQ_API_PORT=$api_port
compose=(docker compose --project-name "busjobs-tests-$pg_port" --file "$here/../docker-compose.yml")
[[ -z $tls ]] || compose+=(--file "$here/servers/tls.yml")

install_servers() { docker_answers || fail 'the Docker engine that ran these servers does not answer any more'; }

write_commands() {
  local exports="export BUSJOBS_POSTGRES_PORT=$pg_port BUSJOBS_RABBITMQ_PORT=$amqp_port BUSJOBS_RABBITMQ_API_PORT=$api_port"
  local words
  words=$(printf '%q ' "${compose[@]}")
  write_command rabbitmqctl "$exports" "exec $words exec -T rabbitmq rabbitmqctl \"\$@\" </dev/null"
  # The server is the first process of its container, so its own pg_ctl would end the container; the engine stops and
  # starts it instead.
  write_command pg_ctl "$exports" 'set -e' \
    'case " $* " in *" immediate "*) stop=kill ;; *) stop=stop ;; esac' \
    "case \${1:-} in stop | restart) $words \$stop postgres ;; esac" \
    "case \${1:-} in start | restart) $words up -d --wait postgres ;; esac"
}

postgres_answers() {
  [[ $("${compose[@]}" exec -T postgres psql -XAtq -U busjobs -d busjobs -h 127.0.0.1 -c 'select 1' </dev/null 2>/dev/null) == 1 ]]
}

start_postgres() { "${compose[@]}" up -d --wait postgres rabbitmq </dev/null 9>&- || fail 'docker compose did not start the servers'; }
start_rabbit() {
  "${compose[@]}" up -d --wait rabbitmq </dev/null 9>&- || fail 'docker compose did not start RabbitMQ'
  rabbit_answers || "$dir/rabbitmqctl" -q start_app
}
stop_rabbit() { "${compose[@]}" stop rabbitmq; }
kill_rabbit() { "${compose[@]}" kill rabbitmq; }
stop_postgres() { "${compose[@]}" stop postgres; }
forget_servers() { "${compose[@]}" down ${1:+--volumes}; }
show_logs() { "${compose[@]}" logs --tail 40; }
