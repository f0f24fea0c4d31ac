import path from 'node:path'
import type { Project } from '../../../projects/catalog.js'
import { loadBench, packageRoot } from '../project-files.js'
import { compileApart } from './compile-apart.js'
import { type BenchProofContext, benchAlone } from './noise-band.js'
import { plantBugs } from './planted-bugs.js'
import type { VerifiedCase } from './report.js'

const projectsDir = path.join(packageRoot, 'projects')

/** Measures each slow variant of the reference: it must lose points of the performance row, by its speed alone. */
export async function proveSlowVariants(
  project: Project,
  context: BenchProofContext,
): Promise<readonly VerifiedCase[]> {
  const { slow } = await loadBench(project)
  const planted = await plantBugs(
    slow.map(variant => ({ ...variant, breaks: 'performance' })),
    {
      project,
      dir: path.join(context.run.dir, `slow-${project.slug}`),
      compile: edits => compileApart(projectsDir, project.slug, edits, context.signal),
    },
  )
  const cases: VerifiedCase[] = []
  // One after the other: each is to have the machine to itself.
  for (const one of planted) {
    if (!('subject' in one)) cases.push(one)
    else cases.push(await proveSlow(project, one, context))
  }
  return cases
}

async function proveSlow(
  project: Project,
  { name, subject }: Extract<Awaited<ReturnType<typeof plantBugs>>[number], { subject: unknown }>,
  context: BenchProofContext,
): Promise<VerifiedCase> {
  const report = await benchAlone(project, { ...subject, hasReferenceTables: true }, context)
  const { verdict, problem, scenarios } = report
  const scored = scenarios.filter(({ weight }) => weight > 0)
  const ratios = scored.map(({ id, ratio }) => `${id} ${ratio?.median.toFixed(2) ?? '?'}`).join(', ')
  const fault = scored.find(scenario => scenario.fault)
  const why =
    problem?.message ??
    fault?.reason ??
    (verdict === 'fail'
      ? undefined
      : (scored.find(scenario => scenario.verdict === 'error')?.reason ??
        'it is slow, and earned all points'))
  if (why === undefined) return { name, passed: true, outcome: `lost points: ${ratios}` }
  return { name, passed: false, outcome: ratios, problem: why }
}
