import { writeContext } from '../context.mjs'

const stages = [1, 2, 3, 4]

/** Four stages that do not need each other, and differ, so that no builder makes one of them; the last one copies from all. */
export const independentStages = {
  name: 'stages',
  needs: ['build'],
  rows: [
    {
      id: 'f',
      title: 'four stages: `sleep 2`, 50 MB of `dd`; `COPY` from all',
      target: { ratio: 0.75 },
    },
  ],
  round: (lab, { round }) => {
    const { name } = lab.bases.busybox
    const { sleep, ddMegabytes } = lab.sizes
    const work = (n) =>
      `FROM ${name} AS s${n}\nRUN echo ${round} ${n}; sleep ${sleep}; dd if=/dev/urandom of=/out bs=1M count=${ddMegabytes}\n`
    const copies = stages.map((n) => `COPY --from=s${n} /out /out${n}\n`)
    return writeContext(
      lab,
      `stages-${round}`,
      `${stages.map(work).join('')}FROM ${name}\n${copies.join('')}`,
    )
  },
  steps: [{ row: 'f', command: (store, { turn, round }) => store.build(turn, `bench-stages:${round}`) }],
}
