// The least that a Koa app does to answer: the bytes of BODY, whatever is asked.
import Koa from 'koa'

const body = Buffer.from(process.env.BODY, 'base64')
const app = new Koa()
app.use(ctx => {
  ctx.type = 'application/json'
  ctx.body = body
})
app.listen(Number(process.env.PORT), '127.0.0.1')
