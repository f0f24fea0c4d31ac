import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import {
  checkPlaceholders,
  type PlannedRequest,
  planHttpFile,
  planRequest,
  planStep,
} from '../engine/diff/request-plan.js'
import type { ServicesSetting } from '../engine/stack.js'
import { diffJson, diffReport } from '../ui/diff-report.js'
import { openStatusLine } from '../ui/status-line.js'

export interface DiffOptions {
  readonly method?: string | undefined
  readonly path?: string | undefined
  /** JSON, `@file` or `-`. */
  readonly data?: string
  readonly dataRaw?: string
  readonly header?: readonly string[]
  readonly before?: readonly string[]
  readonly http?: string
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: DiffOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, env, interactive, signal, note, out, colors } = context
  const plan = await makePlan(options, cwd)
  // Only now: what starts services takes longer to load than it takes to find a slip of the pen.
  const { diffWorkspace } = await import('../engine/diff/diff-workspace.js')
  const status = openStatusLine(context)
  try {
    const diff = await diffWorkspace(plan, {
      cwd,
      env,
      interactive,
      provider: options.services,
      signal,
      onStep: step => status.set(step),
      onNotice: line => {
        status.clear()
        note(`${colors.dim(line)}\n`)
      },
    })
    status.clear()
    out(
      options.json
        ? `${JSON.stringify(diffJson(diff), null, 2)}\n`
        : `${diffReport(diff, { colors, columns: process.stdout.columns })}\n`,
    )
    return diff.same ? 0 : 1
  } finally {
    status.clear()
  }
}

/** The requests in the order in which they are sent; the last one is compared. */
async function makePlan(options: DiffOptions, cwd: string): Promise<readonly PlannedRequest[]> {
  const { method, path: asked, data, dataRaw, header = [], before = [], http } = options
  const fromFile = http === undefined ? [] : planHttpFile(await readInput(http, cwd), http)
  const steps = [...fromFile, ...before.map(planStep)]
  const plan = [...steps]
  if (method !== undefined && asked !== undefined)
    plan.push(
      planRequest({
        method,
        path: asked,
        headers: header,
        data:
          data === '-'
            ? await text(process.stdin)
            : data?.startsWith('@')
              ? await readInput(data.slice(1), cwd)
              : data,
        raw: dataRaw,
        where: `${method} ${asked}`,
      }),
    )
  else if (method !== undefined || steps.length === 0)
    throw new BepError(
      'NO_REQUEST',
      method === undefined ? 'which request?' : `"${method}" is no request without a path`,
      {
        fix: 'Name a method and a path: `bep diff GET /health`. `bep diff --help` has more examples.',
      },
    )
  else if (data !== undefined || dataRaw !== undefined || header.length > 0)
    throw new BepError('NO_REQUEST', '--data and --header belong to a method and a path, and there is none', {
      fix: 'Name a method and a path, or write body and headers into the steps.',
    })
  checkPlaceholders(plan)
  return plan
}

async function readInput(file: string, cwd: string): Promise<string> {
  return readFile(path.resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new BepError('FILE_UNREADABLE', `${path.resolve(cwd, file)} cannot be read (${cause.code})`, {
      fix: 'Name a file that is there, seen from the folder that you are in.',
      cause,
    })
  })
}
