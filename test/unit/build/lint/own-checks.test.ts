import { describe, expect, it } from 'vitest'
import { checkText, namesOf } from './check-text.ts'

const ownOf = async (lines: readonly string[]): Promise<readonly string[]> =>
  namesOf(await checkText(['FROM debian AS x', ...lines, ''].join('\n'), { own: true })).filter((name) =>
    /^(RootOwned|PackageCache|AptUpdate)/.test(name),
  )

describe('RootOwnedCopy', () => {
  it.each([
    [['USER app', 'COPY a /'], ['RootOwnedCopy:3']],
    [['USER 1000:1000', 'ADD a /'], ['RootOwnedCopy:3']],
    [['USER app', 'COPY --chown=root a /'], []],
    [['USER root', 'COPY a /'], []],
    [['USER 0:0', 'COPY a /'], []],
    [['USER $APP', 'COPY a /'], []],
    [['USER app', 'USER root', 'COPY a /'], []],
    [['COPY a /', 'USER app'], []],
  ])('%j', async (lines, expected) => {
    expect(await ownOf(lines)).toEqual(expected)
  })

  it('knows the USER of the stage below', async () => {
    expect(await ownOf(['USER app', 'FROM x AS y', 'COPY a /'])).toEqual(['RootOwnedCopy:4'])
  })
})

describe('PackageCacheKept and AptUpdateAlone', () => {
  it.each([
    ['apt-get update && apt-get install -y curl', 'PackageCacheKept'],
    ['apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*', undefined],
    ['set -e; apt update; apt install -y "curl"; rm -r /var/lib/apt/lists', undefined],
    ['--mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y curl', undefined],
    ['--mount=type=bind,target=/var/lib/apt apt-get update && apt-get install -y x', 'PackageCacheKept'],
    ['apt-get install -y curl', undefined],
    ['apt-get update', 'AptUpdateAlone'],
    ['apt-get update && rm -rf /var/lib/apt/lists/*', 'AptUpdateAlone'],
    ['apt-get update && ./install.sh', 'PackageCacheKept'],
    ['echo "apt-get update"', undefined],
    ['["/bin/sh", "-c", "apt-get update"]', 'AptUpdateAlone'],
    ['["apt-get", "update"]', 'AptUpdateAlone'],
    ['apk add curl', 'PackageCacheKept'],
    ['apk add --no-cache curl', undefined],
    ['apk --no-cache add curl', undefined],
    ['apk add curl && rm -rf /var/cache/apk/*', undefined],
    ['pip install x', 'PackageCacheKept'],
    ['python3 -m pip install x', 'PackageCacheKept'],
    ['PIP_NO_CACHE_DIR=1 pip install x', undefined],
    ['pip3 install --no-cache-dir x', undefined],
    ['--mount=type=cache,target=/root/.cache/pip pip install x', undefined],
    ['npm ci', 'PackageCacheKept'],
    ['npm ci && npm cache clean --force', undefined],
    ['npm run build', undefined],
    ['yarn install --frozen-lockfile', 'PackageCacheKept'],
    ['yarn build', undefined],
    ['dnf install -y x', 'PackageCacheKept'],
    ['dnf install -y x && dnf clean all', undefined],
    ['yum -y install x && rm -rf /var/cache/yum', undefined],
  ])('RUN %s: %s', async (command, expected) => {
    expect(await ownOf([`RUN ${command}`])).toEqual(expected === undefined ? [] : [`${expected}:2`])
  })

  it('reads here-documents and continued lines', async () => {
    expect(await ownOf(['RUN <<EOF', 'apt-get update', 'apt-get install -y x', 'EOF'])).toEqual([
      'PackageCacheKept:2',
    ])
    expect(
      await ownOf([
        'RUN apt-get update \\',
        ' && apt-get install -y x \\',
        ' && rm -rf /var/lib/apt/lists/*',
      ]),
    ).toEqual([])
  })

  it('says nothing of stages whose layers the image does not have', async () => {
    expect(await ownOf(['RUN apk add gcc', 'FROM scratch', 'COPY --from=x /a /'])).toEqual([])
  })

  it('is quiet in a build', async () => {
    expect(namesOf(await checkText('FROM debian\nRUN apk add gcc\n'))).toEqual([])
  })

  it('can be skipped by name', async () => {
    expect(await ownOf(['# check=skip=PackageCacheKept', 'RUN apk add gcc'])).toEqual([])
  })
})
