package main

import (
	"errors"
	"runtime"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/api"
)

// limitFlags are for commands that serve the API: how much its callers may ask.
type limitFlags struct {
	APIRate          int           `env:"LEADWHEEL_API_RATE" default:"1000" help:"Requests a second that an API key may make; 0 is no limit. Default ${default}."`
	PersonRate       int           `env:"LEADWHEEL_PERSON_RATE" default:"3000" help:"Requests a minute that one person may make, who is signed in or a member; 0 is no limit. Default ${default}."`
	GuessAddressRate int           `env:"LEADWHEEL_GUESS_ADDRESS_RATE" default:"1200" help:"Requests a minute with a wrong API key, or with none, from one address. Over it keys that were not used within a day are refused there too. 0 is no limit. Default ${default}."`
	GuessRate        int           `env:"LEADWHEEL_GUESS_RATE" default:"12000" help:"The same, from all addresses. Default ${default}."`
	SignInRate       int           `env:"LEADWHEEL_SIGN_IN_RATE" default:"60" help:"Times a minute that one address may sign in, or try to; 0 is no limit. Default ${default}."`
	Reads            int           `env:"LEADWHEEL_READS" default:"0" help:"Lists, searches and exports of one workspace that a process reads at once; others wait. Default: half of this machine's cores, at least 1."`
	ReadTime         time.Duration `env:"LEADWHEEL_READ_TIME" default:"15s" placeholder:"DURATION" help:"How long Postgres may take for a statement of theirs before it is stopped; 0 is no bound. Default ${default}."`
}

// api are the limits of an API with so many connections to Postgres: half of them are for what may take long. Of the cores a half is
// left to others while one workspace reads as much as it may.
func (f limitFlags) api(connections int) api.Limits {
	if f.Reads == 0 {
		f.Reads = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return api.Limits{
		Key: f.APIRate, Person: f.PersonRate, GuessesAddress: f.GuessAddressRate, Guesses: f.GuessRate, SignIns: f.SignInRate,
		Reads: f.Reads, AllReads: connections / 2, ReadTime: f.ReadTime,
	}
}

// check refuses what would mean nothing.
func (f limitFlags) check() error {
	if f.APIRate < 0 || f.PersonRate < 0 || f.GuessAddressRate < 0 || f.GuessRate < 0 || f.SignInRate < 0 || f.Reads < 0 || f.ReadTime < 0 {
		return errors.New("the limits of requests are 0 or more")
	}
	return nil
}
