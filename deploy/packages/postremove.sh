#!/bin/sh
# After the files of the package were taken away. Debian says "remove" or "purge", rpm how many versions remain.
set -e
case "${1:-}" in
remove | purge | 0) ;;
*) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
# Without the key, the secrets of integrations and webhooks in the database cannot be read again, so a person is to delete it.
if [ "$1" = purge ] && [ -n "$(ls -A /etc/leadwheel 2>/dev/null)" ]; then
	echo "leadwheel: /etc/leadwheel still holds secrets; delete it once the database is not needed any more"
fi
