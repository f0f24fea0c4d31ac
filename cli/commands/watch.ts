import { BepError, messageOf } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { watchSources } from '../engine/dev-server.js'
import { startGrader } from '../engine/grader.js'
import { openProgress } from '../engine/progress.js'
import { loadRubric } from '../engine/project-files.js'
import type { Results } from '../engine/results.js'
import { withSession } from '../engine/session.js'
import type { ServicesSetting } from '../engine/stack.js'
import { getWorkspace } from '../engine/workspace.js'
import { gradeOn, prepare, recordProgress, sweptNotice } from '../engine/workspace-grading.js'
import { listenToKeys } from '../ui/keys.js'
import { openWatchScreen } from '../ui/watch-screen.js'
import { exitCodeOf } from './check.js'

interface WatchOptions {
  readonly services: ServicesSetting
}

type Wish =
  | { readonly kind: 'run'; readonly because: string }
  | { readonly kind: 'hint' }
  | { readonly kind: 'quit' }

export async function run({ services: provider }: WatchOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, env, signal } = context
  const { dir } = await getWorkspace(cwd)
  return withSession(env, async ({ home, run: session, swept }) => {
    const screen = openWatchScreen(context)
    if (swept.length > 0) screen.notice(sweptNotice(swept.length))
    screen.busy('starting services')
    const { project } = await getWorkspace(dir)
    const rows = (await loadRubric(project)).rows.map(row => row.id)
    const grader = await startGrader(project, {
      home,
      run: session,
      provider,
      env,
      interactive: context.interactive,
      sideBySide: true,
      onNotice: screen.notice,
    })
    const wishes = openQueue<Wish>()
    let all = false
    let current = new AbortController()
    const again = (because: string) => {
      current.abort(new Error('superseded'))
      wishes.drop(wish => wish.kind === 'run')
      wishes.put({ kind: 'run', because })
    }
    const sources = watchSources(dir, file => again(`${file} changed`))
    const keys = listenToKeys(context, {
      r: () => again('you pressed r'),
      a: () => {
        all = !all
        again(all ? 'now all rows' : 'now up to the first failure')
      },
      h: () => wishes.put({ kind: 'hint' }),
      q: () => wishes.put({ kind: 'quit' }),
    })
    const quit = () => {
      current.abort(signal.reason)
      wishes.put({ kind: 'quit' })
    }
    signal.addEventListener('abort', quit, { once: true })
    let last: Results | undefined
    let code: ExitCode = 0
    try {
      wishes.put({ kind: 'run', because: 'first run' })
      for (;;) {
        const wish = await wishes.take()
        if (wish.kind === 'quit' || signal.aborted) break
        if (grader.services.failure !== undefined) {
          throw new BepError('SERVICE_GONE', grader.services.failure, {
            fix: 'Run `bep watch` again; `bep doctor` looks for the cause.',
          })
        }
        if (wish.kind === 'hint') {
          await showHint(home, project.id, screen.hint)
          continue
        }
        current = new AbortController()
        try {
          screen.running(wish.because)
          const workspace = await getWorkspace(dir)
          await prepare(workspace, { env, run: session, signal: current.signal, onStep: screen.busy })
          last = await gradeOn(grader, workspace, {
            env,
            run: session,
            signal: current.signal,
            rows,
            bail: !all,
            performance: 'listed',
            onStep: screen.busy,
            onCheck: (row, check) => screen.busy(`${row.id}: ${check.title}`),
          })
          await recordProgress(home, last, screen.notice)
          screen.result(last, all)
          code = exitCodeOf(last)
        } catch (thrown) {
          if (current.signal.aborted) continue
          // A bep.yml or an install that is broken is mended by the next save.
          screen.problem(thrown instanceof BepError ? thrown : new BepError('INTERNAL', messageOf(thrown)))
          code = 2
        }
      }
      return code
    } finally {
      signal.removeEventListener('abort', quit)
      keys.stop()
      await sources.stop()
      await grader.stop()
      screen.close()
    }
  })
}

async function showHint(
  home: string,
  project: string,
  show: (title: string, hints: readonly string[], of: number) => void,
) {
  const progress = await openProgress(home)
  try {
    const failure = await progress.findFailure(project)
    if (!failure) return show('no check has failed', [], 0)
    const shown = Math.min(failure.shownHints + 1, failure.hints.length)
    await progress.showHints(project, shown)
    show(failure.check, failure.hints.slice(0, shown), failure.hints.length)
  } finally {
    await progress.close()
  }
}

/** A queue of one consumer. */
function openQueue<T>() {
  let items: T[] = []
  let waiting: ((item: T) => void) | undefined
  return {
    put(item: T) {
      if (waiting) {
        waiting(item)
        waiting = undefined
      } else items.push(item)
    },
    drop(unwanted: (item: T) => boolean) {
      items = items.filter(item => !unwanted(item))
    },
    take(): Promise<T> {
      const item = items.shift()
      if (item !== undefined) return Promise.resolve(item)
      return new Promise<T>(resolve => {
        waiting = resolve
      })
    },
  }
}
