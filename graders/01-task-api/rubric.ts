import { checksFor } from '../kit/check.js'
import { defineRubric } from '../kit/rubric.js'

export const rubric = defineRubric([
  { id: 'users', title: 'Create, read, update, delete and list users', points: 12, kind: 'behaviour' },
  { id: 'tasks-crud', title: 'Create, read, update, delete and list tasks', points: 17, kind: 'behaviour' },
  { id: 'validation', title: 'Basic input validation', points: 13, kind: 'behaviour' },
  { id: 'errors', title: 'One error shape, made in one place', points: 15, kind: 'behaviour' },
  { id: 'relations', title: 'Users have tasks', points: 12, kind: 'behaviour' },
  { id: 'status-codes', title: 'Correct status codes and headers', points: 10, kind: 'behaviour' },
  { id: 'api-docs', title: 'OpenAPI document and Postman collection', points: 8, kind: 'docs' },
  { id: 'schema-design', title: 'Schema document', points: 8, kind: 'docs' },
  { id: 'performance', title: 'Speed under load', points: 5, kind: 'performance' },
])

export const check = checksFor(rubric)
