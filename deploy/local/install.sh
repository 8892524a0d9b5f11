#!/bin/sh
# Installs the Postgres and Redis servers that `leadwheel up` and the tests start privately, where they are missing.
# `install.sh monitoring` installs Prometheus, Alertmanager and PgBouncer too, which tests start, and
# `install.sh browser` Chromium and Node, with which the console is tested, and `install.sh packages` rpm, by which a release's package is.
# It does nothing where all are there. It never starts a system service.
set -eu

have_postgres() {
    command -v postgres >/dev/null 2>&1 && return 0
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /opt/local/lib/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin /usr/local/pgsql/bin; do
        [ -x "$dir/postgres" ] && return 0
    done
    return 1
}

have_redis() {
    for name in redis-server valkey-server; do
        command -v "$name" >/dev/null 2>&1 && return 0
        for dir in /usr/bin /usr/local/bin /opt/homebrew/bin; do
            [ -x "$dir/$name" ] && return 0
        done
    done
    return 1
}

have_monitoring() {
    command -v promtool >/dev/null 2>&1 && command -v prometheus >/dev/null 2>&1 &&
        { command -v prometheus-alertmanager >/dev/null 2>&1 || command -v alertmanager >/dev/null 2>&1; } &&
        { command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ]; }
}

have_browser() {
    [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1 || [ -d "/Applications/Google Chrome.app" ]
}

# have_node also says whether it is new enough: 18.19 runs tests of several files at a time.
have_node() {
    command -v node >/dev/null 2>&1 &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 19) ? 0 : 1)'
}

give_up() {
    echo "install.sh: $1." >&2
    echo "Install Postgres 14 or newer and Redis 7 (or Valkey) yourself, or set DATABASE_URL and REDIS_URL." >&2
    [ "$also" != monitoring ] || echo "Tests need prometheus, promtool, alertmanager and pgbouncer on the PATH." >&2
    [ "$also" != browser ] || echo "The tests of the console need node 18.19 or newer and npm on the PATH, and Chromium (or CHROMIUM=its path)." >&2
    exit 1
}

# as_root runs a command with sudo where we are not root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# apt_get runs apt-get without questions; $policy keeps packages from starting their services meanwhile.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq "$@" >&2
}

policy=/usr/sbin/policy-rc.d
our_policy=

forbid_services() {
    [ -e "$policy" ] && return 0
    our_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_services() {
    [ -z "$our_policy" ] || as_root rm -f "$policy"
}

install_debian() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        give_up "missing:$1; installing them takes root, and there is no sudo"
    trap allow_services EXIT
    trap 'exit 1' HUP INT TERM
    forbid_services
    # On an up-to-date machine the package lists are there and the update can be spared.
    # shellcheck disable=SC2086 # a list of package names
    apt_get install -y --no-install-recommends $1 2>/dev/null && return 0
    apt_get update || give_up "apt-get update failed"
    # shellcheck disable=SC2086
    apt_get install -y --no-install-recommends $1 || give_up "apt-get could not install $1"
}

also=${1:-}
debian=
brew=
cask=
have_postgres || { debian="$debian postgresql"; brew="$brew postgresql@17"; }
have_redis || { debian="$debian redis-server"; brew="$brew redis"; }
case "$also" in
"") ;;
monitoring) have_monitoring || { debian="$debian prometheus prometheus-alertmanager pgbouncer"; brew="$brew prometheus alertmanager pgbouncer"; } ;;
packages) command -v rpm >/dev/null 2>&1 || { debian="$debian rpm"; brew="$brew rpm"; } ;;
browser)
    have_browser || { debian="$debian chromium fonts-liberation"; cask=chromium; }
    have_node || { debian="$debian nodejs"; brew="$brew node"; }
    command -v npm >/dev/null 2>&1 || { debian="$debian npm"; brew="$brew node"; }
    ;;
*) give_up "there is no mode $also" ;;
esac
[ -n "$debian" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    echo "Installing$debian (apt-get)…" >&2
    install_debian "$debian"
elif command -v brew >/dev/null 2>&1; then
    echo "Installing$brew (brew)…" >&2
    # shellcheck disable=SC2086 # a list of package names
    [ -z "$brew" ] || brew install $brew
    [ -z "$cask" ] || brew install --cask $cask
else
    give_up "missing:$debian, and there is neither apt-get nor brew"
fi
