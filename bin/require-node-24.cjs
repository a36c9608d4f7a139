// Stops with a sentence where the running Node.js is older than Parapet needs. Old syntax on purpose: it must parse on any Node.js.
'use strict';

var NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    'parapet: needs Node.js ' +
      NODE_MAJOR_MIN +
      ' or later; this is ' +
      process.version +
      ' (' +
      process.execPath +
      ').\n' +
      'Install Node.js 24 LTS, or run `npm ci` without --omit=optional on Linux (x64 or arm64): it brings Node.js 24 with it.\n',
  );
  process.exit(1);
}
