import { version } from '../version.ts'

/** How this program names itself to registries. */
export const userAgent = `tsbuild/${version}`
