#!/bin/sh
# After the files of the package are there. Debian says "configure" and which version was there before, if any; rpm says how many
# versions there are now.
set -e
case "${1:-}" in
configure) before=${2:-} ;;
1) before= ;;
[0-9]*) before=some ;;
*) exit 0 ;; # an installation that was broken off goes back to what was there
esac

if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers leadwheel.conf
elif ! getent passwd leadwheel >/dev/null; then
	useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin leadwheel
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# The schema first, which the others wait for. What did not run before is not started.
	[ -z "$before" ] || systemctl try-restart leadwheel-migrate.service leadwheel.target ||
		echo "leadwheel: it did not start again; see journalctl -u leadwheel-migrate -u 'leadwheel@*'" >&2
fi

[ -n "$before" ] || cat <<'TEXT'
Leadwheel is installed. Before it can run, put its secrets into /etc/leadwheel, a file each: database_url, redis_url, ops_key and
secret_key. /usr/share/doc/leadwheel/systemd/README.md says how. Then: systemctl enable --now leadwheel.target
TEXT
