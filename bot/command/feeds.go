package command

import (
	"strings"
	"sync"

	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// mostMade is how many bytes of feeds are kept.
const mostMade = 32 << 20

// feeds are calendar feeds as they were made: apps ask for them every few hours,
// and a kernteam's dates are the same for weeks.
type feeds struct {
	mu   sync.Mutex
	all  map[string]made // by secret
	size int
}

type made struct {
	sum  string // of what it was made of
	body []byte
}

// of is the feed behind a secret, when it was made of this; nil when it was not.
func (f *feeds) of(secret, sum string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.all[secret]; m.sum == sum {
		return m.body
	}
	return nil
}

func (f *feeds) keep(secret, sum string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size += len(body) - len(f.all[secret].body)
	if f.all == nil || f.size > mostMade {
		f.all, f.size = map[string]made{}, len(body)
	}
	f.all[secret] = made{sum, body}
}

// feedSum changes with what a feed of these kernteams is made of, and with the
// day.
func (b *Bot) feedSum(tx kv.Tx, teams []team.Kernteam) (string, error) {
	var all strings.Builder
	for _, k := range teams {
		sum, err := store.FeedSum(tx, k.ID)
		if err != nil {
			return "", err
		}
		all.WriteString(sum + team.DateOf(b.Now().In(zone(k.Zone))).String())
	}
	return all.String(), nil
}
