import { writeContext } from '../context.mjs'

const dockerfile = (base) => `FROM ${base}
WORKDIR /app
COPY a.txt b.txt ./
RUN cat a.txt b.txt > c.txt
ENV MODE=bench
RUN echo done > /done
CMD ["cat", "c.txt"]
`

/** The same small build once more: nothing is to be done. */
export const cachedRebuild = {
  name: 'cached-rebuild',
  needs: 'build',
  goal: 60,
  prepare: (lab) =>
    writeContext(lab, 'cached-rebuild', dockerfile(lab.base), { 'a.txt': 'a\n', 'b.txt': 'b\n' }),
  warm: (tool, _, context) => [tool.build(context, 'bench-cached:1')],
  command: (tool, _, { input }) => tool.build(input, 'bench-cached:1'),
}
