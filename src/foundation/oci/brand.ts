declare const brand: unique symbol
/** Brands compose: `Brand<Digest, 'DiffId'>` is a `Digest` too. */
export type Brand<T, B extends string> = T & {
  readonly [brand]: { readonly [K in B]: true }
}

export type HostPath = string
/** Path inside a root file system, absolute, `/`-separated, cleaned. */
export type ContainerPath = string
