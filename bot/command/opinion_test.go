package command

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Neither an opinion nor who gave one is kept longer than anybody can see it:
// the half school year and the one after.
func TestOpinionsAreForgotten(t *testing.T) {
	b := founded(t, time.Date(2027, time.November, 1, 9, 0, 0, 0, zone("")))
	b.types("anna", "/kernteam tevreden 4 korte lijnen")
	for _, c := range []struct {
		now  time.Time
		kept bool
	}{
		{time.Date(2028, time.July, 31, 9, 0, 0, 0, zone("")), true},
		{time.Date(2028, time.August, 2, 9, 0, 0, 0, zone("")), false},
	} {
		b.now = c.now
		if _, err := b.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"opinion", "spoke"} {
			kept := slices.ContainsFunc(b.db.data, func(e entry) bool { return strings.HasPrefix(e.key, table+"\x00") })
			if kept != c.kept {
				t.Errorf("on %s %s is kept: %t", c.now.Format(time.DateOnly), table, kept)
			}
		}
	}
}
