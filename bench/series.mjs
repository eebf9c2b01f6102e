// What is measured against a size, of our programs alone. Each series has rows that are measured one after the other.
import { fillBigFile, fillContext, writeContext } from './context.mjs'

const numbered = (count, text) => Array.from({ length: count }, (_, i) => text(i)).join('')

const build = (store, { turn, name }) => store.build(turn, name)

/** As a program that starts Node does it: a recipe (docs/adr/0008) takes the same few milliseconds for any number of steps it can have. */
const buildInNode = (store, input) => {
  const { argv, env } = build(store, input)
  return { argv, env: { ...env, TSBUILD_RECIPES: 'off' } }
}

const files = {
  sizes: [1000, 5000, 20_000, 50_000, 100_000, 200_000],
  quick: [100, 200, 400],
  rows: [
    { id: 'files', title: '`COPY` of n files, cold', unit: 'files' },
    { id: 'files-again', title: 'the same, nothing changed', unit: 'files' },
  ],
  round: (lab, size, round) => {
    const context = writeContext(lab, `files-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY . /app\n`)
    fillContext(context, size, `round ${round}`)
    return context
  },
  steps: ['files', 'files-again'].map((row) => ({ row, command: build })),
}

const bytes = {
  sizes: [16, 64, 256, 1024, 4096],
  quick: [1, 4, 8],
  rows: [{ id: 'bytes', title: '`COPY` of one file of n MiB, cold', unit: 'MiB' }],
  round: (lab, size, round) => {
    const context = writeContext(lab, `bytes-${round}`, `FROM ${lab.bases.busybox.name}\nCOPY big /\n`)
    fillBigFile(context, 'big', size * (1 << 20))
    return context
  },
  steps: [{ row: 'bytes', command: build }],
}

const steps = {
  sizes: [10, 50, 100, 250, 500],
  quick: [2, 4, 8],
  rows: [
    { id: 'steps', title: 'n `RUN` steps, cold', unit: 'steps' },
    { id: 'steps-again', title: 'the same, all cached, without recipes', unit: 'steps' },
  ],
  round: (lab, size, round) => {
    const text = numbered(size, (i) => `RUN echo ${i} of round ${round} > /file${i}\n`)
    return writeContext(lab, `steps-${round}`, `FROM ${lab.bases.busybox.name}\n${text}`)
  },
  steps: [
    { row: 'steps', command: build },
    { row: 'steps-again', command: buildInNode },
  ],
}

const stages = {
  sizes: [1, 5, 10, 25, 50],
  quick: [1, 2, 4],
  rows: [{ id: 'stages', title: 'n stages with a `RUN`, the last copies from all', unit: 'stages' }],
  round: (lab, size, round) => {
    const { name } = lab.bases.busybox
    const each = numbered(size, (i) => `FROM ${name} AS s${i}\nRUN echo ${i} of round ${round} > /out\n`)
    const copies = numbered(size, (i) => `COPY --from=s${i} /out /out${i}\n`)
    return writeContext(lab, `stages-${round}`, `${each}FROM ${name}\n${copies}`)
  },
  steps: [{ row: 'stages', command: build }],
}

const layers = {
  sizes: [1, 10, 50, 100, 200],
  quick: [1, 2, 4],
  rows: [
    { id: 'layers', title: '`COPY` into n layers, cold', unit: 'layers' },
    { id: 'layers-run', title: '`run true` on n layers, the first time', unit: 'layers' },
    { id: 'layers-again', title: 'the same, again', unit: 'layers' },
  ],
  round: (lab, size, round) => {
    const text = numbered(size, (i) => `COPY file /file${i}\n`)
    const dockerfile = `FROM ${lab.bases.busybox.name}\n${text}`
    return writeContext(lab, `layers-${round}`, dockerfile, { file: `round ${round}\n` })
  },
  steps: [
    { row: 'layers', command: build },
    ...['layers-run', 'layers-again'].map((row) => ({
      row,
      command: (store, { name }) => store.run('--network=none', name, '/bin/true'),
    })),
  ],
}

/** {sizes, quick, rows, round, steps}: `round` makes the input of one size off the clock. */
export const allSeries = [files, bytes, steps, stages, layers]
