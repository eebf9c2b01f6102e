import { unsupported } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'

/** `tsrunc checkpoint`, `tsrunc restore` */
export const refuseCheckpoint: RuncVerb = () =>
  Promise.reject(
    unsupported(
      'checkpoint and restore of containers',
      'use a runtime with CRIU, such as runc or crun, for containers that need it',
    ),
  )
