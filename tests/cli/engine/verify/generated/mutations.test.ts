import { describe, expect, test } from 'vitest'
import { mutationsOf } from '../../../../../cli/engine/verify/generated/mutations.js'
import { type MutationRule, mutationRules } from '../../../../../graders/kit/excuse.js'

/** What a rule makes of a source: each line that it changes, as it is then. */
function made(rule: MutationRule, text: string): readonly string[] {
  return mutationsOf('app.ts', text)
    .filter(mutation => mutation.rule === rule)
    .map(mutation => mutation.text.replaceAll(/\s+/g, ' ').trim())
}

const cases: readonly [MutationRule, string, string, readonly string[]][] = [
  ['condition', 'an if', 'if (a > b) go()', ['if (((a > b) || true)) go()', 'if (((a > b) && false)) go()']],
  ['condition', 'a ternary', 'x = a ? b : c', ['x = ((a) || true) ? b : c', 'x = ((a) && false) ? b : c']],
  ['condition', 'a loop', 'while (a) go()', ['while (((a) && false)) go()']],
  ['condition', 'a for', 'for (; a; ) go()', ['for (; ((a) && false); ) go()']],
  ['condition', 'a negation', 'x = !a', ['x = a']],
  ['condition', 'Boolean values', 'f(true, false)', ['f(false, false)', 'f(true, true)']],
  ['condition', 'no type', 'let x: true', []],
  ['logic', 'and', 'x = a && b', ['x = a || b']],
  ['logic', 'or', 'x = a || b', ['x = a && b']],
  ['logic', 'what is fallen back on', 'x = a ?? b', ['x = a']],
  ['boundary', 'less', 'x = a < b', ['x = a <= b']],
  ['boundary', 'at most', 'x = a <= b', ['x = a < b']],
  ['boundary', 'greater', 'x = a > b', ['x = a >= b']],
  ['boundary', 'at least', 'x = a >= b', ['x = a > b']],
  ['boundary', 'the same', 'x = a === b', ['x = a !== b']],
  ['boundary', 'another', 'x = a !== b', ['x = a === b']],
  ['boundary', 'numbers', 'f(1_000)', ['f(1001)', 'f(999)']],
  ['boundary', 'zero', 'x = 0n', ['x = 1n', 'x = (-1n)']],
  ['boundary', 'the end of a list', 'x = a.at(-1)', ['x = a.at(-2)', 'x = a.at(-0)']],
  ['boundary', 'no name', 'x = { 404: a }', []],
  ['boundary', 'no status', 'ctx.status = 201', []],
  ['boundary', 'no type', 'let x: 1', []],
  ['status', 'an answer', 'ctx.status = 201', ['ctx.status = 200']],
  [
    'status',
    'a choice',
    'ctx.status = a ? 201 : 409',
    ['ctx.status = a ? 200 : 409', 'ctx.status = a ? 201 : 400'],
  ],
  ['status', 'a problem', 'throw new Problem(403)', ['throw new Problem(404)']],
  ['status', 'a table', 'x = { 401: a }', ['x = { 403: a }']],
  ['status', 'no length', 'x = line(200)', []],
  ['await', 'a statement', 'await db.save()', ['void db.save()']],
  ['await', 'no value', 'const x = await db.load()', []],
  ['call', 'a statement', 'await cache.drop(key)', ['{}']],
  ['call', 'a branch', 'if (a) errors.push(b)', ['if (a) {}']],
  ['call', 'a link of a chain', 'x = a.trim().min(1)', ['x = a.trim()', 'x = a.min(1)'].reverse()],
  ['call', 'no line of the log', 'logger.info(a)', []],
  [
    'call',
    'no routes',
    'routeUsers(router, users)\nrouter.get("/", async ctx => { go() })',
    ['routeUsers(router, users) router.get("/", async ctx => { {} })'],
  ],
  ['sql', 'a condition', "q.where('id', '=', id)", ['q', "q.where('id', '!=', id)"]],
  ['sql', 'an order', "q.orderBy('id', 'desc')", ['q', "q.orderBy('id', 'asc')"]],
  ['sql', 'a limit', 'q.limit(n).execute()', ['q.execute()']],
  ['sql', 'a lock', 'q.forUpdate().execute()', ['q.execute()']],
  ['sql', 'a union', 'a.unionAll(b)', ['a.union(b)']],
  ['sql', 'joined conditions', 'x = and(a, b)', ['x = and(b)', 'x = and(a)']],
  ['sql', 'no comparison of directions', "x = way === 'asc'", []],
  ['redis', 'an expiry', "redis.set(k, v, 'EX', 60)", ['redis.set(k, v)']],
  ['redis', 'an option', "redis.set(k, v, 'NX')", ['redis.set(k, v)']],
  [
    'redis',
    'a script',
    "x = `if redis.call('GET', k) == v then redis.call('DEL', k) end`",
    [
      "x = `if redis.call('GET', k) ~= v then redis.call('DEL', k) end`",
      "x = `if redis.call('GET', k) == v then end`",
    ],
  ],
  ['mongo', 'a stage', 'x = [{ $match: a }, { $limit: b }]', ['x = [{ $limit: b }]', 'x = [{ $match: a }]']],
  ['mongo', 'a filter', 'c.findOne({ a, b })', ['c.findOne({ b })', 'c.findOne({ a })']],
  ['mongo', 'an operator', 'x = { $gte: a }', ['x = { $gt: a }']],
  [
    'mongo',
    'a direction',
    'x = { $sort: { a: -1, b: 1 } }',
    ['x = { $sort: { a: 1, b: 1 } }', 'x = { $sort: { a: -1, b: -1 } }'],
  ],
  ['mongo', 'a projection', 'x = { $project: { _id: 0 } }', ['x = { $project: { _id: 1 } }']],
]

