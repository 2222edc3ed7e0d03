// Stands in for the Functions worker in a fresh process: answers require("@azure/functions-core"), and tells on file
// descriptor 3 when the entry point that it was given has been loaded. Plain CommonJS, so that it costs next to nothing.
const Module = require("node:module");
const { writeSync } = require("node:fs");
const { pathToFileURL } = require("node:url");

const names = [];
const disposable = { dispose() {} };
const core = {
  version: "3.9.1",
  hostVersion: "4.1037.0.0",
  Disposable: Object,
  log() {},
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerHook: () => disposable,
  registerFunction(metadata) {
    names.push(metadata.name);
    return disposable;
  },
};
const { require: original } = Module.prototype;
Module.prototype.require = function (id) {
  return id === "@azure/functions-core" ? core : original.call(this, id);
};

const entry = process.env.COLD_START_ENTRY;
const loaded = entry === undefined ? Promise.resolve() : import(pathToFileURL(entry).href);
const tell = () => {
  const { user, system } = process.cpuUsage();
  writeSync(3, JSON.stringify({ functions: names.length, cpuMs: (user + system) / 1000 }));
  process.exit(0);
};
loaded.then(tell, (error) => {
  console.error(error);
  process.exit(1);
});
