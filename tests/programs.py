"""Fake `crontab` and `systemctl` that store everything in files."""

CRONTAB = """#!/bin/sh
table={folder}/table
case "$1" in
-l) [ -e $table ] && cat $table || {{ echo 'no crontab for you' >&2; exit 1; }} ;;
-r) rm $table ;;
-) cat >$table.new
   if grep -q REFUSED $table.new; then echo 'bad minute' >&2; exit 1; fi
   mv $table.new $table; echo written >>{folder}/writes ;;
esac
"""

SYSTEMCTL = """#!/bin/sh
echo "$@" >>{folder}/calls
case "$2" in
show-environment) echo HOME=/home/you; echo TRACKER_TOKEN=x ;;
is-enabled) [ -e {folder}/enabled ] ;;
enable) touch {folder}/enabled ;;
disable) rm -f {folder}/enabled ;;
esac
"""
