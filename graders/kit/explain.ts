import pg from 'pg'
import { inject } from 'vitest'
import { StackError } from './stack-control.js'

/** What Postgres would do for a statement. */
export interface Plan {
  readonly indexes: readonly string[]
  /** Tables that are read from end to end. */
  readonly sequentialScans: readonly string[]
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly PlanNode[]
}

/**
 * Plans a statement, whose parameters may be written `$1`, on the app's database without sequential scans where
 * there is any other way: so small tables show whether an index could serve. The plan is Postgres's generic
 * one, for any parameters (GENERIC_PLAN, since Postgres 16). Undefined for what Postgres cannot explain, such
 * as BEGIN or a mistake.
 */
export async function explain(statement: string): Promise<Plan | undefined> {
  const client = new pg.Client({ connectionString: inject('bep').adminUrls.postgres })
  await client.connect().catch((cause: unknown) => {
    throw new StackError('the grader cannot query the database', { cause })
  })
  try {
    await client.query('begin read only; set local enable_seqscan = off')
    const { rows } = await client.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `explain (generic_plan, format json) ${statement}`,
    )
    const nodes = rows[0]?.['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan)) ?? []
    return {
      indexes: nodes.flatMap(node => node['Index Name'] ?? []),
      sequentialScans: nodes.flatMap(node =>
        node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [],
      ),
    }
  } catch (thrown) {
    if (thrown instanceof pg.DatabaseError) return undefined
    throw thrown
  } finally {
    await client.end()
  }
}

function flatten(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}
