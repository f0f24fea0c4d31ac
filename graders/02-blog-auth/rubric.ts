import { checksFor } from '../kit/check.js'
import { defineRubric } from '../kit/rubric.js'

export const rubric = defineRubric([
  { id: 'jwt-login', title: 'Registration and login with JWT access tokens', points: 12, kind: 'behaviour' },
  { id: 'password-hashing', title: 'Passwords are hashed with bcrypt', points: 10, kind: 'behaviour' },
  { id: 'posts', title: 'Create, publish, edit, list and comment on posts', points: 13, kind: 'behaviour' },
  {
    id: 'protected-routes',
    title: 'Protected routes let only the right ones in',
    points: 12,
    kind: 'behaviour',
  },
  { id: 'rbac', title: 'Admins, editors and viewers', points: 12, kind: 'behaviour' },
  { id: 'refresh-tokens', title: 'Refresh tokens rotate', points: 12, kind: 'behaviour' },
  { id: 'sessions', title: 'Session-based login', points: 10, kind: 'behaviour' },
  { id: 'auth-flow', title: 'Auth flow diagram', points: 3, kind: 'docs' },
  { id: 'security-practices', title: 'Security document', points: 3, kind: 'docs' },
  { id: 'strategies', title: 'Runnable requests for each strategy', points: 3, kind: 'docs' },
  // The last one: a server that does not get over it has nothing else to lose.
  { id: 'resilience', title: 'Nobody is let in when a store is down', points: 5, kind: 'fault' },
  { id: 'performance', title: 'Speed under load', points: 5, kind: 'performance' },
])

export const check = checksFor(rubric)
