/** What `tsbuild --help` prints. */
export const tsbuildHelp = `Usage: tsbuild [build] [options] CONTEXT
       tsbuild COMMAND

Builds container images from Dockerfiles and looks after the images, without a daemon.

Build:
  build      build an image from a Dockerfile (the word may be left out)
  repro      build twice, and explain what is different
  context    show what a build can copy, and what its ignore file leaves out

Images:
  images     list the images in the store
  tag        give an image another name
  untag      take names away from an image
  diff       show what is different between two images
  manifest   put images for several platforms under one name
  rmi        remove names and images
  history    show the steps of an image
  inspect    show all that is known of an image, as JSON
  pull       bring an image from a registry
  push       send an image to its registry
  login      give the credentials of a registry
  logout     forget them
  tags       list the tags that a registry has of a repository
  save       write images to an archive
  load       read images from an archive
  import     make an image of a root file system
  prune      remove what no image needs
  df         show what the store uses
  cache      list, export, import and remove cache mounts
  fsck       check that the store is whole, and repair it

Options:
  --root DIR   the store (default: TSBUILD_ROOT or /var/lib/tsbuild)
  --version    print the version
  --help       this text; tsbuild COMMAND --help tells more

Examples:
  tsbuild -t app .
  tsbuild --target builder -t app:dev .
  tsrun --rm app
`
