/** Small JSON records, one file each. */
export type { RecordTable } from './types.ts'
