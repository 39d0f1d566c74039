#!/bin/bash
# All programs at once. Each says over and over: its name, the wall clock and the monotonic clock, both in milliseconds (0: it has none).
# `run.sh busy`: those that can are under load meanwhile.
cd /programs || exit 1
./glibc glibc "$1" &
./glibc-static glibc-static "$1" &
./musl musl "$1" &
./node -e 'setInterval(() => console.log("node", Date.now(), performance.now()), 20)' &
perl -e '$| = 1; while (1) { print "perl ", 1000 * time, " 0\n"; select(undef, undef, undef, 0.02) }' &
if [ -x go-clock ]; then ./go-clock "$1" & fi
while sleep 0.02; do echo "bash $(( ${EPOCHREALTIME/[.,]/} / 1000 )) 0"; done
