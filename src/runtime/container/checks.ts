/** What a check of the store asks of containers; nothing here changes anything. */
export { isAbandonedDir, isDamaged } from './damaged-container.ts'
export { readRecord } from './state-files.ts'
