#!/bin/sh
# Runs a command of this repository on a machine whose kernel has cgroup v2 only: Debian's, emulated by QEMU.
#   run.sh              the end-to-end tests that cgroups decide (about ten minutes: every program is emulated)
#   run.sh COMMAND...   another command, for example: run.sh node node_modules/vitest/vitest.mjs run --project integration test/integration/runtime/cgroup
# Needs root, the built programs, and: apt-get install --no-install-recommends qemu-system-x86 seabios cpio kmod busybox-static mmdebstrap e2fsprogs
# Kernel and root file system are kept under .cache/v2; V2_MEMORY (MB) and V2_TIMEOUT (s) may be set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=${here%/test/v2}
cache=$project/.cache/v2
mkdir -p "$cache"
[ $# -gt 0 ] || set -- node node_modules/vitest/vitest.mjs run --project e2e --reporter=verbose --testTimeout=1200000 --hookTimeout=1200000 \
  test/e2e/tsrun-limits.test.ts test/e2e/tsrun-pause.test.ts test/e2e/tsrunc.test.ts test/e2e/tsrun-namespaces.test.ts

work=$(mktemp -d /var/tmp/tsbuild-v2-XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

if [ ! -d "$cache/kernel" ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
  (cd "$work" && apt-get download -q "$package" && dpkg -x ./*.deb kernel)
  depmod -b "$work/kernel" "$(ls "$work/kernel/lib/modules")"
  mv "$work/kernel" "$cache/kernel"
fi
version=$(ls "$cache/kernel/lib/modules")
modules=$cache/kernel/lib/modules/$version

if [ ! -f "$cache/root.tar" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
  mmdebstrap --quiet --variant=minbase --format=tar --include=libstdc++6,kmod,procps,iproute2,nftables,busybox-static,python3 \
    bookworm "$work/root.tar" ${mirror:+"$mirror"}
  mv "$work/root.tar" "$cache/root.tar"
fi

# The first file system loads what the disk needs.
mkdir -p "$work/first/bin" "$work/first/new"
cp /bin/busybox "$work/first/bin/busybox"
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_mmio virtio_blk crc16 crc32c_generic mbcache jbd2 ext4; do
  find "$modules" -name "$name.ko" -exec cp {} "$work/first/" \;
done
install -m 755 "$here/first-init.sh" "$work/first/init"
(cd "$work/first" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd"

mkdir -p "$work/root/repo"
tar -C "$work/root" -xf "$cache/root.tar"
mkdir -p "$work/root/usr/lib/modules"
cp -a "$modules" "$work/root/usr/lib/modules/"
cp "$(readlink -f "$(command -v node)")" "$work/root/usr/bin/node"
tar -C "$project" --exclude=./.git --exclude=./.cache --exclude=./fixtures/dockerfiles --exclude=./bench/work -cf - . | tar -C "$work/root/repo" -xf -
mkdir -p "$work/root/repo/.cache"
cp "$project/.cache/debian-bookworm.tar" "$work/root/repo/.cache/"
install -m 755 "$here/init.sh" "$work/root/init"
for word; do printf "'%s' " "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"; done >"$work/root/command"
truncate -s 4G "$work/disk"
mke2fs -q -t ext4 -d "$work/root" "$work/disk"
rm -rf "$work/root"

# Nothing of the emulated machine reaches this one: no network, a disk of its own.
timeout "${V2_TIMEOUT:-1500}" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m "${V2_MEMORY:-3072}" \
  -nographic -no-reboot -nodefaults -serial stdio -kernel "$cache/kernel/boot/vmlinuz-$version" -initrd "$work/initrd" \
  -drive "file=$work/disk,if=virtio,format=raw,cache=unsafe" \
  -append 'console=ttyS0 panic=-1 quiet cgroup_no_v1=all mitigations=off random.trust_cpu=1' </dev/null | tee "$work/log"
code=$(sed -n 's/.*@@CODE \([0-9]*\).*/\1/p' "$work/log")
exit "${code:-1}"
