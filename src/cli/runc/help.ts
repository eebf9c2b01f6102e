/** What `tsrunc --help` prints. */
export const tsruncHelp = `tsrunc: runs containers of OCI bundles, for podman, containerd and others that call an OCI runtime

Usage: tsrunc [--root DIR] [--log FILE] [--log-format text|json] [--debug] COMMAND

  create --bundle DIR [--pid-file F] [--console-socket S] [--preserve-fds N] ID
                         make a container; its program waits for start
  start ID               let it execute its program
  run --bundle DIR [--detach] ID
                         create and start; without --detach, wait and remove it
  state ID               what it is now, as JSON
  kill [--all] ID [SIGNAL]
  delete [--force] ID    remove a stopped container, or with --force any
  exec [--process F] [--detach] [--tty] [--cwd D] [--env K=V] [--user U:G] ID [CMD]
  pause ID, resume ID    stop all its processes where they are, let them go on
  update [--resources F] [--memory N] [--cpu-quota N] [--pids-limit N] ID
  ps [--format json] ID, list [--format json], events --stats ID
  features, spec         what this runtime can do; a config.json to start from

State is kept in /run/tsrunc, or where --root says.
`
