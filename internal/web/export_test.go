package web

// Measured is what counts and times requests, for tests that weigh it.
var Measured = measured
