import { getProject } from '../../dist/cli/engine/find-project.js'
import { gradeApp } from '../../dist/cli/engine/grade.js'
import { settingsFrom, startGrader } from '../../dist/cli/engine/grader.js'
import { referenceDir, referenceMain } from '../../dist/cli/engine/project-files.js'
import { startServices } from '../../dist/cli/engine/stack.js'
import { median, print, seconds, timed } from './measure.mjs'

/** How soon services are ready, and how long the references are checked. */
export async function grading({ home, run }) {
  await servicesReady(
    getProject('project-1'),
    'local Postgres ready, data directory cached (at most 0.4 s)',
    {
      home,
      run,
    },
  )
  await servicesReady(getProject('project-4'), 'local Postgres and Redis ready (at most 0.6 s)', {
    home,
    run,
  })
  for (const [id, row, most] of [
    ['project-1', 'users', 6],
    ['project-2', undefined, 8],
    ['project-3', undefined, 8],
    ['project-4', undefined, 8],
  ])
    await checked(getProject(id), { row, most, home, run })
}

async function servicesReady(project, name, { home, run }) {
  // The first start fills the cache of data directories.
  await (await startServices(project, { home, run, provider: 'local', ...settingsFrom(process.env) })).stop()
  const starts = []
  for (let n = 0; n < 7; n++) {
    let services
    starts.push(
      await timed(async () => {
        services = await startServices(project, {
          home,
          run,
          provider: 'local',
          ...settingsFrom(process.env),
        })
      }),
    )
    await services.stop()
  }
  print(name, seconds(median(starts)))
}

async function checked(project, { row, most, home, run }) {
  const grader = await startGrader(project, {
    home,
    run,
    provider: 'local',
    env: process.env,
    sideBySide: true,
  })
  try {
    const grade = async rows => {
      const { earned, possible, problem } = await gradeApp(
        {
          project,
          dir: referenceDir(project),
          command: `node ${referenceMain(project)}`,
          settings: project.variants[0],
        },
        { ...grader, run, inherited: process.env, seed: 1, ...(rows && { rows }) },
      )
      if (problem || earned !== possible)
        throw new Error(`${project.id}: ${problem?.message ?? `${earned} of ${possible}`}`)
    }
    await grade()
    const all = []
    const one = []
    for (let n = 0; n < 5; n++) {
      all.push(await timed(() => grade()))
      if (row) one.push(await timed(() => grade([row])))
    }
    const of = `check of ${project.id}'s reference, services warm`
    print(`${of}, all rows (at most ${most} s)`, seconds(median(all)))
    if (row) print(`${of}, one row (at most 2 s)`, seconds(median(one)))
  } finally {
    await grader.stop()
  }
}
