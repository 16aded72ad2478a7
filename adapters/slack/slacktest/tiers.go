package slacktest

import (
	"maps"
	"time"
)

// A tier is how many requests a method takes in any minute, of one app in one
// workspace (docs.slack.dev/apis/web-api/rate-limits).
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100

	// Slack publishes no number for these.
	tierPost = 300 // chat.postMessage, "several hundred"
	tierTest = 600
)

// Posts in one channel: one a second, with short bursts.
const (
	postEvery = time.Second
	postBurst = 3
)

// limits are the requests that count towards the limits now.
type limits struct {
	recent map[[3]string][]time.Time // of the last minute, by app, team and method
	due    map[string]time.Time      // until when the posts so far last at their rate, by app, team and channel
	earned map[string]int            // requests refused, by method
}

func newLimits() limits {
	return limits{recent: map[[3]string][]time.Time{}, due: map[string]time.Time{}, earned: map[string]int{}}
}

// Limited is how many requests were refused because there were too many, by
// method. A 429 that was a Fault does not count.
func (s *Slack) Limited() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.limits.earned)
}

// take counts a request, or says how long to wait with it.
func (l *limits) take(now time.Time, app, team, method string, tier int, channel string) (wait time.Duration) {
	key := [3]string{app, team, method}
	recent := l.recent[key]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	l.recent[key] = recent
	if len(recent) >= tier {
		wait = time.Minute - now.Sub(recent[0])
	}
	room := app + team + channel
	due := l.due[room]
	if due.Before(now) {
		due = now
	}
	if method == "chat.postMessage" {
		wait = max(wait, due.Sub(now)-(postBurst-1)*postEvery)
		due = due.Add(postEvery)
	}
	if wait > 0 {
		l.earned[method]++
		return wait
	}
	l.recent[key], l.due[room] = append(recent, now), due
	return 0
}
