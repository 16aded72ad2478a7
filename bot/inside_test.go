package main

import (
	"bytes"
	"context"
	"fmt"
	"kansbot/internal/audit"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// What a transcript looks at that people do not see.

func trail(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	var b strings.Builder
	ts.Check(s.app.db.View(context.Background(), func(tx kv.Tx) error {
		teams, err := store.Kernteams.All(tx)
		if err != nil {
			return err
		}
		for _, k := range teams {
			lines, err := audit.Of(tx, k.ID)
			if err != nil {
				return err
			}
			for _, line := range lines {
				fmt.Fprintln(&b, line.Did, line.On, line.Role)
			}
		}
		return nil
	}))
	expect(ts, neg, b.String(), args...)
}

func kept(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	var b bytes.Buffer
	ts.Check(s.app.db.View(context.Background(), func(tx kv.Tx) error {
		return tx.Scan(nil, nil, func(_, value []byte) error {
			_, err := b.Write(append(value, '\n'))
			return err
		})
	}))
	expect(ts, neg, b.String(), args...)
}

func logHas(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	expect(ts, neg, s.log.String(), args...)
}

func dump(ts *testscript.TestScript, s *scene, _ bool, _ []string) {
	posts, err := s.stage.channel()
	ts.Check(err)
	ts.Logf("CHANNEL\n%s\nANSWERS %v\nPROBLEMS %v", all(posts), s.answers, s.problems)
	for _, name := range castNames {
		if posts, err := s.stage.direct(name); err == nil && len(posts) > 0 {
			ts.Logf("DIRECT %s\n%s", name, all(posts))
		}
	}
}
