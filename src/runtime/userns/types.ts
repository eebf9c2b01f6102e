/** Ids in a row. */
export interface IdRange {
  readonly start: number
  readonly size: number
}

/** `size` ids of a container from `containerID` on are those of the host from `hostID` on (runtime-spec's words). */
export interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** What --userns and its companions ask for. */
export type UserNamespaceWish =
  /** Free ids of the machine's ranges: as many as asked for, or as the image needs. */
  | {
      readonly kind: 'auto'
      readonly size?: number
      /** Fixed ones; free ids fill what they leave. */
      readonly uids: readonly IdMapping[]
      readonly gids: readonly IdMapping[]
      /** `START:SIZE`, instead of the machine's ranges. */
      readonly ids?: string
    }
  /** One without the other stands for both. */
  | { readonly kind: 'maps'; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] }
  /** All ranges of these names in /etc/subuid and /etc/subgid, one behind the other. */
  | { readonly kind: 'names'; readonly user: string; readonly group: string }
  /** A namespace of its own with the ids of the host. */
  | { readonly kind: 'keep-id' }
  | { readonly kind: 'container'; readonly name: string }

/** A container's user namespace, settled; written to its record, which is what keeps the ids from being given twice. */
export interface UserNamespace {
  /** As `inspect` shows it: `auto`, `private`, `keep-id`, `container:ID`. */
  readonly mode: string
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
}
