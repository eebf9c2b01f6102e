#!/bin/busybox sh
# Of the emulated machine: finds the disk and goes on from there.
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_mmio virtio_blk crc16 crc32c_generic mbcache jbd2 ext4; do
  [ ! -f "/$name.ko" ] || busybox insmod "/$name.ko"
done
busybox mkdir -p /dev /proc
busybox mount -t devtmpfs dev /dev
while [ ! -b /dev/vda ]; do busybox sleep 1; done
busybox mount -t ext4 /dev/vda /new
exec busybox switch_root /new /init
