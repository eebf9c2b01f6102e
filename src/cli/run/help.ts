/** What `tsrun --help` prints. */
export const tsrunHelp = `Usage: tsrun [run] [options] IMAGE [COMMAND] [ARG...]
       tsrun COMMAND

Runs images as containers and looks after the containers, without a daemon.

Run:
  run        create a container of an image and start it (the word may be left out)
  create     create a container without starting it
  start      start containers that were created or have ended
  restart    stop containers and start them again
  pause      stop all processes of containers where they are
  unpause    let them go on
  update     change limits and restart policies
  rename     give a container another name
  attach     connect the terminal with a running container
  exec       run a command in a running container

Look:
  ps         list containers
  logs       show what a container has written
  inspect    show all that is known of containers, as JSON
  port       show the ports that a container publishes
  top        show the processes of a container
  events     show what happens to containers
  healthcheck  make the health check of a container now
  stats      show what containers use: CPU, memory, network, disk

End:
  stop       ask containers to end, and kill them after a while
  kill       send a signal to containers
  wait       wait until containers have ended and print their exit codes
  rm         remove containers

Store:
  cp         copy files from or to a container
  diff       show what a container has changed in its file system
  export     write the file system of a container as a tar
  commit     make an image of a container
  network    make, list, inspect and remove networks, put containers on them
  volume     make, list, inspect and remove volumes
  container  all of these, and prune: remove what does not run

Options:
  --root DIR   the store (default: TSBUILD_ROOT or /var/lib/tsbuild)
  --version    print the version
  --help       this text; tsrun COMMAND --help tells more

Examples:
  tsrun --rm -it debian:bookworm bash
  tsrun -d --name web -p 8080:80 nginx
  tsrun logs -f web
`
