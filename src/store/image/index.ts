/** Names -> images; config and manifest assembly and validation. */
export type { Image, ImageStore, NameRecord } from './types.ts'
