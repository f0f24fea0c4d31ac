export const roles = ['viewer', 'editor', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Actor {
  readonly id: string
  readonly role: Role
}

interface Written {
  readonly author: { readonly id: string }
}

interface Publishable extends Written {
  readonly publishedAt: Date | null
}

export const isAdmin = (actor: Actor | undefined): boolean => actor?.role === 'admin'

export const isEditor = ({ role }: Actor): boolean => role === 'editor' || role === 'admin'

const isAuthor = (actor: Actor | undefined, { author }: Written): boolean => actor?.id === author.id

/** `actor` is undefined for whoever is not logged in. */
export function mayRead(actor: Actor | undefined, post: Publishable): boolean {
  return post.publishedAt !== null || isAuthor(actor, post) || isAdmin(actor)
}

/** To edit, publish and delete. */
export function mayChange(actor: Actor, post: Written): boolean {
  return isAdmin(actor) || (isEditor(actor) && isAuthor(actor, post))
}

export function mayDeleteComment(actor: Actor, { comment, post }: { comment: Written; post: Written }) {
  return isAuthor(actor, comment) || mayChange(actor, post)
}
