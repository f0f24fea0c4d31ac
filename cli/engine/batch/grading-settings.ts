import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isMap, LineCounter, type Node, parseDocument } from 'yaml'
import { z } from 'zod'
import { BepError } from '../../../fixtures/bep-error.js'
import { deadline } from './deadline.js'
import { type Extension, readExtensions } from './extensions.js'
import type { LatePolicy } from './late-policy.js'

/** The file with an instructor's settings, looked for in the folder where the command runs. */
export const gradingSettingsFile = 'bep-grading.yml'

const shown = ['full', 'names', 'rows'] as const
/** What students are shown: everything about their own work; titles and verdicts of checks; points of rows; nothing. */
export const disclosures = [...shown, 'hidden'] as const
export type Disclosure = (typeof disclosures)[number]

const percent = z.number('must be a percentage from 0 to 100').min(0).max(100)
// Canvas takes a column with such a name for one of its own and ignores it.
const ownColumns = /(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)/

/** What `bep-grading.yml` may say. */
export const gradingSettingsSchema = z
  .strictObject({
    assignment: z
      .string()
      .trim()
      .min(1)
      .regex(/^[^\r\n]*$/, 'must be one line')
      .refine(name => !ownColumns.test(name), 'is the name of a column that Canvas computes itself')
      .optional()
      .describe('column of the gradebook; Canvas knows an assignment by "Title (id)". Default: the project'),
    points: z
      .number()
      .positive()
      .optional()
      .describe('what all rows together are worth in the gradebook; default: their own points'),
    decimals: z.int().min(0).max(4).default(2).describe('places of a mark; half is rounded up'),
    missing: z
      .enum(['zero', 'empty'])
      .default('zero')
      .describe('the mark where nothing was handed in. Our own errors never make a mark'),
    late: z
      .strictObject({
        due: deadline,
        graceMinutes: z.number().min(0).default(0),
        percent: percent.default(0).describe('of the points earned, for each period that has begun'),
        per: z.enum(['day', 'hour']).default('day').describe('24 hours, or one'),
        maximumPercent: percent.default(100),
        cutOff: deadline.optional().describe('handed in after it, nothing is earned'),
        extensions: z
          .union([z.string(), z.record(z.string(), deadline)])
          .default({})
          .describe('due dates of single students, or a CSV file with them'),
      })
      .refine(({ due, cutOff }) => cutOff === undefined || Date.parse(cutOff) >= Date.parse(due), {
        message: 'lies before `due`',
        path: ['cutOff'],
      })
      .optional(),
    disclosure: z.enum(disclosures).default('full').describe('what students are shown'),
    until: deadline.optional().describe('with `disclosure: hidden`: when that ends'),
    afterwards: z.enum(shown).default('full').describe('what students are shown from `until` on'),
  })
  .refine(({ disclosure, until }) => until === undefined || disclosure === 'hidden', {
    message: 'goes with `disclosure: hidden` only',
    path: ['until'],
  })
  .meta({ title: 'bep grading settings', description: `What ${gradingSettingsFile} may say.` })

/** How the records of a batch become marks and reports. */
export interface GradingSettings {
  readonly assignment?: string | undefined
  readonly points?: number | undefined
  readonly decimals: number
  readonly missing: 'zero' | 'empty'
  readonly late?: LatePolicy | undefined
  readonly extensions: readonly Extension[]
  readonly disclosure: Disclosure
  /** With `hidden`: when that ends; never, if absent. */
  readonly until?: Date | undefined
  readonly afterwards: Exclude<Disclosure, 'hidden'>
}

interface Asked {
  readonly cwd: string
  /** The file to read; by default `bep-grading.yml` in `cwd`, if there is one. */
  readonly file?: string | undefined
  /** What the command line says instead. */
  readonly disclosure?: string | undefined
  readonly until?: string | undefined
  readonly due?: string | undefined
}

/**
 * Reads the settings, with the extensions that they name.
 * @throws BepError GRADING_SETTINGS_BROKEN with line and key, EXTENSIONS_BROKEN
 */
export async function readGradingSettings({ cwd, file, ...asked }: Asked): Promise<GradingSettings> {
  const found = path.resolve(cwd, file ?? gradingSettingsFile)
  const text = await readFile(found, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && file === undefined) return ''
    throw broken(`${found} cannot be read (${cause.code})`, 'Name a file that can be read with `--settings`.')
  })
  const written = readYaml(found, text)
  const { due, disclosure, until } = asked
  const { data: source, lineOf } = written
  const changed = {
    ...source,
    ...(disclosure !== undefined && { disclosure, until: undefined }),
    ...(until !== undefined && { until, ...(disclosure === undefined && { disclosure: 'hidden' }) }),
    ...(due !== undefined && { late: { ...(isRecord(source.late) ? source.late : {}), due } }),
  }
  const parsed = gradingSettingsSchema.safeParse(changed)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
    const keys = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].map(String)
    const what = unknown === undefined ? issue?.message : 'there is no such setting'
    const option = { disclosure, until, 'late.due': due }[keys.join('.')]
    const place = option === undefined ? `${found}:${lineOf(keys)}` : 'the command line'
    throw broken(`${place}: \`${keys.join('.')}\`: ${what}`)
  }
  const { late, until: hiddenUntil, ...rest } = parsed.data
  const { extensions = {}, ...policy } = late ?? { extensions: {} }
  return {
    ...rest,
    until: dated(hiddenUntil),
    ...('due' in policy && {
      late: { ...policy, due: new Date(policy.due), cutOff: dated(policy.cutOff) },
    }),
    extensions:
      typeof extensions === 'string'
        ? await readExtensions(path.resolve(path.dirname(found), extensions))
        : Object.entries(extensions).map(([who, at]) => ({ who, due: new Date(at) })),
  }
}

const dated = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const broken = (
  message: string,
  fix = 'Mend that line; `schemas/grading-settings.schema.json` lists all settings.',
) => new BepError('GRADING_SETTINGS_BROKEN', message, { fix })

function readYaml(file: string, text: string) {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [error] = document.errors
  if (error) throw broken(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`)
  const data: unknown = document.toJS() ?? {}
  if (!isRecord(data)) throw broken(`${file}:1: expected \`key: value\` lines`)
  const lineOf = (keys: readonly string[]): number => {
    let at: unknown = document.contents
    let line = 1
    for (const key of keys) {
      const pair = isMap(at) ? at.items.find(item => String(item.key) === key) : undefined
      const start = (pair?.key as Node | undefined)?.range?.[0]
      if (start !== undefined) line = lines.linePos(start).line
      at = pair?.value
    }
    return line
  }
  return { data, lineOf }
}
