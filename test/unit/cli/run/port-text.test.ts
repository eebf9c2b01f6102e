import { expect, test } from 'vitest'
import { portsText } from '../../../../src/cli/run/port-text.ts'

const exposed = (containerPort: number, protocol = 'tcp') => ({ containerPort, protocol })
const published = (
  hostPort: number,
  containerPort: number,
  hostAddress = '127.0.0.1',
  protocol: 'tcp' | 'udp' = 'tcp',
) => ({ hostPort, containerPort, hostAddress, protocol })

test.each([
  [[], [], ''],
  [[exposed(1002), exposed(1000), exposed(1001)], [], '1000-1002/tcp'],
  [[exposed(53, 'udp'), exposed(54), exposed(53)], [], '53-54/tcp, 53/udp'],
  [[exposed(90)], [published(8080, 80)], '90/tcp, 127.0.0.1:8080->80/tcp'],
  [
    [],
    [published(8081, 81), published(8080, 80), published(5353, 53, '127.0.0.1', 'udp')],
    '127.0.0.1:5353->53/udp, 127.0.0.1:8080->80/tcp, 127.0.0.1:8081->81/tcp',
  ],
  [[], [published(80, 80, '0.0.0.0'), published(81, 81, '0.0.0.0')], '0.0.0.0:80-81->80-81/tcp'],
  [[], [published(80, 80, '0.0.0.0'), published(80, 80, '::')], '0.0.0.0:80->80/tcp, [::]:80->80/tcp'],
])('%j and %j: %s', (unpublished, ports, text) => {
  expect(portsText(unpublished, ports)).toBe(text)
})
