import { checksFor } from '../kit/check.js'
import { defineRubric } from '../kit/rubric.js'

export const rubric = defineRubric([
  { id: 'posts', title: 'Posts and timeline generation', points: 12, kind: 'behaviour' },
  { id: 'follow', title: 'Follow and unfollow', points: 12, kind: 'behaviour' },
  { id: 'cursor-pagination', title: 'Stable cursor pagination', points: 13, kind: 'behaviour' },
  { id: 'counters', title: 'Likes and comments that are counted right', points: 13, kind: 'behaviour' },
  { id: 'feed-cache', title: 'A feed from Redis', points: 16, kind: 'behaviour' },
  { id: 'activity-feed', title: 'Activity in sorted sets', points: 10, kind: 'behaviour' },
  { id: 'resilience', title: 'Without Redis', points: 7, kind: 'fault' },
  { id: 'db-report', title: 'Database optimisation report', points: 4, kind: 'docs' },
  { id: 'caching-strategy', title: 'Caching strategy', points: 4, kind: 'docs' },
  { id: 'load-times', title: 'Load-time comparison', points: 4, kind: 'docs' },
  { id: 'performance', title: 'Speed under load', points: 5, kind: 'performance' },
])

export const check = checksFor(rubric)
