/** The checks of this room, in one door. */
export { checkPartial } from './check-partial.ts'
export { parsePlaces } from './places.ts'
