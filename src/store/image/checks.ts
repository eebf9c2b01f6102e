/** The checks of this room, in one door. */
export { checkImages, checkNames, type ImageCheck } from './check-images.ts'
export { checkIndexes, checkPins } from './check-indexes.ts'
export { parseImageRecord, parseIndexRecord, parseNameRecord } from './records.ts'
