// Serves stripe-stateful-mock on a free port, which is printed, until standard input ends: so it never
// outlives the run of the tests, whatever becomes of that.
"use strict";
require("loglevel").setLevel("silent");
const app = require("stripe-stateful-mock").createExpressApp();
process.stdin.on("end", () => process.exit()).resume();
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
