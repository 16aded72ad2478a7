package cache

import (
	"fmt"
	"testing"
	"time"
)

func TestCache(t *testing.T) {
	var c Cache[int]
	start := time.Date(2027, time.January, 4, 9, 0, 0, 0, time.UTC)
	if _, found := c.Get("a", time.Time{}); found {
		t.Error("something in an empty one")
	}
	c.Put("a", 1, start)
	for since, want := range map[time.Time]bool{{}: true, start.Add(-1): true, start: false, start.Add(time.Hour): false} {
		if v, found := c.Get("a", since); found != want || found && v != 1 {
			t.Errorf("since %v: %d, %v", since, v, found)
		}
	}
	c.Drop("a")
	if _, found := c.Get("a", time.Time{}); found {
		t.Error("still there")
	}
}

// A full one forgets what it has had longest.
func TestFull(t *testing.T) {
	var c Cache[int]
	start := time.Date(2027, time.January, 4, 9, 0, 0, 0, time.UTC)
	at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
	for i := range most {
		c.Put(fmt.Sprint(i), i, at(i))
	}
	c.Put("0", 0, at(most)) // known, so it needs no room
	if len(c.kept) != most {
		t.Fatalf("%d kept", len(c.kept))
	}
	c.Put("new", -1, at(most+1))
	for key, want := range map[string]bool{"0": true, "1": false, fmt.Sprint(most / 2): false, fmt.Sprint(most/2 + 1): true, fmt.Sprint(most - 1): true, "new": true} {
		if _, found := c.Get(key, time.Time{}); found != want {
			t.Errorf("%s is kept: %v", key, found)
		}
	}
	if len(c.kept) != most/2+1 {
		t.Errorf("%d kept", len(c.kept))
	}
}
