import { describe, expect, test } from 'vitest'
import { folderOf, getProject } from '../../../cli/engine/find-project.js'
import { catalog } from '../../../projects/catalog.js'

test.each(['project-1', '1', '01', 'task-api', '01-task-api', 'Task-API', ' project-1 '])(
  '%o names project-1',
  name => expect(getProject(name).id).toBe('project-1'),
)

test('the folder of a workspace has no number', () => expect(folderOf(catalog[0])).toBe('task-api'))

describe('an unknown project', () => {
  test.each([
    ['project-9', /Did you mean `project-1`/],
    ['tsk-api', /Did you mean `task-api`/],
    ['kubernetes-operator', /^`bep list` shows all projects/],
    ['', /`bep list`/],
  ])('%o', (name, fix) => {
    expect(() => getProject(name)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_PROJECT',
        message: `there is no project "${name}"`,
        fix: expect.stringMatching(fix),
      }),
    )
  })
})
