import { chmod, copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { Project } from '../../../projects/catalog.js'
import type { IsolationTier } from '../isolation/launcher.js'
import { packageRoot } from '../project-files.js'
import { type GradingSettings, gradingSettingsFile } from './grading-settings.js'

interface AutograderOptions {
  readonly project: Project
  readonly settings: GradingSettings
  /** The weakest isolation that will do; without it the best that the container allows. */
  readonly required?: IsolationTier | undefined
}

const scripts = ['setup.sh', 'run_autograder']

/**
 * Writes what Gradescope wants to have as a zip: its two scripts, this bep as a package, the project and the settings.
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/
 * @returns the names of the files
 * @throws BepError FOLDER_NOT_EMPTY, AUTOGRADER_UNWRITABLE
 */
export async function writeAutograder(
  dir: string,
  { project, settings, required }: AutograderOptions,
): Promise<readonly string[]> {
  const there = await readdir(dir).catch(() => [])
  if (there.length > 0) {
    throw new BepError('FOLDER_NOT_EMPTY', `${dir} has other files (${there.slice(0, 3).join(', ')})`, {
      fix: 'Name a folder that is empty or not there yet.',
    })
  }
  try {
    await mkdir(dir, { recursive: true })
    for (const name of scripts) {
      await copyFile(path.join(packageRoot, 'templates', '_gradescope', name), path.join(dir, name))
      await chmod(path.join(dir, name), 0o755)
    }
    await writeFile(path.join(dir, gradingSettingsFile), settingsText(settings))
    const tier = required === undefined ? '' : `BEP_REQUIRE=${required}\n`
    await writeFile(path.join(dir, 'autograder.env'), `BEP_PROJECT=${project.id}\n${tier}`)
    await rename(await packed(dir), path.join(dir, 'bep.tgz'))
  } catch (cause) {
    throw new BepError(
      'AUTOGRADER_UNWRITABLE',
      `cannot write the autograder to ${dir}: ${messageOf(cause)}`,
      {
        fix: 'Name a folder that can be made and written; npm must be on PATH.',
        cause,
      },
    )
  }
  return [...scripts, 'autograder.env', gradingSettingsFile, 'bep.tgz']
}

/** This bep as npm would publish it. */
async function packed(dir: string): Promise<string> {
  const { stdout } = await execa(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', path.resolve(dir)],
    { cwd: packageRoot },
  )
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return path.join(dir, filename)
}

/** The settings as they were resolved: extensions from a CSV file stand in it, and no other file is needed. */
function settingsText({ late, extensions, until, ...settings }: GradingSettings): string {
  const iso = (date: Date | undefined) => date?.toISOString()
  return stringify({
    ...settings,
    ...(until && { until: iso(until) }),
    ...(late && {
      late: {
        ...late,
        due: iso(late.due),
        ...(late.cutOff && { cutOff: iso(late.cutOff) }),
        extensions: Object.fromEntries(extensions.map(({ who, due }) => [who, iso(due)])),
      },
    }),
  })
}
