/**
 * Its own file, imported only when an archive is read or written: the library takes 20 ms to load. (Imported directly,
 * it would have other exports in a bundle than under Node: it is CommonJS.)
 */
export { extract, pack } from 'tar-stream'
