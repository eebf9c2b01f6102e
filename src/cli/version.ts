declare const TSBUILD_VERSION: string | undefined

/** Put in by the bundler; `0.0.0` where the sources are run as they are. */
export const version: string = typeof TSBUILD_VERSION === 'string' ? TSBUILD_VERSION : '0.0.0'
