#!/bin/sh
# A Docker engine that answers, on a Debian machine without one: installs Debian's packages and starts dockerd by hand, as root.
# Prints the pid of the daemon that it started (`kill PID` ends it), or nothing where one answers already.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
log="${TMPDIR:-/tmp}/ordeal-dockerd.log"

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

answers && exit 0
if [ "$(id -u)" != 0 ]; then
  echo 'no Docker daemon answers, and starting one needs root' >&2
  exit 4
fi
if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables >/dev/null
fi
answers && exit 0 # the package may have started it

setsid dockerd >"$log" 2>&1 </dev/null &
pid=$!
for _ in $(seq 300); do
  if answers; then
    echo "$pid"
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
kill "$pid" 2>/dev/null || true
echo "dockerd did not come up; its log is $log and ends with:" >&2
tail -n 15 "$log" >&2
exit 4
