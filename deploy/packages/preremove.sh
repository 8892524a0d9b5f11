#!/bin/sh
# Before the files of the package are taken away. Debian says "remove", rpm how many versions remain.
set -e
case "${1:-}" in
remove | 0) ;;
*) exit 0 ;; # another version takes its place
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now leadwheel.target
	systemctl stop 'leadwheel@*.service' leadwheel-migrate.service
fi