describe('each rule makes its mutants and no others', () => {
  test.each(cases)('%s: %s', (rule, _name, text, expected) => {
    expect([...made(rule, text)].sort()).toEqual([...expected].sort())
  })

  test('every rule has a case', () => {
    expect(new Set(cases.map(([rule]) => rule))).toEqual(new Set(mutationRules))
  })
})

describe('SQL as text', () => {
  const sql = (text: string) => made('sql', `sql\`${text}\``).map(mutated => mutated.slice(4, -1).trim())

  test('each condition of a WHERE is left out, and only of that one', () => {
    expect(sql('(select a from b where c and d(e and f) order by g) union all select 1')).toEqual([
      '(select a from b where d(e and f) order by g) union all select 1',
      '(select a from b where c order by g) union all select 1',
      '(select a from b where c and d(e and f) order by g) union select 1',
    ])
    expect(sql(`delete from a where b between \${c} and \${d}`)).toEqual(['delete from a'])
  })

  test('what is said for every row is turned over', () => {
    expect(sql(`select a from b order by a desc limit \${n}`)).toEqual([
      `select a from b order by a asc limit \${n}`,
      'select a from b order by a desc',
    ])
    expect(sql(`\${a} is distinct from \${b}`)).toEqual([`\${a} = \${b}`])
    expect(sql('greatest(now(), a + b)')).toEqual(['least(now(), a + b)', 'greatest(now(), a - b)'])
    expect(sql('a <> b')).toEqual(['a = b'])
    expect(sql('insert into a values (1) on conflict (b) do nothing')).toEqual(['insert into a values (1)'])
  })

  test('what stands in a placeholder is code, and no SQL', () => {
    expect(sql(`select \${a < b}`)).toEqual([])
    expect(made('boundary', `sql\`select \${a < b}\``)).toEqual([`sql\`select \${a <= b}\``])
  })

  test('other texts are none', () => {
    expect(made('sql', `x = \`limit \${a} <> desc\``)).toEqual([])
  })
})

test('a mutant is known by file, line and rule, and by the text of its line', () => {
  const source = 'import { a } from "./a.js"\n\nif (a < 1)\n  return b\n// again\nif (a < 1) return c\n'
  const mutations = mutationsOf('feed.ts', source).filter(({ rule }) => rule === 'boundary')
  expect(
    mutations.map(({ id, line, lineText, nth, from, to }) => [id, line, lineText, nth, from, to]),
  ).toEqual([
    ['feed.ts:3:boundary:1', 3, 'if (a < 1)', 1, '<', '<='],
    ['feed.ts:3:boundary:2', 3, 'if (a < 1)', 1, '1', '2'],
    ['feed.ts:3:boundary:3', 3, 'if (a < 1)', 1, '1', '0'],
    ['feed.ts:6:boundary:1', 6, 'if (a < 1) return c', 1, '<', '<='],
    ['feed.ts:6:boundary:2', 6, 'if (a < 1) return c', 1, '1', '2'],
    ['feed.ts:6:boundary:3', 6, 'if (a < 1) return c', 1, '1', '0'],
  ])
  expect(mutationsOf('feed.ts', 'x = 1\nx = 1\n').map(({ nth }) => nth)).toEqual([1, 1, 2, 2])
})

test('a link of a chain is on the line that it begins', () => {
  const [mutation] = mutationsOf('a.ts', "x = q\n  .where('a', '>', b)\n  .limit(c)\n")
  expect(mutation).toMatchObject({
    line: 2,
    lineText: ".where('a', '>', b)",
    from: ".where('a', '>', b)",
    to: '',
  })
})

test('no two mutants are the same text, and none is the reference', () => {
  const source = 'if (!a) throw new Problem(404)\nreturn !a ? 1 : 2\n'
  const texts = mutationsOf('a.ts', source).map(({ text }) => text)
  expect(new Set([source, ...texts]).size).toBe(texts.length + 1)
})
