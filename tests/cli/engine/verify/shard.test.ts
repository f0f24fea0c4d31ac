import { expect, test } from 'vitest'
import { openShard } from '../../../../cli/engine/verify/shard.js'
import { catalog } from '../../../../projects/catalog.js'

test('the shards of a count do all of the work, each part of it once', () => {
  for (const count of [1, 2, 3, 7]) {
    const shards = Array.from({ length: count }, (_, n) => openShard(catalog, n + 1, count))
    for (const project of catalog) {
      expect(shards.filter(shard => shard.owns(project))).toHaveLength(1)
      for (let bug = 0; bug < 20; bug++)
        expect(shards.filter(shard => shard.has(project, bug))).toHaveLength(1)
    }
  }
})

test('the bugs of one project are dealt to all shards alike', () => {
  const [project] = catalog
  if (!project) throw new Error('there is no project')
  const shares = [1, 2, 3].map(index => {
    const shard = openShard(catalog, index, 3)
    return Array.from({ length: 30 }, (_, n) => n).filter(n => shard.has(project, n)).length
  })
  expect(shares).toEqual([10, 10, 10])
})
