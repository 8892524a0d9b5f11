package main

import "testing"

// TestCommandsBalanceGroups has a group keep its mix even, by several things, and shows its lanes.
func TestCommandsBalanceGroups(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	y.line(exitOK, "member create Ben")
	y.types(exitOK, "group", "create", "Ads", "--member", "Mia", "--member", "Ben", "--balance-by", "campaign")
	y.shows("group show Ads", "The mix is kept even by campaign.")
	y.types(exitOK, "group", "edit", "Ads", "--balance-by", "field:Home town")
	y.shows("group show Ads", "The mix is kept even by field:Home town.")
	y.line(exitOK, "group edit Ads --name Adverts")
	y.shows("group show Adverts", "kept even by field:Home town", "version 2")
	y.line(exitRefused, "group edit Adverts --balance-by towns")
	y.line(exitOK, "group edit Adverts --balance-by nothing")
	if text := y.line(exitOK, "group show Adverts --json"); parse[struct {
		BalanceBy *string `json:"balance_by"`
	}](t, text).BalanceBy != nil {
		t.Errorf("it still balances: %s", text)
	}
}
