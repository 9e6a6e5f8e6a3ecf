'use strict';
// Replays every history of a folder, or one file, with the SDK's replayer. The workflows are bundled once, into BUNDLE.
//   node replay.js BUNDLE FILE|FOLDER
const fs = require('fs');
const path = require('path');
const { Worker, Runtime, DefaultLogger, bundleWorkflowCode } = require('@temporalio/worker');
const { historyFromJSON } = require('@temporalio/common/lib/proto-utils');

const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

function* histories(from) {
  const files = fs.statSync(from).isDirectory() ? fs.readdirSync(from).map((name) => path.join(from, name)) : [from];

  for (const file of files) {
    yield { workflowId: path.basename(file), history: historyFromJSON(JSON.parse(fs.readFileSync(file, 'utf8'))) };
  }
}

async function main([bundle, from]) {
  if (!fs.existsSync(bundle)) {
    const { code } = await bundleWorkflowCode({ workflowsPath: path.join(__dirname, 'workflows.js'), logger });
    fs.writeFileSync(bundle, code);
  }
  let failed = 0;
  for await (const result of Worker.runReplayHistories({ workflowBundle: { codePath: bundle } }, histories(from))) {
    if (result.error) {
      failed++;
      process.stderr.write(`${result.workflowId}: ${result.error}\n`);
    }
  }
  await Runtime.instance().shutdown();
  process.exitCode = failed > 0 ? 1 : 0;
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${(error && error.stack) || error}\n`);
  process.exitCode = 1;
});
