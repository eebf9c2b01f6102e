export type EventType = 'container' | 'image' | 'network' | 'volume'

/** One thing that happened, with docker's members. */
export interface StoreEvent {
  /** Of containers and images: the action. */
  readonly status?: string
  /** Of containers and images. */
  readonly id?: string
  /** Of containers: the image. */
  readonly from?: string
  readonly Type: EventType
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  readonly scope: 'local'
  /** Seconds and nanoseconds since the epoch. */
  readonly time: number
  readonly timeNano: number
}

/** An event that is to be told now. */
export type NewEvent = Omit<StoreEvent, 'scope' | 'time' | 'timeNano'>
