/** What podman's options of `run` and `create` that are refused would do here, by other means. */
const hints: Readonly<Record<string, string>> = {
  '--arch': 'write --platform linux/ARCH',
  '--authfile': 'tsrun reads the files that docker and podman log in with; REGISTRY_AUTH_FILE names another',
  '--cgroups': 'every container has a cgroup; --cgroup-parent says where',
  '--chrootdirs': 'mounts of the engine are made for the root of the container only',
  '--conmon-pidfile': 'there is no conmon; --pidfile is of the container itself',
  '--creds': 'log in first: tsrun login REGISTRY',
  '--decryption-key': 'encrypted images are not read',
  '--group-entry': '/etc/group of the image is left as it is',
  '--hostuser': 'write --user, and -v /etc/passwd:/etc/passwd:ro when names matter',
  '--hosts-file': 'write --add-host for each line, or mount a file over /etc/hosts with -v',
  '--http-proxy': 'write -e http_proxy -e https_proxy -e no_proxy: the values are those that are set here',
  '--image-volume':
    'volumes of the image are anonymous volumes, as in docker; mount a tmpfs there for another kind',
  '--init-path': '--init runs an init of its own',
  '--no-hosts': 'mount a file over /etc/hosts with -v',
  '--no-hostname': 'mount a file over /etc/hostname with -v',
  '--os': 'write --platform OS/ARCH',
  '--passwd': '/etc/passwd of the image is left as it is',
  '--passwd-entry': '/etc/passwd of the image is left as it is',
  '--personality': 'programs set their own with setarch',
  '--pod': 'share what a pod shares: --network container:NAME --ipc container:NAME',
  '--preserve-fd': 'write --preserve-fds NUMBER: all from 3 on',
  '--rdt-class': 'cache and bandwidth of processors are not divided',
  '--requires': 'start the others first, and wait for them: tsrun wait --condition healthy NAME',
  '--retry': 'pulls are tried again anyway',
  '--rootfs': 'make an image of the directory: tar -C DIR -c . | tsbuild import - NAME',
  '--sdnotify': 'a unit of systemd can have tsrun in the foreground as its process (Type=exec)',
  '--seccomp-policy': 'write --security-opt seccomp=FILE',
  '--secret': 'mount a file: -v FILE:/run/secrets/NAME:ro',
  '--systemd':
    'write what it stands for: --tmpfs /run --tmpfs /tmp --stop-signal SIGRTMIN+3 --security-opt writable-cgroups=true',
  '--tls-verify': 'registries with plain http are named in registries.conf or hosts.toml',
  '--variant': 'write --platform linux/ARCH/VARIANT',
}

/** The hint for an option of `run` or `create` that is unknown, if podman has it. */
export const podmanHint = (option: string): string | undefined => {
  const hint = hints[option]
  return hint === undefined ? undefined : `podman has it, tsrun has not: ${hint}`
}
