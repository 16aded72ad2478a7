package command

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// Whatever somebody typed too much of: the line that the answer shows to copy
// makes an action.
func TestShorterLineIsTaken(t *testing.T) {
	b := founded(t, time.Date(2027, time.January, 11, 9, 0, 0, 0, zone("")))
	words := strings.Fields("even eens eventueel zal gaan proberen om te bellen zorgt ervoor dat met betrekking tot de in principe zo snel mogelijk school en vraagt belt ; het taallessen bovenbouw logopedist tips als")
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 45).Draw(t, name), " ")
		}
		line := "/actie @emre vraagt " + text("wat") + " voor 12 feb"
		if rapid.Bool().Draw(t, "gain") {
			line += "; gelukt als " + text("gelukt")
		}
		for range 3 { // first the one part may be too long, then the other
			f := b.fork()
			reply := f.types("anna", line)
			if made := f.actions(); len(made) == 1 {
				if length(made[0].Text, made[0].Gain) > maxAction {
					t.Fatalf("%q made %+v", line, made[0])
				}
				return
			}
			if reply.Form == nil {
				t.Fatalf("%q opens no form", line)
			}
			example := ""
			for _, block := range reply.Body {
				if block.Kind == chat.Copy {
					example = block.Text[0].Text
				}
			}
			if example == "" && strings.Contains(textOf(reply.Body), "Wat kan eruit") {
				return
			}
			line = example
		}
		t.Fatalf("and still %q is not taken", line)
	})
}

// actions are all there are.
func (b *trial) actions() (list []team.Action) {
	b.read(func(tx kv.Tx) (err error) {
		list, err = store.Actions.All(tx, b.team().ID)
		return err
	})
	return list
}
