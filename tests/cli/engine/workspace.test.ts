import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { getWorkspace, workspaceKey } from '../../../cli/engine/workspace.js'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'bep-test-'))
  onTestFinished(() => rm(dir, { recursive: true }))
})

const settings = (text: string) => writeFile(path.join(dir, 'bep.yml'), text)

test('a workspace is found from any folder inside it', async () => {
  await settings('project: task-api\nstart: ./serve\ninstall: make\n')
  await mkdir(path.join(dir, 'src/deep'), { recursive: true })
  const workspace = await getWorkspace(path.join(dir, 'src/deep'))
  expect(workspace).toMatchObject({ dir, start: './serve', install: 'make', project: { id: 'project-1' } })
  expect(workspace).not.toHaveProperty('build')
})

test('its key stays the same when the folder is renamed', async () => {
  await settings('project: 1\nstart: ./serve\n'.replace('1', 'project-1'))
  const key = await workspaceKey(await getWorkspace(dir))
  expect(key).toMatch(/^01-task-api-[0-9a-f]{12}$/)
  expect(await workspaceKey(await getWorkspace(dir))).toBe(key)
})

describe('a broken bep.yml names line and key', () => {
  test.each([
    ['a syntax error', 'project: project-1\nstart: "node\n', /bep\.yml:[23]: .*quote/i],
    ['a wrong indentation', 'project: project-1\n  start: x\n', /bep\.yml:[12]: /],
    [
      'an unknown key',
      'project: project-1\n\nstart: x\nstrat: y\n',
      /bep\.yml:4: there is no setting `strat`/,
    ],
    ['a missing start', 'project: project-1\n', /bep\.yml:1: `start` is missing/],
    ['a missing project', 'start: x\n', /bep\.yml:1: `project` is missing/],
    ['an empty start', 'project: project-1\nstart: ""\n', /bep\.yml:2: `start`: must not be empty/],
    ['a start without a value', 'project: project-1\nstart:\n', /bep\.yml:2: `start`: .*string/],
    ['a list as start', 'project: project-1\nstart: [node, x]\n', /bep\.yml:2: `start`: .*string/],
    [
      'an unknown project',
      '# mine\nproject: project-7\nstart: x\n',
      /bep\.yml:2: there is no project "project-7"/,
    ],
    ['a key twice', 'project: project-1\nstart: x\nstart: y\n', /bep\.yml:3: .*unique/],
    ['no settings at all', '', /bep\.yml:1: expected `key: value` lines/],
    ['a sentence', 'hello', /bep\.yml:1: expected `key: value` lines/],
    ['a list', '- project-1\n', /bep\.yml:1: expected `key: value` lines/],
  ])('%s', async (_name, text, message) => {
    await settings(text)
    await expect(getWorkspace(dir)).rejects.toMatchObject({
      code: 'SETTINGS_BROKEN',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/./),
    })
    await expect(getWorkspace(dir)).rejects.toThrow(dir)
  })

  test('the nearest project is suggested', async () => {
    await settings('project: tsk-api\nstart: x\n')
    await expect(getWorkspace(dir)).rejects.toMatchObject({ fix: expect.stringContaining('`task-api`') })
  })

  test('a bep.yml that is a folder', async () => {
    await mkdir(path.join(dir, 'bep.yml'))
    await expect(getWorkspace(dir)).rejects.toMatchObject({
      code: 'SETTINGS_BROKEN',
      message: expect.stringContaining('EISDIR'),
    })
  })
})
