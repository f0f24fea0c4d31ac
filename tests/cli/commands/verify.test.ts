import { expect, test } from 'vitest'
import { temporaryHome } from '../../fixtures/temporary-home.js'
import { leftovers, runBep } from '../bep.js'

test('named bugs alone are planted, and the last line claims no more', async () => {
  const home = await temporaryHome()
  const { code, stdout } = await runBep(['verify', 'project-1', '--bugs', 'tie-less-cursor'], {
    home,
    cwd: home,
  })
  expect(stdout).toMatch(/✓ planted bugs are caught by their row {2}caught by tasks-crud/)
  expect(stdout).toMatch(/\ncaught tie-less-cursor; nothing else was tried \(/)
  expect(stdout).not.toContain('verified')
  expect(code).toBe(0)
  expect(await leftovers(home)).toEqual([])
})
