#!/bin/sh
# Everything that a commit must pass and that needs neither root nor a built program.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
# Types and the rules that need them take one core, and their time is about that of all the rest.
node scripts/check-types.mjs >"$report" 2>&1 &
types=$!
status=0
biome check . &&
  depcruise --config .dependency-cruiser.mjs src &&
  vitest run --project unit --reporter=dot || status=1
wait $types || status=1
cat "$report"
exit $status
