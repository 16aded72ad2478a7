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
	for i := range most + 1 {
		c.Put(fmt.Sprint(i), i, start)
	}
	if len(c.kept) != 1 {
		t.Errorf("%d kept", len(c.kept))
	}
}
