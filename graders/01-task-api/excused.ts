import type { Excuse } from '../kit/excuse.js'

const goodSettings = 'Whoever starts the server gives it a port and an address that are good.'
const inOrder =
  'On the one connection of the migration, statements run in the order in which they were begun.'
const onlySpeed = 'Without its index a list is slower, and the brief asks for no speed.'
const openDocument = 'The brief leaves open how much the document says about requests and lists.'

export const excused: readonly Excuse[] = [
  // app.ts
  {
    file: 'app.ts',
    line: 'const router = new Router({ strict: true, sensitive: true })',
    rule: 'condition',
    because: 'The brief leaves open whether a path may end in a slash or be written in capitals.',
  },
  {
    file: 'app.ts',
    line: 'app.use(requestLog(logger))',
    rule: 'call',
    because: 'Nobody outside reads the log of requests.',
  },
  {
    file: 'app.ts',
    line: 'app.use(databaseErrors)',
    rule: 'call',
    because: 'Without it the answer is 500 in the place of 503, and the brief allows both.',
  },

  // main.ts
  {
    file: 'main.ts',
    line: 'PORT: z.coerce.number().int().min(1).max(65_535),',
    rule: 'call',
    because: goodSettings,
  },
  {
    file: 'main.ts',
    line: 'PORT: z.coerce.number().int().min(1).max(65_535),',
    rule: 'boundary',
    because: goodSettings,
  },
  { file: 'main.ts', line: 'DATABASE_URL: z.string().min(1),', rule: 'call', because: goodSettings },
  { file: 'main.ts', line: 'DATABASE_URL: z.string().min(1),', rule: 'boundary', because: goodSettings },
  {
    file: 'main.ts',
    line: 'await serve(buildApp({ ...stores, logger }), { port: config.PORT, logger, close: () => pool.end() })',
    rule: 'await',
    because: 'Nothing comes after it, and a rejection ends the process either way.',
  },

  // users.ts
  {
    file: 'users.ts',
    line: "const pages = paging('users', { createdAt: z.iso.datetime(), name: line(100) })",
    rule: 'boundary',
    to: '101',
    because: 'No user has a longer name, and a cursor that was changed is refused before.',
  },
]
