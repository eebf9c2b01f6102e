const names = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
    'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
  ).split(' '),
)

/** A signal by number (1 and up) or name, with or without SIG, real-time ones as RTMIN+n and RTMAX-n. */
export const isSignal = (text: string): boolean => {
  if (/^\d+$/.test(text)) return Number(text) > 0
  const name = text.toUpperCase().replace(/^SIG/, '')
  const realTime = /^RT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name)
  if (realTime) return Number(realTime[1] ?? 0) <= 15 && Number(realTime[2] ?? 0) <= 14
  return names.has(name)
}

export const signalNames: readonly string[] = [...names].map((name) => `SIG${name}`)
