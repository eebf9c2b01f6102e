import { parseArgs } from 'node:util'

const usage = `usage: npm run bench -- [options]
Measures our programs beside docker (BuildKit, both image stores), buildah, podman and bare runtimes, in one run.
  --rounds N        measurements of each row per tool (default: 5, and 3 where one takes long)
  --only ROWS       comma separated, as in the table: a,c2,j (rows of one work are measured together)
  --tools NAMES     comma separated: tsbuild,docker,docker-containerd,buildah,podman,skopeo,crun,tsrunc (default: all)
  --no-peers        our programs alone
  --quick           small sizes, one round: whether everything works, no results
  --json FILE       put the rows into this file, instead of those that it has (default: bench/results/latest.json)
  --report FILE     measure nothing: write docs/performance.md, its picture and the README from this file
  --check           with --report: write nothing, fail when they differ
  --text            with --report: print the table
  --scaling         time and memory of our programs against sizes, instead
TSBUILD_PEERS names the script that starts the peers; without it ../shared/lab/peers is tried.`

const full = {
  files: 50_000,
  bigBytes: 1 << 30,
  writtenFiles: 20_000,
  steps: 30,
  sleep: 2,
  ddMegabytes: 50,
  imageBytes: [200 << 20, 2 * (1 << 30)],
  images: 1000,
}

const small = {
  files: 1000,
  bigBytes: 16 << 20,
  writtenFiles: 400,
  steps: 4,
  sleep: 0.2,
  ddMegabytes: 2,
  imageBytes: [8 << 20, 16 << 20],
  images: 20,
}

/** What was asked for, or an exit after the usage. */
export const readOptions = () => {
  const boolean = { type: 'boolean', default: false }
  const string = { type: 'string' }
  const { values } = parseArgs({
    options: {
      rounds: string,
      only: string,
      tools: string,
      json: string,
      report: string,
      'no-peers': boolean,
      quick: boolean,
      check: boolean,
      text: boolean,
      scaling: boolean,
      help: boolean,
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds wants a whole number above 0, not "${values.rounds}"`)
  return {
    ...values,
    rounds: rounds ?? (values.quick ? 1 : undefined),
    only: values.only?.split(','),
    tools: values.tools?.split(','),
    sizes: values.quick ? small : full,
  }
}
