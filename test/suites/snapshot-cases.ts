/** One scenario: shell scripts, each run as a step of its own on top of the state before. The root has busybox. */
export interface SnapshotCase {
  readonly name: string
  readonly steps: readonly string[]
}

/** Files in `d`, with times of long ago so that they are compared. */
const old = 'find . -path ./bin -prune -o -exec touch -h -t 200102030405.06 {} +'
const base = `mkdir -p /d/e; echo a > /d/a; echo b > /d/b; echo f > /d/e/f; ln -s a /d/link; cd /d; ${old}`

/** Overlay makes mv copy, and busybox's does not keep the times of symlinks then. */
const linkTime = 'touch -h -t 200102030405.06'

export const snapshotCases: readonly SnapshotCase[] = [
  { name: 'deletes a file', steps: [base, 'rm /d/a'] },
  { name: 'deletes a directory', steps: [base, 'rm -r /d'] },
  { name: 'deletes a symlink and keeps its target', steps: [base, 'rm /d/link'] },
  { name: 'deletes all but the directory', steps: [base, 'rm -r /d/*'] },
  { name: 'deletes what an earlier step made', steps: [base, 'echo x > /x', 'rm /x', 'test ! -e /x'] },
  { name: 'makes and deletes within one step', steps: [base, 'echo x > /x; mkdir /y; rm -r /x /y'] },
  { name: 'overwrites a file', steps: [base, 'echo more > /d/a'] },
  { name: 'changes a file and nothing else', steps: [base, 'echo more >> /d/e/f'] },
  { name: 'changes only the mode', steps: [base, 'chmod 4751 /d/a; chmod 1700 /d/e'] },
  { name: 'changes only the owner', steps: [base, 'chown 12:34 /d/a; chown -h 56:78 /d/link'] },
  { name: 'keeps large user ids', steps: [base, 'chown 4000000000:3000000000 /d/a; chown 2097152 /d/e'] },
  {
    name: 'keeps times, also before 1970',
    steps: [base, 'touch -t 196001020405.06 /d/a; touch -t 199912310405.06 /d/e/f'],
  },
  { name: 'changes only a time', steps: [base, 'touch -t 200505050405.06 /d/a'] },
  { name: 'replaces a file by a directory', steps: [base, 'rm /d/a; mkdir /d/a; echo x > /d/a/x'] },
  { name: 'replaces a directory by a file', steps: [base, 'rm -r /d/e; echo e > /d/e'] },
  {
    name: 'replaces a file by a directory and back',
    steps: [base, 'rm /d/a; mkdir /d/a; echo x > /d/a/x', 'rm -r /d/a; echo again > /d/a'],
  },
  {
    name: 'replaces a directory by a file and back',
    steps: [base, 'rm -r /d/e; echo e > /d/e', 'rm /d/e; mkdir /d/e; echo g > /d/e/g', 'test ! -e /d/e/f'],
  },
  {
    name: 'replaces a directory by a symlink',
    steps: [base, 'rm -r /d/e; ln -s /etc /d/e', 'echo x > /d/e/x'],
  },
  {
    name: 'replaces a symlink by a directory',
    steps: [base, 'rm /d/link; mkdir /d/link; echo x > /d/link/x'],
  },
  { name: 'makes a directory again (opaque)', steps: [base, 'rm -r /d; mkdir /d; echo new > /d/new'] },
  {
    name: 'makes a directory again and puts some old names back',
    steps: [base, 'rm -r /d; mkdir /d; echo other > /d/a; mkdir /d/e', 'echo f2 > /d/e/f2'],
  },
  {
    name: 'writes below an opaque directory in later steps',
    steps: [base, 'rm -r /d; mkdir -p /d/e', 'echo g > /d/e/g', 'rm /d/e/g; echo h > /d/e/h', 'rm -r /d/e'],
  },
  {
    name: 'deletes a file and makes it again',
    steps: [base, 'rm /d/a; echo b > /d/a; touch -t 200303030405.06 /d/a'],
  },
  {
    name: 'deletes in one step and makes again in the next',
    steps: [base, 'rm -r /d', 'mkdir /d; echo z > /d/z', 'echo a > /d/a'],
  },
  { name: 'renames a lower file', steps: [base, 'mv /d/a /d/renamed'] },
  { name: 'renames a lower directory', steps: [base, `mv /d /moved; ${linkTime} /moved/link`] },
  {
    name: 'renames a lower directory and makes the old name again',
    steps: [base, `mv /d /m; mkdir /d; echo x > /d/x; ${linkTime} /m/link`],
  },
  { name: 'renames over an existing file', steps: [base, 'mv /d/a /d/b'] },
  {
    name: 'swaps two directories',
    steps: [base, 'mkdir /o; echo o > /o/o', `mv /d /t; mv /o /d; mv /t /o; ${linkTime} /o/link`],
  },
  {
    name: 'makes hard links',
    steps: [base, 'echo l > /l1; ln /l1 /l2; mkdir /z; ln /l1 /z/l3; touch -t 200202020405.06 /l1'],
  },
  { name: 'links to a lower file', steps: [base, 'ln /d/a /d/a2; ln /d/a /0first'] },
  {
    name: 'deletes the first of several hard links',
    steps: ['echo l > /l1; ln /l1 /l2; ln /l1 /l3', 'rm /l1'],
  },
  {
    name: 'makes special files',
    steps: ['mkfifo -m 640 /p; mknod /c c 1 3; mknod /b b 7 9; chmod 604 /c; chown 5:6 /b'],
  },
  { name: 'deletes special files', steps: ['mkfifo /p; mknod /c c 1 3', 'rm /p /c; echo c > /c'] },
  { name: 'changes the root directory', steps: ['chmod 700 /; chown 3:4 /', 'echo x > /x', 'chmod 755 /'] },
  {
    name: 'keeps sticky and set-id bits',
    steps: ['mkdir -m 1777 /s; mkdir -m 2755 /g; cp /bin/busybox /u; chmod 6755 /u'],
  },
  {
    name: 'keeps strange names',
    steps: ['cd /; echo > "a b"; echo > "new\nline"; echo > "-n"; mkdir "*"; echo > "\\x"; echo > "ü"'],
  },
  {
    name: 'keeps names that are no text',
    steps: ["cd /; echo x > $(printf 'b\\377\\376'); mkdir $(printf '\\300'); echo y > $(printf '\\300')/y"],
  },
  {
    name: 'sorts names that share a prefix',
    steps: ['mkdir -p /a/b /a-b /a.b; echo > /a/b/c; echo > /a-b/c; echo > /a.b/c; echo > /ab'],
  },
  {
    name: 'keeps long names and links',
    steps: ['p=$(printf %0200d 0); mkdir -p /$p/$p/$p; echo x > /$p/$p/$p/x; ln -s /$p/$p/$p/x /l'],
  },
  {
    name: 'keeps an empty file and a large one',
    steps: ['true > /empty; yes | head -c 3000001 > /large'],
  },
  {
    name: 'is unchanged by a step that only reads',
    steps: [base, 'cat /d/a > /dev/null 2>&1 || true; ls -R /d > /dev/null 2>&1 || true'],
  },
]
