import { snapshotterSuite } from '../../../suites/snapshotter.ts'

snapshotterSuite('copy')
