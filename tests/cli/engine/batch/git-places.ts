import { execFileSync } from 'node:child_process'

const environment = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-10-01T12:00:00Z',
  GIT_COMMITTER_DATE: '2026-10-02T12:00:00+02:00',
}

/** Runs git in a folder as a student who has set nothing. */
export const git = (dir: string, args: readonly string[], input?: string | Buffer): string =>
  execFileSync('git', [...args], {
    cwd: dir,
    env: environment,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input !== undefined && { input }),
  }).trim()

/** Makes a repository of a folder, with all of it in one commit; gives the commit. */
export function commitAll(dir: string): string {
  git(dir, ['init', '--quiet', '--initial-branch=main'])
  git(dir, ['add', '--all', '--force'])
  git(dir, ['commit', '--quiet', '--message=Hand in'])
  return git(dir, ['rev-parse', 'HEAD'])
}
