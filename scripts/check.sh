#!/bin/sh
# Everything that a commit must pass and that needs neither root nor a built program.
set -eu
cd "$(dirname "$0")/.."
npx biome check .
npx tsc -p tsconfig.json
npx eslint src test
npx depcruise --config .dependency-cruiser.mjs src
npx vitest run --project unit
