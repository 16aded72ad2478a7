package command

import (
	"strings"
	"testing"

	"kansbot/internal/store"
)

// Who left while the form was open is neither chair nor contact person, of a
// new kernteam either.
func TestWhoLeftIsNoChoice(t *testing.T) {
	for name, b := range map[string]*trial{"set up": onStore(&memory{}, course(t).now), "changed": course(t)} {
		if err := store.Prepare(t.Context(), b.db); err != nil {
			t.Fatal(err)
		}
		b.roster(crew...)
		form := b.types("anna", "/kernteam instellen").Form
		b.roster("anna", "chantal", "dewi", "emre")
		for _, c := range []struct{ chair, contact, field string }{
			{"bram", "-", "voorzitter"}, {"anna", "bram", "contact"}, {"dewi", "emre", ""},
		} {
			problems := b.sends("anna", form, map[string][]string{
				"naam": {"Kernteam De Zwaan"}, "school": {"De Zwaan"}, "gemeente": {"Zwanendam"}, "soort": {"basisonderwijs"},
				"regio": {"midden"}, "taal": {"nl"}, "voorzitter": {c.chair}, "contact": {c.contact},
			}).Problems
			if got := problems[c.field]; strings.Contains(got, "zit niet meer in dit kanaal") != (c.field != "") || c.field == "" && len(problems) > 0 {
				t.Errorf("%s, %+v: %v", name, c, problems)
			}
		}
		if k := b.team(); k.Chair != "dewi" || k.Contact != "emre" {
			t.Errorf("%s: %+v", name, k)
		}
	}
}
