package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.etcd.io/bbolt"

	"kansbot/adapters/bolt"
	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// check compares what is stored after the last kill with what people were told
// and with what the platform shows.
func (h *hunt) check() {
	path := filepath.Join(h.dir, "kansbot.db")
	h.checkFile(path)
	db, err := bolt.Open(path)
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	shown := h.crowd.shown()
	err = db.View(h.Context(), func(tx kv.Tx) error {
		posts, err := store.Table[outbox.Status]{Name: "post"}.All(tx)
		if err != nil {
			return err
		}
		h.checkPosts(posts, shown)
		for room := range h.rooms {
			at := h.crowd.address(room)
			k, found, err := store.At(tx, at.Platform, at.Workspace, at.Channel)
			if err != nil || !found {
				return fmt.Errorf("kernteam of room %d: %v, %w", room, found, err)
			}
			if err := errors.Join(h.checkTold(tx, room, k.ID), h.checkOrder(tx, room, k.ID, shown)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

func (h *hunt) checkFile(path string) {
	file, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		h.Fatal(err)
	}
	defer file.Close()
	err = file.View(func(tx *bbolt.Tx) error {
		for damage := range tx.Check() {
			h.Errorf("file: %v", damage)
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

var wordPattern = regexp.MustCompile(`zq[a-z]+`)

// checkTold: all that people were told of is there, and no request did
// anything twice.
func (h *hunt) checkTold(tx kv.Tx, room int, id string) error {
	signals, err1 := store.Signals.All(tx, id)
	actions, err2 := store.Actions.All(tx, id)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	times := map[string]int{}
	for _, s := range signals {
		times[wordPattern.FindString(s.Seen)]++
	}
	for _, a := range actions {
		times[wordPattern.FindString(a.Text)]++
	}
	for word, n := range times {
		if word == "" || n != 1 {
			h.Errorf("room %d: %q was typed once, and stored %d times", room, word, n)
		}
	}
	for _, told := range h.told {
		if told.room != room {
			continue
		}
		var s team.Signal // both are numbered from 1, without a gap
		var a team.Action
		if told.nr > 0 && told.nr <= len(signals) {
			s = signals[told.nr-1]
		}
		if told.nr > 0 && told.nr <= len(actions) {
			a = actions[told.nr-1]
		}
		there := false
		switch told.what {
		case "again":
			there = times[told.word] == 1
		case "signal":
			there = s.Nr == told.nr && strings.Contains(s.Seen, told.word)
		case "changed":
			c, _, err := store.Cases.Get(tx, id, s.Code)
			if err != nil {
				return err
			}
			there = s.Nr == told.nr && c.Parents == team.Agreed
		case "action":
			there = a.Nr == told.nr && strings.Contains(a.Text, told.word)
		case "done":
			there = a.Nr == told.nr && a.Status == team.Done
		case "postponed":
			there = a.Nr == told.nr && team.DateOf(a.Created).AddDays(14).Before(a.Due)
		}
		if !there {
			h.Errorf("lost: %+v", told)
		}
	}
	return nil
}

// checkPosts: what the platform shows is what the outbox kept, no more and no
// less.
func (h *hunt) checkPosts(kept []outbox.Status, shown []posted) {
	byKey := map[string][]posted{}
	for _, post := range shown {
		if post.key == "" && post.to.User != "" {
			continue // an answer, for one person and once
		}
		byKey[post.key] = append(byKey[post.key], post)
	}
	for _, s := range kept {
		p, key := s.Post, s.Post.Key
		if p.To.Home {
			key = string(s.ID)
		}
		if s.State != outbox.Sent || s.Sent != s.Wanted {
			h.Errorf("%s is %s, version %d of %d: %s", p.Key, s.State, s.Sent, s.Wanted, s.Reason)
		}
		posts := byKey[key]
		delete(byKey, key)
		if len(posts) != 1 {
			h.Errorf("%s is shown %d times", p.Key, len(posts))
			continue
		}
		want := posted{id: s.ID, to: p.To, key: key, text: lettersOf(p.Body)}
		if p.Under != "" {
			want.root = h.rootID(kept, p.Under)
		}
		if posts[0] != want {
			h.Errorf("%s is\n%+v\nwant\n%+v", p.Key, posts[0], want)
		}
	}
	for key, posts := range byKey {
		h.Errorf("%q is shown %d times, and not kept", key, len(posts))
	}
}

func (h *hunt) rootID(kept []outbox.Status, key string) chat.PostID {
	i := slices.IndexFunc(kept, func(s outbox.Status) bool { return s.Post.Key == key })
	if i < 0 || kept[i].ID == "" {
		h.Errorf("no root %s", key)
		return ""
	}
	return kept[i].ID
}

// trailed are the keys of posts that have a line in the trail.
var trailed = regexp.MustCompile(`^(team|signal|action|help)/`)

// checkOrder: a room shows posts in the order of the trail, which was written
// in the same transactions.
func (h *hunt) checkOrder(tx kv.Tx, room int, id string, shown []posted) error {
	lines, err := audit.Of(tx, id)
	if err != nil {
		return err
	}
	var want, got []string
	kinds := map[string]string{"signal.log": "signal", "action.make": "action"}
	helps := map[string]int{}
	for _, line := range lines {
		_, nr, _ := strings.Cut(line.On, " ")
		switch line.Did {
		case "team.make":
			want = append(want, "team/"+id)
		case "action.help":
			helps[nr]++
			want = append(want, fmt.Sprintf("help/%s/%s/%d", id, nr, helps[nr]))
		case "signal.log", "action.make":
			want = append(want, kinds[line.Did]+"/"+id+"/"+nr)
		}
	}
	for _, post := range shown {
		if post.to == h.crowd.address(room) && trailed.MatchString(post.key) {
			got = append(got, post.key)
		}
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			h.Errorf("room %d: from its post %d on it shows\n%q\nwant\n%q", room, i, got[min(i, len(got)):], want[min(i, len(want)):])
			break
		}
	}
	return nil
}

// report says what the run amounted to.
func (h *hunt) report() {
	told, kinds, posts := map[string]int{}, map[string]int{}, h.crowd.shown()
	for _, about := range h.told {
		told[about.what]++
	}
	for _, post := range posts {
		kind, _, _ := strings.Cut(post.key, "/")
		kinds[kind]++
	}
	for _, kind := range []string{"signal", "action", "help", "helpchair", "remind"} {
		if kinds[kind] == 0 && h.kills > 50 {
			h.Errorf("nobody got to see a %s: this run shows little", kind)
		}
	}
	h.Logf("%d kills in %v; people were told of %d changes: %v; %d posts: %v; the server: %s",
		h.killed, time.Since(h.began).Round(time.Second), len(h.told), told, len(posts), kinds, h.crowd.failed())
}

// lettersOf leaves the letters, digits and mentions of a message, buttons
// included. Here people's handles are their names, but for case.
func lettersOf(m chat.Message) string {
	var b strings.Builder
	for _, block := range m {
		for _, line := range append([][]chat.Span{block.Text}, block.Items...) {
			for _, span := range line {
				if span.Style == chat.Mention {
					b.WriteString("@")
				}
				b.WriteString(span.Text)
			}
		}
		for _, button := range block.Buttons {
			b.WriteString(button.Label)
		}
	}
	return letters(b.String())
}

func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '@' {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}
