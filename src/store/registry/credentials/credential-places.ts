import { homedir } from 'node:os'
import { join } from 'node:path'
import type { HostPath } from '../../../foundation/oci/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Files in which credentials are looked up, the first one that knows a registry wins: the one that REGISTRY_AUTH_FILE names and no other,
 * else docker's (DOCKER_CONFIG, or ~/.docker), else podman's.
 */
export const credentialFiles = (env: Environment): readonly HostPath[] => {
  const named = env['REGISTRY_AUTH_FILE']
  if (named) return [named]
  const home = env['HOME'] || homedir()
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'),
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
  ]
}
