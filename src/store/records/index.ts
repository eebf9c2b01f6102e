/** Small JSON records, one file each. */
export { fileNameOf } from './file-name.ts'
export { createRecordTable } from './record-table.ts'
export type { RecordTable } from './types.ts'
