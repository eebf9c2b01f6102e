#!/bin/sh
# Makes a Debian root file system from Debian packages: base-image.sh FILE.tar [SUITE]
# The packages come from the machine's own Debian source, or from mmdebstrap's default where there is none.
set -eu
file=$1
suite=${2-bookworm}

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1)
mkdir -p "$(dirname "$file")"
trap 'rm -f "$file.part"' EXIT
mmdebstrap --quiet --variant=minbase --format=tar "$suite" "$file.part" ${mirror:+"$mirror"} \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*.log "$1"/var/log/apt/*'
mv "$file.part" "$file"
