import { snapshotterSuite } from '../../../suites/snapshotter.ts'

// Whole trees are copied all the time: in memory this takes seconds.
snapshotterSuite('copy', { inMemory: true })
