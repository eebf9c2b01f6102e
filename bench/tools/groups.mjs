// Which tools take part in a work, beside what they can do. podman builds as buildah does: it is measured where starting counts.
export const builders = ['tsbuild', 'docker', 'docker-containerd', 'buildah']
export const runners = ['tsbuild', 'docker', 'docker-containerd', 'podman']
export const runtimes = ['crun', 'tsrunc']
/** Those that send and receive images. */
export const carriers = ['tsbuild', 'docker', 'docker-containerd', 'podman', 'skopeo']
