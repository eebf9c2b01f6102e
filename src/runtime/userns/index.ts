/**
 * User namespaces: what a user wishes goes in with the machine's ranges of ids and those that are taken; which ids of the host the
 * ids in a container are comes out. Pure: who calls reads the files and holds the lock.
 */
export { type ImageIds, idsOfDatabases } from './image-ids.ts'
export { hostId } from './map-id.ts'
export { settleUserNamespace, type UserNamespaceFacts } from './settle.ts'
export { parseSubordinateIds } from './subordinate-ids.ts'
export type { IdMapping, IdRange, UserNamespace, UserNamespaceWish } from './types.ts'
