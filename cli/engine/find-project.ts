import { distance } from 'fastest-levenshtein'
import { BepError } from '../../fixtures/bep-error.js'
import { catalog, type Project } from '../../projects/catalog.js'

/** The names that all mean the same project: `project-4`, `4`, `social-feed`, `04-social-feed`. */
function namesOf(project: Project): readonly string[] {
  const [number = ''] = project.slug.split('-')
  const names = [project.id, project.slug, folderOf(project)]
  return /^\d+$/.test(number) ? [...names, String(Number(number)), number] : [...names, number]
}

/** The folder that `bep start` makes: the slug without its number. */
export function folderOf(project: Project): string {
  return project.slug.slice(project.slug.indexOf('-') + 1)
}

/**
 * Finds a project by any of its names, in any letter case.
 * @throws BepError UNKNOWN_PROJECT that suggests the nearest name.
 */
export function getProject(name: string, projects: readonly Project[] = catalog): Project {
  const wanted = name.trim().toLowerCase()
  const found = projects.find(project => namesOf(project).includes(wanted))
  if (found) return found
  const [nearest] = projects
    .flatMap(project =>
      [project.id, folderOf(project)].map(candidate => ({ candidate, far: distance(wanted, candidate) })),
    )
    .sort((a, b) => a.far - b.far)
  throw new BepError('UNKNOWN_PROJECT', `there is no project "${name}"`, {
    fix:
      nearest && nearest.far <= 4
        ? `Did you mean \`${nearest.candidate}\`? \`bep list\` shows all projects.`
        : '`bep list` shows all projects.',
  })
}
