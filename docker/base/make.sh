#!/bin/sh
# The file system of debian:bookworm-slim as a tar stream on stdout, made of Debian's own packages: for Docker hosts that no registry
# can be reached from. Needs debootstrap, and root.
#
#   sudo docker/base/make.sh | docker import - debian:bookworm-slim
#
# MIRROR is the Debian mirror (debootstrap's own by default), DEBIAN_ARCH the architecture (this machine's by default).
set -eu
PATH="$PATH:/usr/sbin:/sbin"
suite=bookworm
mirror="${MIRROR:-http://deb.debian.org/debian}"

# With fakechroot the image would keep links to this machine's folders, and a dummy ldconfig.
if [ "$(id -u)" != 0 ]; then
  echo 'debootstrap needs root' >&2
  exit 1
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
root="$work/root"
chmod 755 "$work"

set -- --variant=minbase --include=ca-certificates
[ -z "${DEBIAN_ARCH:-}" ] || set -- "$@" --arch="$DEBIAN_ARCH"
debootstrap "$@" "$suite" "$root" "$mirror" >&2

# Slim, as the official image is: no archives, no lists, no documents but licences.
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/bootstrap.log
find "$root/usr/share/doc" -mindepth 2 ! -name copyright ! -type d -delete
rm -rf "$root"/usr/share/man/* "$root"/usr/share/info/* "$root"/usr/share/locale/*

cat >"$root/etc/apt/sources.list" <<LIST
deb $mirror $suite main
deb $mirror $suite-updates main
LIST
# apt in an image build: no services are started, and no archives are kept.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'APT::Install-Recommends "false";\nAcquire::Languages "none";\nDPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n' \
  >"$root/etc/apt/apt.conf.d/docker-image"
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
printf 'force-unsafe-io\npath-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
  >"$root/etc/dpkg/dpkg.cfg.d/docker-image"

tar -C "$root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c .
