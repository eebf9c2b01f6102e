import { writeContext } from '../context.mjs'
import { builders } from '../tools/groups.mjs'

/** RUN writes `count` files, other ones each round; RUN deletes half of them. */
export const writeHalf = (count, round) => {
  const body = `mkdir -p /data/$d; for f in $(seq 100); do echo "$d $f round ${round}" > /data/$d/$f; done`
  return `RUN for d in $(seq ${count / 100}); do ${body}; done\nRUN rm -f /data/*/*[02468]\n`
}

/** RUN writes many files on a Debian base, the next one deletes half of them. */
export const debianFiles = {
  name: 'debian-files',
  tools: builders,
  needs: ['build'],
  bases: ['debian'],
  rows: [
    {
      id: 'e',
      title: 'Debian: `RUN` writes 20,000 files, `RUN` deletes half',
      target: { ratio: 0.3 },
    },
  ],
  round: (lab, { round }) => {
    const text = `FROM ${lab.bases.debian.name}\n${writeHalf(lab.sizes.writtenFiles, round)}`
    return writeContext(lab, `debian-${round}`, text)
  },
  prepare: (lab) => writeContext(lab, 'debian', `FROM ${lab.bases.debian.name}\nRUN true\n`),
  steps: [
    // Some unpack a base when it is imported, others when it is first used: off the clock for all (row i2 has it on).
    { command: (store, { input }) => store.build(input, 'bench-debian:first') },
    { row: 'e', command: (store, { turn, round }) => store.build(turn, `bench-debian:${round}`) },
  ],
}
