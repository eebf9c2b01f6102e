/** Something wrong that a check of the store found. */
export interface Finding {
  /** `blob sha256:...`, `layer ID`, `name docker.io/library/app:latest` */
  readonly what: string
  /** What is wrong, to be read after `what`: `its bytes have digest sha256:...` */
  readonly problem: string
  /** `damage` is something lost or something false; a `leftover` only takes space, which the next prune frees. */
  readonly severity: 'damage' | 'leftover'
  /** Puts it right, and tells what was done. Absent where only the user can. */
  readonly repair?: () => string | Promise<string>
}

/** Counts what a check has looked at, with the bytes that it read of it. */
export type CountChecked = (bytes?: number) => void
