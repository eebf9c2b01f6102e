#!/bin/sh
# The main job, for real: a Debian base image, nginx from a Dockerfile, a page served from it.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH
port=${DEMO_PORT-8081}

step() { printf '\n$ %s\n' "$*"; "$@"; }

if ! tsbuild inspect debian:bookworm >/dev/null 2>&1; then
  tar=${TMPDIR-/tmp}/tsbuild-demo-$$.tar
  trap 'rm -f "$tar"' EXIT
  echo "making debian:bookworm from Debian packages (about half a minute) ..."
  sh scripts/base-image.sh "$tar"
  step tsbuild import --change 'CMD ["bash"]' "$tar" debian:bookworm
fi

tsrun rm -f web >/dev/null 2>&1 || true
step tsbuild -t nginx:v3 Dockerfile.examples/nginx
step tsrun -d --name web -p "$port:80" nginx:v3
page=http://localhost:$port/test.html
for _ in 1 2 3 4 5 6 7 8 9 10; do
  curl -fsS -o /dev/null "$page" 2>/dev/null && break
  sleep 0.3
done
step curl -fsS "$page"
step tsrun ps
step tsrun exec web ps
step tsrun logs web
step tsrun stop web
step tsrun rm web
echo
echo "done: nginx:v3 is in the store; try  bin/tsbuild images  and  bin/tsrun --rm nginx:v3 nginx -v"
