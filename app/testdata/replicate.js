'use strict';
// Replicates with PouchDB through a device's HTTP proxy: a database from here
// to a remote one, and that back to another here. Arguments: "tunnel" (CONNECT)
// or "plain" (requests for http URLs), the proxy's URL, the remote database's,
// and how many documents. Prints the two accounts of PouchDB.
const http = require('http');
const PouchDB = require('pouchdb-node').plugin(require('pouchdb-adapter-memory')).defaults({ adapter: 'memory' });

const [mode, proxyURL, remoteURL, count] = process.argv.slice(2);
const proxy = new URL(proxyURL);
const credentials = 'Basic ' + Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');

class Tunnel extends http.Agent {
  createConnection(options, done) {
    const request = http.request({
      host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: `${options.host}:${options.port}`,
      headers: { 'Proxy-Authorization': credentials },
    });
    request.on('connect', (response, socket) => {
      if (response.statusCode === 200) done(null, socket);
      else done(new Error(`the proxy answers ${response.statusCode}`));
    }).on('error', done).end();
  }
}

class Plain extends http.Agent {
  addRequest(request, options) {
    request.path = `http://${options.host}:${options.port}${request.path}`;
    request.setHeader('Proxy-Authorization', credentials);
    super.addRequest(request, { ...options, host: proxy.hostname, port: proxy.port });
  }
}

// Not kept alive: node-fetch 2 takes the end of a chunked answer for a break
// when the socket lives on (Node 18).
const agent = new (mode === 'tunnel' ? Tunnel : Plain)({ keepAlive: false });
const remote = new PouchDB(remoteURL, { adapter: 'http', fetch: (url, options) => PouchDB.fetch(url, { ...options, agent }) });

(async () => {
  const docs = Array.from({ length: count }, (_, i) => ({
    _id: `${mode} ${i}/ü`, i, _attachments: { 'a b': { content_type: 'text/plain', data: Buffer.alloc(1000, 97).toString('base64') } },
  }));
  const source = new PouchDB('source');
  await source.bulkDocs(docs);
  const pushed = await PouchDB.replicate(source, remote);
  const pulled = await PouchDB.replicate(remote, new PouchDB('target'));
  console.log(JSON.stringify({ pushed: pushed.docs_written, pulled: pulled.docs_written }));
})().then(() => process.exit(0), (err) => {
  console.error(err);
  process.exit(1);
});
