'use strict';
// A PouchDB at the other end of a pipe. Each line on standard input is a
// request {id, op, ...}, each line on standard output its answer {id, ok} or
// {id, error}, or an event {event, ...}. It ends with its standard input.
const PouchDB = require('pouchdb-node').plugin(require('pouchdb-adapter-memory')).defaults({ adapter: 'memory' });

const local = new Map(); // databases by name
const db = (name) => {
  if (/^https?:/.test(name)) return new PouchDB(name, { adapter: 'http' });
  if (!local.has(name)) local.set(name, new PouchDB(name));
  return local.get(name);
};
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');
const running = [];

const ops = {
  // serve answers the CouchDB protocol, and returns the URL.
  serve: () => new Promise((resolve) => {
    const app = require('express')();
    app.use('/', require('express-pouchdb')(PouchDB, { mode: 'fullCouchDB', inMemoryConfig: true, logPath: '/dev/null' }));
    const server = app.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  }),
  bulk: ({ name, docs, options }) => db(name).bulkDocs(docs, options || {}),
  put: ({ name, doc }) => db(name).put(doc),
  get: ({ name, doc, options }) => db(name).get(doc, options || {}),
  attach: ({ name, doc, rev, file, type, size, fill }) => db(name).putAttachment(doc, file, rev, Buffer.alloc(size, fill), type),
  // leaves returns what the database holds: [id, leaf revisions] in order.
  leaves: async ({ name }) => {
    const { results } = await db(name).changes({ style: 'all_docs' });
    return results.map((r) => [r.id, r.changes.map((c) => c.rev).sort()]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  },
  // replicate copies all there is, and returns PouchDB's own account of it.
  replicate: ({ from, to, options }) => PouchDB.replicate(db(from), db(to), options || {}),
  // sync keeps two databases alike, and watch tells of each change of one.
  sync: ({ from, to }) => new Promise((resolve) => {
    const s = PouchDB.sync(db(from), db(to), { live: true, retry: true });
    running.push(s);
    s.once('paused', () => resolve(true));
  }),
  watch: ({ name }) => {
    running.push(db(name).changes({ live: true, since: 'now' }).on('change', (c) => say({ event: 'change', doc: c.id })));
    return true;
  },
};

let asked = Promise.resolve();
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  asked = asked.then(() => ops[request.op](request)).then(
    (ok) => say({ id: request.id, ok }),
    (err) => say({ id: request.id, error: String(err.reason || err.message || err) }),
  );
}).on('close', () => process.exit(0));
