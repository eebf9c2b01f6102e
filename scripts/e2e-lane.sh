#!/bin/sh
# Runs a command with mounts of its own, in cgroups of its own that look to it like all there are, so that several runs of
# the end-to-end tests, which look for what is left over on the machine, do not see each other. Needs root and cgroup v1.
#   e2e-lane.sh NAME COMMAND...
set -eu
trap : INT TERM # clean up after what was interrupted
name=tsbuild-lane-$1
shift

hierarchies=$(while read -r _ _ _ _ at _; do
  case $at in /sys/fs/cgroup/*) echo "$at" ;; esac
done </proc/self/mountinfo)

# The controllers behind a mount point, as options of mount(8).
options_of() {
  while read -r _ _ _ _ at _ rest; do
    [ "$at" = "$1" ] && echo "${rest##* }"
  done </proc/self/mountinfo | sed -E 's/(^|,)(rw|ro)(,|$)/\1\3/; s/^,+|,+$//g; s/,,+/,/; s/^name=/none,name=/'
}

for at in $hierarchies; do
  mkdir -p "$at/$name"
  if [ -e "$at/$name/cpuset.cpus" ] && [ ! -e "$at/$name/cgroup.controllers" ]; then
    cat "$at/cpuset.cpus" >"$at/$name/cpuset.cpus"
    cat "$at/cpuset.mems" >"$at/$name/cpuset.mems"
  fi
  echo $$ >"$at/$name/cgroup.procs"
done
mounts=$(for at in $hierarchies; do
  echo "umount -l $at"
  if [ "$(stat -f -c %T "$at")" = cgroup2fs ]; then
    echo "mount -t cgroup2 cgroup2 $at"
  else
    echo "mount -t cgroup -o $(options_of "$at") cgroup $at"
  fi
done)
status=0
unshare --mount --propagation private --cgroup sh -ec "$mounts"'
exec "$@"' lane "$@" || status=$?

for at in $hierarchies; do
  echo $$ >"$at/cgroup.procs"
  # The last processes of an interrupted run need a moment.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$at/$name" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "$at/$name" ] || break
    sleep 0.3
  done
done
exit $status
