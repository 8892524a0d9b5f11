#!/bin/sh
# Makes the secrets that compose.yaml reads, in secrets/ beside it, where they are missing. Keep them: the database knows
# its password from the first start on.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The folder is closed to others; the files are open to the containers' users, who are others.
secret() {
    [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
    chmod 444 "secrets/$1"
}

secret database_password "$(random)"
secret redis_password "$(random)"
secret ops_key "$(random)"
# It seals the secrets of integrations: without it a backup's cannot be opened.
secret secret_key "$(head -c 32 /dev/urandom | base64)"
secret grafana_password "$(random)"
secret database_url "postgres://leadwheel:$(cat secrets/database_password)@postgres:5432/leadwheel?sslmode=disable"
secret redis_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
