import { writeContext } from '../context.mjs'

const write = (count, round) =>
  `RUN for d in $(seq ${count / 100}); do mkdir -p /data/$d; for f in $(seq 100); do echo "$d $f round ${round}" > /data/$d/$f; done; done\n`

/** RUN writes many files on a Debian base, the next one deletes half of them. */
export const debianFiles = {
  name: 'debian-files',
  needs: ['build'],
  bases: ['debian'],
  rows: [
    {
      id: 'e',
      title: 'Debian base: `RUN` writes 20,000 files, `RUN` deletes half',
      target: { ratio: 0.3 },
    },
  ],
  round: (lab, { round }) => {
    const { name } = lab.bases.debian
    const text = `FROM ${name}\n${write(lab.sizes.writtenFiles, round)}RUN rm -f /data/*/*[02468]\n`
    return writeContext(lab, `debian-${round}`, text)
  },
  prepare: (lab) => writeContext(lab, 'debian', `FROM ${lab.bases.debian.name}\nRUN true\n`),
  steps: [
    // Some unpack a base when it is imported, others when it is first used: off the clock for all (row i2 has it on).
    { command: (store, { input }) => store.build(input, 'bench-debian:first') },
    { row: 'e', command: (store, { turn, round }) => store.build(turn, `bench-debian:${round}`) },
  ],
}
