/** Small JSON records, one file each. */

export type { DamagedRecord } from './check-records.ts'
export { fileNameOf } from './file-name.ts'
export { createRecordTable } from './record-table.ts'
export type { RecordTable, RecordTableOptions } from './types.ts'

/** Looking for records that are none. Loaded when asked for. */
export const recordChecks = (): Promise<typeof import('./check-records.ts')> => import('./check-records.ts')
