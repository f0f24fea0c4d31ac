import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { type ErDiagram, readErDiagram } from '../kit/er-diagram.js'
import { check } from './rubric.js'

interface Column {
  readonly name: string
  readonly type: string
  readonly pk: boolean
  readonly fk: boolean
  /** `optional`: only an expression on the column is unique. */
  readonly uk: 'yes' | 'no' | 'optional'
}

/** The columns of a live table with their keys, from Postgres's catalog. */
async function columnsOf({ sql }: CheckContext, table: string): Promise<readonly Column[]> {
  return sql<Column>(
    `select a.attname as name, format_type(a.atttypid, null) as type,
            exists (select from pg_constraint c where c.conrelid = a.attrelid and c.contype = 'p' and a.attnum = any (c.conkey)) as pk,
            exists (select from pg_constraint c where c.conrelid = a.attrelid and c.contype = 'f' and a.attnum = any (c.conkey)) as fk,
            case
              when exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and not i.indisprimary
                                                    and i.indpred is null and a.attnum = any (i.indkey)) then 'yes'
              when exists (select from pg_index i join pg_depend d on d.objid = i.indexrelid and d.classid = 'pg_class'::regclass
                            where i.indrelid = a.attrelid and i.indisunique and not i.indisprimary
                              and d.refobjid = a.attrelid and d.refobjsubid = a.attnum) then 'optional'
              else 'no'
            end as uk
       from pg_attribute a
      where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped`,
    [table],
  )
}

async function diagram({ readDocument }: CheckContext): Promise<ErDiagram> {
  return readErDiagram(await readDocument('docs/schema.md'))
}

const aliases: Readonly<Record<string, string>> = {
  int: 'integer',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  serial: 'integer',
  bigserial: 'bigint',
  bool: 'boolean',
  varchar: 'character varying',
  char: 'character',
  bpchar: 'character',
  decimal: 'numeric',
  float4: 'real',
  float8: 'double precision',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
}

function canonicalType(written: string): string {
  const type = written
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, '')
    .replaceAll('_', ' ')
    .replaceAll('"', '')
    .trim()
  return aliases[type] ?? type
}

check(
  'the diagram has the columns of the live tables, and no others',
  {
    row: 'schema-design',
    brief:
      'Each of the two entities lists every column of its table in the running database, and none besides',
    hints: [
      'Compare the diagram with `\\d users` and `\\d tasks` in psql.',
      'Names in the diagram are those of the database, not those of the JSON.',
    ],
  },
  async context => {
    const { entities } = await diagram(context)
    for (const table of ['users', 'tasks']) {
      const documented = entities
        .get(table)
        ?.map(attribute => attribute.name)
        .sort()
      const live = (await columnsOf(context, table)).map(column => column.name).sort()
      expect(live.length, `columns of the live table ${table}`).toBeGreaterThan(0)
      expect(documented, `columns of ${table} in the diagram`).toEqual(live)
    }
  },
)

check(
  'the types in the diagram are those of the live columns',
  {
    row: 'schema-design',
    brief:
      'The type is the one that Postgres gives, without length or precision; its usual aliases will do (`int4`, `varchar`, `timestamptz`), and so does an underscore for a space.',
    hints: [
      'Compare the types with `\\d users` and `\\d tasks` in psql.',
      'The type of the column counts, not that of the programming language.',
    ],
  },
  async context => {
    const { entities } = await diagram(context)
    for (const table of ['users', 'tasks']) {
      const documented = (entities.get(table) ?? []).map(({ name, type }) => [name, canonicalType(type)])
      const live = (await columnsOf(context, table)).map(({ name, type }) => [name, canonicalType(type)])
      expect(live.length, `columns of the live table ${table}`).toBeGreaterThan(0)
      expect(Object.fromEntries(documented), `types of ${table} in the diagram`).toEqual(
        Object.fromEntries(live),
      )
    }
  },
)

check(
  'the keys in the diagram are those of the live tables',
  {
    row: 'schema-design',
    brief:
      '`PK` marks the columns of the primary key, `FK` those of a foreign key, `UK` those of a unique constraint or unique index',
    hints: [
      'Which columns does the database itself know as keys?',
      '`\\d tasks` in psql lists indexes and foreign keys below the columns.',
    ],
  },
  async context => {
    const { entities } = await diagram(context)
    for (const table of ['users', 'tasks']) {
      const columns = await columnsOf(context, table)
      expect(columns.length, `columns of the live table ${table}`).toBeGreaterThan(0)
      for (const { name, pk, fk, uk } of columns) {
        const documented = entities.get(table)?.find(attribute => attribute.name === name)?.keys ?? []
        const marked = uk === 'optional' ? documented.filter(key => key !== 'UK') : documented
        const live = [pk && 'PK', fk && 'FK', uk === 'yes' && 'UK'].filter(Boolean)
        expect([...marked].sort(), `keys of ${table}.${name} in the diagram`).toEqual(live.sort())
      }
    }
  },
)

check(
  'the relationship between users and tasks has its cardinality',
  {
    row: 'schema-design',
    brief:
      'A relationship line joins `users` and `tasks` with the right cardinality: exactly one user, zero or more tasks.',
    hints: [
      'How many users can a task have, and how many tasks a user?',
      'Mermaid writes it users ||--o{ tasks : owns.',
    ],
  },
  async context => {
    const { relationships } = await diagram(context)
    const sides = relationships
      .filter(({ from, to }) => [from, to].sort().join() === 'tasks,users')
      .map(({ from, fromCardinality, to, toCardinality }) => ({
        [from]: fromCardinality,
        [to]: toCardinality,
      }))
    expect(sides, 'relationships of users and tasks').toEqual([
      { users: 'exactly one', tasks: 'zero or more' },
    ])
  },
)
