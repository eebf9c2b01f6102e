#!/bin/sh
# Installs the Debian packages that are missing and builds the native helper.
#   setup.sh        what building and running images needs
#   setup.sh test   what the tests need besides
set -eu
cd "$(dirname "$0")/.."

need="make gcc musl-tools linux-libc-dev mmdebstrap busybox-static ca-certificates curl procps xz-utils bzip2"
[ "${1-}" != test ] || need="$need libc6-dev libseccomp-dev iproute2 nftables python3 python3-pexpect git openssh-client zstd libcap2-bin openssl mount util-linux e2fsprogs xfsprogs btrfs-progs strace"

missing=
for package in $need; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup: these packages are missing:$missing" >&2
    echo "setup: install them as root, for example: apt-get install$missing" >&2
    exit 1
  fi
  echo "setup: installing$missing"
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# Of this package only the program is wanted: installed, it would start a service.
if [ "${1-}" = test ] && [ ! -x .cache/docker-registry ] && ! command -v docker-registry >/dev/null; then
  echo "setup: fetching docker-registry"
  mkdir -p .cache
  unpacked=$(mktemp -d)
  (
    cd "$unpacked"
    apt-get -qq -o APT::Sandbox::User=root download docker-registry 2>/dev/null || {
      apt-get update -qq
      apt-get -qq -o APT::Sandbox::User=root download docker-registry
    }
    dpkg-deb -x docker-registry_*.deb .
  )
  cp "$unpacked/usr/bin/docker-registry" .cache/docker-registry.tmp
  mv .cache/docker-registry.tmp .cache/docker-registry
  rm -r "$unpacked"
fi
make -s -C native
