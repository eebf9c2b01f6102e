import type { TransferEvent } from '../../engine/index.ts'

/** Shows what becomes of layers, in docker's words: a line for each step of each, or on a terminal bars that grow. */
export interface TransferLines {
  event(event: TransferEvent): void
  /** A line of its own between them. */
  line(text: string): void
  /** Takes away what still moves. */
  close(): void
}

export type LayerState = Extract<TransferEvent, { readonly kind: 'layer' }>['state']

/** What a state is called; undefined where nothing is said of it. */
export type StateWords = Readonly<Record<LayerState, string | undefined>>

export const shortLayer = (digest: string): string => digest.slice(7, 19)

export const mountedText = ({ from }: { readonly from: string }): string => `Mounted from ${from}`

export const warningText = ({ message }: { readonly message: string }): string => `warning: ${message}`
