import { runners, runtimes } from '../tools/groups.mjs'

/** The bare runtimes have their own verb, which knows no images and no networks. */
const isolated = (store, { lab }) =>
  store.runBundle ? store.runBundle() : store.run('--network=none', lab.bases.busybox.name, '/bin/true')

const twenty = (store, { lab }) =>
  store.runManyBundles
    ? store.runManyBundles(20)
    : store.runMany(20, '--network=none', lab.bases.busybox.name, '/bin/true')

const withNetwork = (store, { lab }) => store.run(lab.bases.busybox.name, '/bin/true')

/** Other options in each round: nothing that was written down of an earlier run fits. */
const first = (store, { lab, round }) =>
  store.runBundle
    ? store.runBundle()
    : store.run('--network=none', '--env', `ROUND=${round}`, lab.bases.busybox.name, '/bin/true')

/** Containers that do nothing, without a network: one, and twenty started at once until the last one has ended. */
export const runTrue = {
  name: 'run-true',
  tools: [...runners, ...runtimes],
  rows: [
    { id: 'j', title: '`run --rm --network=none busybox true`', target: { ratio: 0.35 } },
    { id: 'j-first', title: 'j with options that were not given before' },
    { id: 'j2', title: '20 of those at once', target: { ratio: 0.2 } },
  ],
  steps: [
    { command: isolated },
    { row: 'j', command: isolated },
    { row: 'j-first', command: first },
    { row: 'j2', command: twenty },
  ],
}

/** The same with the network that each tool gives by default. */
export const runWithNetwork = {
  name: 'run-with-network',
  tools: runners,
  needs: ['run', 'runMany'],
  rows: [
    { id: 'run', title: '`run --rm busybox true` with its default network' },
    { id: 'run20', title: '20 of those at once' },
  ],
  steps: [
    { command: withNetwork },
    { row: 'run', command: withNetwork },
    { row: 'run20', command: (store, { lab }) => store.runMany(20, lab.bases.busybox.name, '/bin/true') },
  ],
}
