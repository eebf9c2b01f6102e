/** Small JSON records, one file each. */
export { createRecordTable } from './record-table.ts'
export type { RecordTable } from './types.ts'
