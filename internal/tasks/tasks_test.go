package tasks

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestLine(t *testing.T) {
	l := NewLine[string]()
	for _, s := range []string{"a", "b", "a", "c", "b"} {
		l.Add(s)
	}
	var got string
	for s, ok := l.Take(); ok; s, ok = l.Take() {
		got += s
	}
	if got != "abc" {
		t.Errorf("took %q", got)
	}
	if l.Add("a"); len(l.waiting) != 1 {
		t.Error("what was taken cannot come again")
	}
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLine[string]()
		ctx, cancel := context.WithCancel(t.Context())
		var got string
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for s, ok := l.Next(ctx); ok; s, ok = l.Next(ctx) {
				got += s
			}
		}()
		for _, s := range []string{"a", "b"} {
			synctest.Wait()
			l.Add(s)
		}
		synctest.Wait()
		if got != "ab" {
			t.Errorf("got %q", got)
		}
		l.Add("c")
		cancel()
		<-ended
		if s, ok := l.Next(ctx); ok {
			t.Errorf("got %q after the end", s)
		}
	})
}
