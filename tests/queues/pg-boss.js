// Drives the real pg-boss: `node pg-boss.js MODULE fill|hold|work URL`.
//
// fill makes its schema and jobs in every state, and prints their ids by name. hold takes the job of the queue "held" and
// does nothing until it is killed. work does every job that may be taken, and prints the name and id of each as it runs.
// install makes its schema, and queues. turns adds jobs whose order is not that of their times and some that a policy holds back, and prints the ids of each queue.
// take takes them one after the other, and prints the ids in that order.

const [module, command, url] = process.argv.slice(2)
const loaded = await import(module)
const PgBoss = loaded.PgBoss ?? loaded.default
const boss = new PgBoss({ connectionString: url, superviseIntervalSeconds: 3600, maintenanceIntervalSeconds: 3600 })
boss.on('error', (error) => console.error(error.message))
await boss.start()

const queues = ['done', 'broken', 'again', 'idle', 'later', 'gone', 'held', 'single', 'nightly']
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const state = async (queue, id) => (await boss.getJobById(queue, id)).state

async function until (queue, id, wanted) {
  for (let tries = 0; tries < 200; tries++) {
    if (await state(queue, id) === wanted) return
    await sleep(100)
  }
  throw new Error(`${queue} is ${await state(queue, id)} and not ${wanted}`)
}

if (command === 'install') {
  for (const queue of ['mail', 'report', 'invoice', 'email']) await boss.createQueue(queue)
  await boss.stop({ graceful: false, timeout: 1000 })
} else if (command === 'fill') {
  for (const queue of queues) {
    await boss.createQueue(queue, { name: queue, policy: queue === 'single' ? 'singleton' : 'standard', retryLimit: 0 })
  }
  const ids = {}
  ids.done = await boss.send('done', { n: 1 })
  ids.broken = await boss.send('broken', { n: 2 }, { retryLimit: 0 })
  ids.again = await boss.send('again', { n: 3 }, { retryLimit: 3, retryDelay: 3600 })
  ids.idle = await boss.send('idle', { n: 4 }, { priority: 5 })
  ids.later = await boss.send('later', { n: 5 }, { startAfter: 3600 })
  ids.gone = await boss.send('gone', { n: 6 })
  ids.held = await boss.send('held', { n: 7 }, { retryLimit: 2, expireInSeconds: 600 })
  await boss.cancel('gone', ids.gone)
  await boss.schedule('nightly', '0 3 * * *', { report: true }, { tz: 'Asia/Bangkok' })
  const fails = async () => { throw new Error('timeout after 3000 ms') }
  await boss.work('done', { pollingIntervalSeconds: 0.5 }, async () => ({ fine: true }))
  await boss.work('broken', { pollingIntervalSeconds: 0.5 }, fails)
  await boss.work('again', { pollingIntervalSeconds: 0.5 }, fails)
  await until('done', ids.done, 'completed')
  await until('broken', ids.broken, 'failed')
  await until('again', ids.again, 'retry')
  console.log(JSON.stringify(ids))
  await boss.stop({ graceful: false, timeout: 1000 })
} else if (command === 'hold') {
  await boss.work('held', { pollingIntervalSeconds: 0.5 }, async ([job]) => {
    console.log(job.id)
    await sleep(3600_000)
  })
} else if (command === 'turns') {
  const policies = { turns: 'standard', urgent: 'standard', single: 'singleton', stately: 'stately' }
  if (module === 'pg-boss') policies.keyed = 'key_strict_fifo'
  for (const [queue, policy] of Object.entries(policies)) await boss.createQueue(queue, { name: queue, policy, retryLimit: 0 })
  const ids = Object.fromEntries(Object.keys(policies).map((queue) => [queue, []]))
  const send = async (queue, options) => ids[queue].push(await boss.send(queue, {}, options))
  await send('turns', { startAfter: 1 })
  for (const priority of [0, 9, 0, 5]) await send('turns', { priority })
  for (let n = 0; n < 20; n++) await send('urgent', { priority: 50 })
  for (const queue of ['single', 'stately']) {
    await send(queue, { singletonKey: 'one' })
    await boss.fetch(queue)
    await send(queue, { singletonKey: 'one' })
  }
  if (policies.keyed) {
    for (const singletonKey of ['one', 'one', 'two', 'two']) await send('keyed', { singletonKey })
    await boss.fetch('keyed')
  }
  await sleep(1100)
  console.log(JSON.stringify(ids))
  await boss.stop({ graceful: false, timeout: 1000 })
} else if (command === 'take') {
  for (const queue of ['turns', 'single', 'stately', 'keyed']) {
    for (;;) {
      // Version 10 runs into its unique index where a policy holds a job back.
      const [job] = await boss.fetch(queue).catch(() => []) ?? []
      if (!job) break
      console.log(`${queue} ${job.id}`)
    }
  }
  await boss.stop({ graceful: false, timeout: 1000 })
} else {
  for (const queue of queues) {
    await boss.work(queue, { pollingIntervalSeconds: 0.5 }, async ([job]) => console.log(`${queue} ${job.id}`))
  }
  await sleep(6000)
  await boss.stop({ graceful: false, timeout: 1000 })
}
if (command !== 'hold') process.exit(0)
