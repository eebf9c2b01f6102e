/** Loaded when something is to be secured: a registry of this machine is often spoken to without. */
export const httpsModule = (): typeof import('node:https') => process.getBuiltinModule('node:https')

export const tlsModule = (): typeof import('node:tls') => process.getBuiltinModule('node:tls')
