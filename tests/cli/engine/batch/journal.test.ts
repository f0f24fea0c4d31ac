import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { GradeRecord } from '../../../../cli/engine/batch/grade-record.js'
import { openJournal } from '../../../../cli/engine/batch/journal.js'
import { signer, unsigned } from '../../../../cli/engine/batch/signature.js'
import { homeSigningKey } from '../../../../cli/engine/batch/signing-key.js'
import { startBepProcess } from '../../../fixtures/bep-process.js'
import { temporaryHome } from '../../../fixtures/temporary-home.js'

const options = { seed: 1, seedIsFixed: false, resume: false, key: undefined }
const ada: GradeRecord = {
  version: 1,
  submission: 'ada',
  student: { id: 'ada', name: 'Ada' },
  source: '/submissions/ada',
  hash: 'abc',
  grader: 'def',
  gradedAt: '2026-11-27T07:00:00.000Z',
  attempts: 1,
  outcome: 'ungradable',
  problem: { code: 'INSTALL_FAILED', message: 'it failed' },
  leftOut: [],
}

test('what was written is read again, and only what can be trusted', async () => {
  const home = await temporaryHome()
  const out = path.join(home, 'out')
  const key = await homeSigningKey(home)
  const journal = await openJournal(out, { ...options, key })
  const signed = signer(key.privateKey)(ada)
  await journal.write(signed)
  await journal.write(unsigned({ ...ada, submission: 'bob' }))
  await journal.close()
  expect((await readdir(out)).sort()).toEqual(['records'])
  const records = path.join(out, 'records')
  const text = await readFile(path.join(records, 'ada.json'), 'utf8')
  await writeFile(path.join(records, 'cut.json'), text.slice(0, 100))
  await writeFile(path.join(records, 'dan.json'), text)
  await writeFile(path.join(records, 'eve.json'), '{}')

  await expect(openJournal(out, options)).rejects.toMatchObject({ code: 'BATCH_EXISTS' })
  const again = await openJournal(out, { ...options, resume: true, key })
  expect([...again.records]).toEqual([['ada', signed]])
  expect(again.refused.toSorted()).toEqual([
    'records/bob.json is not signed',
    'records/cut.json is no JSON',
    'records/dan.json is the record of ada',
    expect.stringMatching(/^records\/eve\.json is no record of this bep/),
  ])
  await again.close()
})

test('a folder is kept for one process, and that of a dead one is taken over', async () => {
  const home = await temporaryHome()
  const out = path.join(home, 'out')
  await mkdir(out)
  const other = await startBepProcess<string>('locks-folder.ts', out)
  await expect(openJournal(out, options)).rejects.toMatchObject({
    code: 'BATCH_LOCKED',
    message: expect.stringContaining(`(process ${other.pid})`),
  })
  await other.kill()
  expect(await readdir(out)).toContainEqual(expect.stringContaining(`lock-${other.pid}-`))
  const journal = await openJournal(out, options)
  expect((await readdir(out)).filter(name => name.startsWith('.lock'))).toHaveLength(1)
  await journal.close()
  expect(await readdir(out)).toEqual(['records'])

  // Whether that one is alive cannot be known from here.
  const foreign = { pid: process.pid, startedAt: 'then', machine: `not-${hostname()}` }
  await writeFile(path.join(out, '.lock-1-elsewhere.json'), JSON.stringify(foreign))
  await expect(openJournal(out, options)).rejects.toMatchObject({
    code: 'BATCH_LOCKED',
    fix: expect.stringContaining('.lock-1-elsewhere.json'),
  })
})

test('of processes that begin at once at most one gets the folder', async () => {
  const out = path.join(await temporaryHome(), 'out')
  await mkdir(out)
  const all = await Promise.all([1, 2, 3].map(() => startBepProcess<string>('locks-folder.ts', out)))
  expect(all.filter(({ said }) => said === 'locked').length).toBeLessThanOrEqual(1)
  for (const { said } of all) expect(['locked', 'BATCH_LOCKED']).toContain(said)
})
