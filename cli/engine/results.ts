import { z } from 'zod'
import { isolationTiers } from './isolation/launcher.js'

/** The version of the `results.json` format; raised when a reader of the old one would misread the new. */
export const resultsVersion = 1

export const verdictSchema = z
  .enum(['pass', 'fail', 'error', 'notRun'])
  .describe('fail: the app broke the sentence; error: bep or a service failed, costs nobody points')

const statement = z.object({
  sql: z.string(),
  params: z.array(z.string().nullable()),
  tag: z.string().optional().describe("Postgres's command tag, such as SELECT 20"),
  error: z.string().optional(),
})

const command = z.object({
  service: z.enum(['redis', 'mongodb']),
  command: z.string(),
  args: z.array(z.string()),
  reply: z.string().optional().describe('in short, such as "array of 3"; nil is a miss'),
  error: z.string().optional(),
})

const exchange = z.object({
  curl: z.string(),
  status: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  failure: z.string().optional().describe('why there is no whole answer'),
})

export const failureSchema = z.object({
  message: z.string(),
  expected: z.string().optional(),
  got: z.string().optional(),
  exchange: exchange.optional(),
  statements: z
    .array(statement)
    .optional()
    .describe('SQL that reached the database between request and answer; absent without a database'),
  commands: z
    .array(command)
    .optional()
    .describe('what the other services were sent between request and answer; absent without any'),
  logs: z.array(z.string()).describe('lines that the app wrote meanwhile'),
})

const check = z.object({
  title: z.string(),
  verdict: verdictSchema,
  durationMs: z.number(),
  brief: z.string().describe('the sentence of BRIEF.md that the check enforces, verbatim'),
  hints: z.array(z.string()),
  failure: failureSchema.optional(),
  reason: z.string().optional().describe('why it did not run'),
})

export const rowSchema = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['behaviour', 'fault', 'docs', 'performance']),
  points: z.int().describe('what the row is worth'),
  earned: z.int(),
  verdict: verdictSchema,
  graderVersion: z.string().describe("hash of the row's checks"),
  checks: z.array(check),
})

export const resultsSchema = z
  .object({
    version: z.literal(resultsVersion),
    bep: z.string().describe('version of bep'),
    project: z.string(),
    workspace: z.string(),
    startedAt: z.iso.datetime(),
    durationMs: z.number(),
    seed: z.int(),
    services: z.record(z.string(), z.string()).describe('where each service came from, and its version'),
    isolation: z.enum(isolationTiers).describe('how far the app was kept from the machine'),
    earned: z.int(),
    possible: z.int().describe('points of the rows that ran and were not our error'),
    problem: z
      .object({ code: z.string(), message: z.string(), fix: z.string().optional() })
      .optional()
      .describe('why nothing or not all could be graded'),
    rows: z.array(rowSchema),
  })
  .meta({ title: 'bep results', description: 'The outcome of one grading run.' })

/** Whether all rows pass; performance is measured by `bep bench` and `bep grade` only. */
export const allPass = ({ rows }: Results): boolean =>
  rows.every(({ verdict, kind }) => verdict === 'pass' || (verdict === 'notRun' && kind === 'performance'))

/** The outcome of one grading run; every report derives from it. */
export type Results = z.infer<typeof resultsSchema>
export type RowResult = z.infer<typeof rowSchema>
export type CheckResult = z.infer<typeof check>
export type Failure = z.infer<typeof failureSchema>
export type Verdict = z.infer<typeof verdictSchema>
