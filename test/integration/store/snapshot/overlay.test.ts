import { snapshotterSuite } from '../../../suites/snapshotter.ts'

snapshotterSuite('overlay')
