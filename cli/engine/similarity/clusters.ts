import type { Cluster, SimilarPair } from './report.js'

/** The submissions that the pairs link, directly or by way of others, the most similar group first. */
export function clustersOf(pairs: readonly SimilarPair[]): readonly Cluster[] {
  const clusterOf = new Map<string, { members: string[]; most: number }>()
  for (const { a, b, aInB, bInA } of pairs) {
    const joined = clusterOf.get(a) ?? { members: [a], most: 0 }
    const other = clusterOf.get(b) ?? { members: [b], most: 0 }
    if (joined !== other) joined.members.push(...other.members)
    joined.most = Math.max(joined.most, other.most, aInB, bInA)
    for (const member of joined.members) clusterOf.set(member, joined)
  }
  return [...new Set(clusterOf.values())]
    .map(({ members, most }) => ({ members: [...members].sort(), most }))
    .sort((one, other) => other.most - one.most)
}
