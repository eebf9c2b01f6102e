#!/bin/sh
# Of the emulated machine: mounts what a distribution mounts, runs /command, and ends the machine.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CI=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,gid=5 pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
# As systemd does: what has processes gives nothing to others.
mkdir /sys/fs/cgroup/init
echo $$ >/sys/fs/cgroup/init/cgroup.procs
modprobe -a overlay veth bridge nf_tables
ip link set lo up
hostname v2
cd /repo || exit
echo "kernel $(uname -r), controllers $(cat /sys/fs/cgroup/cgroup.controllers)"
sh /command
echo "@@CODE $?"
sync
busybox poweroff -f
