/** What has happened in a store: one file that every command and monitor appends to. */
export { appendLine, type ImageEvent, journalIn, tell, tellOfImage, tellOfImages } from './append.ts'
export { parseEvent, readEvents } from './read.ts'
export type { EventType, NewEvent, StoreEvent } from './types.ts'
