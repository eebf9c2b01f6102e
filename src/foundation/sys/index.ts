/** The few things asked of the operating system everywhere: whole-file writes, locks, identities of processes. */
export { type AtomicWriteOptions, atomicWrite, syncDirectory } from './atomic-write.ts'
export { ownProcess } from './engine-flags.ts'
export { acquireLock, isStaleLock, type Lock, sweepLocks, tryLock } from './lock.ts'
export { makeDirectories } from './make-directories.ts'
export { isAbandoned, isOwn, ownedName, randomName } from './owned-name.ts'
export {
  findProgram,
  type HeldProgram,
  holdProgram,
  type ProgramRequest,
  type ProgramResult,
  runProgram,
} from './process.ts'
export {
  bootId,
  identify,
  isAlive,
  type ProcessIdentity,
} from './process-identity.ts'
export { randomBelow, randomHex } from './random.ts'
export { removeFile } from './remove-file.ts'
export { optimizeLess } from './sparing-compiler.ts'
export { isSpecialFile } from './special-file.ts'
export { createSpool, openUnnamed, type Spool } from './spool.ts'
export { keepHeapSteady } from './steady-heap.ts'
export { treeSize } from './tree-size.ts'
