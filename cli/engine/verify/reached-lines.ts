import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Project } from '../../../projects/catalog.js'
import { measure } from '../coverage/measure.js'
import { openRecording } from '../coverage/recording.js'
import { percentOf } from '../coverage/report.js'
import { isCode, listSources } from '../coverage/source-files.js'
import type { GradingLanes } from '../lanes.js'
import { referenceDir, referenceMain } from '../project-files.js'
import { problemOf } from './graded.js'
import type { VerifiedCase } from './report.js'
import { referenceSubjects } from './subjects.js'

/** What a reference does and no check sees could be left out by a learner unnoticed. */
const leastPercent = 90

/** Grades the reference in all variants together and says which of its lines no check has reached. */
export async function proveReachedLines(
  project: Project,
  { dir, grade }: { readonly dir: string } & Pick<GradingLanes, 'grade'>,
): Promise<readonly VerifiedCase[] | { readonly notRun: string }> {
  const main = referenceMain(project)
  if (!existsSync(`${main}.map`)) return { notRun: 'the package leaves the source maps out' }
  const root = referenceDir(project)
  const recording = await openRecording(path.join(dir, 'reached'), path.dirname(main))
  const results = await Promise.all(
    referenceSubjects(project).map(({ name: _, settings, ...subject }) =>
      grade({ ...subject, settings: { ...settings, ...recording.env } }),
    ),
  )
  const { files, totals, notices } = await measure(recording, {
    root,
    dir: path.join(dir, 'reached-work'),
    sources: await listSources(root),
    counts: isCode,
  })
  const percent = percentOf(totals.lines)
  const problems = [
    ...results.flatMap(one => problemOf(one) ?? []),
    ...notices,
    ...(percent < leastPercent ? [`at least ${leastPercent} % must be reached`] : []),
  ]
  return [
    {
      name: 'reference',
      passed: problems.length === 0,
      outcome: `${(Math.floor(percent * 10) / 10).toFixed(1)} % of ${totals.lines.total} lines`,
      unreached: files
        .filter(({ unreached }) => unreached.length > 0)
        .map(({ file, unreached }) => `${file}: ${unreached.join(', ')}`),
      ...(problems.length > 0 && { problem: problems.join('\n') }),
    },
  ]
}
