package main

import (
	"strings"
	"testing"
)

// In a channel that the bot is not in, private or not, nobody can do anything
// but hear how to invite it; from then on they can.
func TestSlackUninvited(t *testing.T) {
	h := newSlackHouse(t, "De Zwaan")
	a, _, _ := boot(t, false, h.wire)
	p := h.places[0]
	h.until("greeting", func() bool { return strings.Contains(read(p.room.Messages()), "Kansbot") })
	for name, private := range map[string]bool{"besloten": true, "open": false} {
		elsewhere := p.bot.Workspace.Channel(name, private, p.anna, p.bram)
		for _, line := range []string{"/kernteam", "/signaal K-014 begint niet aan een taak #leren", "/actie lijst"} {
			if said := h.types(p.anna, elsewhere, line); !strings.Contains(said, "/invite @Kansbot") {
				t.Errorf("%s, %s: %q", name, line, said)
			}
		}
		if posts := elsewhere.Messages(); len(posts) > 0 || p.anna.Modal() != nil {
			t.Errorf("%s: posted %q, a form %t", name, read(posts), p.anna.Modal() != nil)
		}
		if teams, err := kernteams(t.Context(), a.db); err != nil || len(teams) > 0 {
			t.Errorf("%s: founded %v, %v", name, teams, err)
		}
		elsewhere.Invite(p.anna, p.bot)
		h.until("greeting", func() bool { return strings.Contains(read(elsewhere.Messages()), "Kansbot") })
		h.types(p.anna, elsewhere, "/kernteam")
		h.until("the form", func() bool { return p.anna.Modal() != nil })
		if err := p.anna.CloseModal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
