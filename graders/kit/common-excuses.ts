import type { Excuse } from './excuse.js'

/** Reasons that hold in more than one reference. */
export const reasons = {
  cutAfterwards: 'What is too much is cut off afterwards, and none of it is seen.',
  endsAnyway: 'The process ends right after it.',
  inOrder: 'On the one connection of the migration, statements run in the order in which they were begun.',
  oneConnection:
    'Commands run in the order in which they were sent on the one connection to Redis: this one before those of the next request.',
  onlySpeed: 'It is slower, which only the performance row can tell.',
  sameMillisecond: 'It matters within one millisecond only, or after the clock was set back.',
  speaksOf503: 'Without it the answer is 500 in the place of 503, and the brief allows both.',
} as const

/** An excuse in a file: for all that the rule makes of the line, or for some. */
export const change = (
  rule: Excuse['rule'],
  line: string,
  because: string,
  only: Pick<Excuse, 'from' | 'to' | 'nth'> = {},
): Omit<Excuse, 'file'> => ({ rule, line, because, ...only })

/** Excuses by file. */
export const excusesOf = (
  byFile: Readonly<Record<string, readonly Omit<Excuse, 'file'>[]>>,
): readonly Excuse[] =>
  Object.entries(byFile).flatMap(([file, changes]) => changes.map(one => ({ file, ...one })))

/** What `app.ts` has in every reference. */
export const inApp = (requestLog: string) => [
  change(
    'condition',
    'const router = new Router({ strict: true, sensitive: true })',
    'The brief leaves open whether a path may end in a slash or be written in capitals.',
  ),
  change('call', requestLog, 'Nobody outside reads the log of requests.'),
]

interface Main {
  /** The lines with the settings besides PORT, which have bounds. */
  readonly settings: readonly string[]
  /** The line that begins to serve. */
  readonly serve: string
  /** The lines that close what the server used; an `await` among them may go, too. */
  readonly close: readonly string[]
}

/** What `main.ts` has in every reference. */
export const inMain = ({ settings, serve, close }: Main) => [
  ...['PORT: z.coerce.number().int().min(1).max(65_535),', ...settings].flatMap(line =>
    (['call', 'boundary'] as const).map(rule =>
      change(rule, line, 'Whoever starts the server gives it settings that are good.'),
    ),
  ),
  change('await', serve, 'Nothing comes after it, and a rejection ends the process either way.'),
  ...close.flatMap(line => [
    ...(line.startsWith('await ') ? [change('await', line, reasons.endsAnyway)] : []),
    change('call', line, reasons.endsAnyway),
  ]),
]
