/** docker's registry is asked for images at another host than its name says. */
export const serverOf = (registry: string): string =>
  registry === 'docker.io' ? 'registry-1.docker.io' : registry

/** `host` without the port: `[::1]:5000` is `[::1]`. */
export const hostnameOf = (host: string): string => host.replace(/:\d+$/, '')
