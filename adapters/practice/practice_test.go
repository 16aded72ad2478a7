package practice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
)

var (
	anna  = Seat{User: "anna", Channel: zwaan}
	joris = Seat{User: "joris", Channel: zwaan}
	ine   = Seat{User: "ine", Channel: "voorschool"}
)

func chatPost(key, under, text string) chat.Post {
	return chat.Post{Key: key, To: chat.To{Channel: zwaan}, Under: under, Body: chat.Message{{Kind: chat.Text, Text: plainly(text)}}}
}

func delivery(key string, to chat.To, text string) chat.Delivery {
	to.Platform = Name
	return chat.Delivery{Key: key, To: to, Body: chat.Message{{Kind: chat.Text, Text: plainly(text)}}}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// last is the newest event that was not a roll call.
func (c *core) last(t testing.TB) chat.Event {
	t.Helper()
	all := c.seen()
	if len(all) == 0 {
		t.Fatal("nothing happened")
	}
	return all[len(all)-1]
}

func bodies(threads []Thread) []string {
	var all []string
	for _, th := range threads {
		all = append(all, title(th.Body))
		for _, reply := range th.Replies {
			all = append(all, "> "+title(reply.Body))
		}
	}
	return all
}

func TestTypedLine(t *testing.T) {
	for _, c := range []struct {
		line, command, text string
		mentions            map[string]string
	}{
		{"/signaal K-014 begint niet", "signaal", "K-014 begint niet", nil},
		{"  /Signaal   K-014  ", "signaal", "K-014", nil},
		{"/kernteam", "kernteam", "", nil},
		{"/actie @jgz vraagt @CJG. en @niemand", "actie", "@jgz vraagt @CJG. en @niemand", map[string]string{"jgz": "joris", "cjg": "meryem"}},
		{"/actie twee\r\nregels", "actie", "twee regels", nil},
	} {
		room, core := rehearse(t, &memory{})
		ok(t, room.Type(t.Context(), anna, c.line))
		e := core.last(t)
		act, is := e.Act.(chat.Typed)
		if !is || act.Command != c.command || act.Text != c.text || !maps.Equal(act.Mentions, c.mentions) {
			t.Errorf("%q became %+v", c.line, e.Act)
		}
		if e.Platform != Name || e.Channel != zwaan || e.User.ID != "anna" || e.Locale != "nl" {
			t.Errorf("%q came from %+v", c.line, e)
		}
	}
}

func TestAnswerIsForTheAskerOnly(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), anna, "/kernteam"))
	only := room.Only("anna")
	if len(only) != 1 || only[0].Line != "/kernteam" || only[0].Channel != zwaan || title(only[0].Body) != "Kernteam De Zwaan" {
		t.Errorf("Anna sees %+v", only)
	}
	if len(room.Only("joris")) != 0 || len(room.Posts(zwaan)) != 0 {
		t.Error("somebody else sees what Anna typed")
	}
	room.Dismiss("joris", only[0].ID)
	if len(room.Only("anna")) != 1 {
		t.Error("Joris took away an answer to Anna")
	}
	room.Dismiss("anna", only[0].ID)
	if len(room.Only("anna")) != 0 {
		t.Error("the answer is still there")
	}
}

func TestOnlySoManyAnswers(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	for i := range maxPrivate + 5 {
		ok(t, room.Type(t.Context(), anna, fmt.Sprintf("/begrip %d", i)))
	}
	only := room.Only("anna")
	if len(only) != maxPrivate || only[0].Line != "/begrip 5" {
		t.Errorf("%d answers, from %q", len(only), only[0].Line)
	}
}

func TestOrdinaryText(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), Seat{User: "joris"}, "hoi"))
	if _, is := core.last(t).Act.(chat.Opened); !is || core.last(t).Channel != "" {
		t.Errorf("text to Kansbot became %+v", core.last(t))
	}
	if got := bodies(room.Direct("joris")); !slices.Equal(got, []string{"hoi"}) || len(room.Only("joris")) != 1 {
		t.Errorf("Joris sees %q and %v", got, room.Only("joris"))
	}
	heard := len(core.seen())
	ok(t, room.Type(t.Context(), joris, "Ik ben er donderdag bij."))
	ok(t, room.Type(t.Context(), joris, "   "))
	if len(core.seen()) != heard {
		t.Error("Kansbot heard an ordinary message in the channel")
	}
	posts := room.Posts(zwaan)
	if len(posts) != 1 || posts[0].From != "joris" {
		t.Errorf("the channel shows %+v", posts)
	}
}

func TestUnknownCommand(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), anna, "/weg alles"))
	only := room.Only("anna")
	if len(only) != 1 || len(only[0].Body[1].Choices) != len(usages) {
		t.Errorf("Anna sees %+v", only)
	}
	for _, e := range core.seen() {
		if _, is := e.Act.(chat.Typed); is {
			t.Errorf("the core heard %+v", e)
		}
	}
}

func TestWhoMaySitWhere(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	for _, seat := range []Seat{{User: "ine", Channel: zwaan}, {User: "nobody", Channel: zwaan}, {User: "anna", Channel: "elsewhere"}, {}} {
		if err := room.Type(t.Context(), seat, "/kernteam"); !errors.Is(err, ErrNoSeat) {
			t.Errorf("%+v: %v", seat, err)
		}
		if err := room.Type(t.Context(), seat, "hallo"); !errors.Is(err, ErrNoSeat) {
			t.Errorf("%+v: %v", seat, err)
		}
	}
	ok(t, room.Type(t.Context(), ine, "/kernteam"))
	if err := room.Type(t.Context(), anna, "/signaal "+string(make([]byte, maxLine))); !errors.Is(err, ErrLong) {
		t.Errorf("a very long line: %v", err)
	}
}

func TestDeliverOnce(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	d := delivery("k1", chat.To{Channel: zwaan}, "een")
	first := must(room.Deliver(t.Context(), d))(t)
	d.Unsure, d.Body = true, chat.Message{{Kind: chat.Text, Text: plainly("een, nieuwer")}}
	if again := must(room.Deliver(t.Context(), d))(t); again != first {
		t.Errorf("a repeat made %s beside %s", again, first)
	}
	if got := bodies(room.Posts(zwaan)); !slices.Equal(got, []string{"een"}) {
		t.Errorf("the channel shows %q", got)
	}
}

func TestEditInPlace(t *testing.T) {
	room, core := rehearse(t, &memory{})
	first := must(room.Deliver(t.Context(), delivery("k1", chat.To{Channel: zwaan}, "een")))(t)
	must(room.Deliver(t.Context(), delivery("k2", chat.To{Channel: zwaan}, "twee")))(t)
	ok(t, room.Advance(t.Context(), time.Hour))
	d := delivery("k1", chat.To{Channel: zwaan}, "een, anders")
	d.Edits = first
	if id := must(room.Deliver(t.Context(), d))(t); id != first {
		t.Errorf("the edit is %s, not %s", id, first)
	}
	posts := room.Posts(zwaan)
	if got := bodies(posts); !slices.Equal(got, []string{"een, anders", "twee"}) {
		t.Errorf("the channel shows %q", got)
	}
	if !posts[0].At.Equal(start) || !posts[0].Edited.Equal(core.Now()) || !posts[1].Edited.IsZero() {
		t.Errorf("times %v %v %v", posts[0].At, posts[0].Edited, posts[1].Edited)
	}
}

func TestThread(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	root := must(room.Deliver(t.Context(), delivery("root", chat.To{Channel: zwaan}, "overleg")))(t)
	must(room.Deliver(t.Context(), delivery("other", chat.To{Channel: zwaan}, "iets anders")))(t)
	under := delivery("a", chat.To{Channel: zwaan}, "actie")
	under.Under = root
	reply := must(room.Deliver(t.Context(), under))(t)
	deeper := delivery("b", chat.To{Channel: zwaan}, "herinnering")
	deeper.Under = reply
	must(room.Deliver(t.Context(), deeper))(t)
	if got, want := bodies(room.Posts(zwaan)), []string{"overleg", "> actie", "> herinnering", "iets anders"}; !slices.Equal(got, want) {
		t.Errorf("the channel shows %q, want %q", got, want)
	}
}

func TestRefusedDeliveries(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	root := must(room.Deliver(t.Context(), delivery("root", chat.To{Channel: "voorschool"}, "daar")))(t)
	elsewhere := delivery("x", chat.To{Channel: zwaan}, "hier")
	elsewhere.Under = root
	missing := delivery("x", chat.To{Channel: zwaan}, "hier")
	missing.Edits = "p999"
	for name, d := range map[string]chat.Delivery{
		"channel":      delivery("x", chat.To{Channel: "gone"}, "weg"),
		"person":       delivery("x", chat.To{User: "gone"}, "weg"),
		"nobody":       delivery("x", chat.To{}, "weg"),
		"thread":       elsewhere,
		"edit of none": missing,
	} {
		_, err := room.Deliver(t.Context(), d)
		var f *chat.Failure
		if !errors.As(err, &f) || f.Outcome != chat.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStoreFails(t *testing.T) {
	db := &memory{}
	room, _ := rehearse(t, db)
	db.mu.Lock()
	db.err = errors.New("disk full")
	db.mu.Unlock()
	_, err := room.Deliver(t.Context(), delivery("k", chat.To{Channel: zwaan}, "een"))
	var f *chat.Failure
	if !errors.As(err, &f) || f.Outcome != chat.NotSent {
		t.Errorf("Deliver: %v", err)
	}
	if len(room.Posts(zwaan)) != 0 {
		t.Error("the room shows what it does not keep")
	}
}

// TestRoomIsWhatWasDelivered compares any course of deliveries, edits and
// reopenings with the plainest account of it.
func TestRoomIsWhatWasDelivered(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := &memory{}
		room := must(New(context.Background(), quiet(db)))(t)
		type post struct{ under, text string }
		var order []string
		want, ids := map[string]post{}, map[string]chat.PostID{}
		texts := rapid.StringMatching(`[a-z]{1,8}`)
		rt.Repeat(map[string]func(*rapid.T){
			"deliver": func(rt *rapid.T) {
				key := fmt.Sprintf("k%d", rapid.IntRange(0, 9).Draw(rt, "key"))
				d := delivery(key, chat.To{Channel: zwaan}, texts.Draw(rt, "text"))
				var under string
				if len(order) > 0 && rapid.Bool().Draw(rt, "reply") {
					under = rapid.SampledFrom(order).Draw(rt, "under")
					if want[under].under != "" {
						under = want[under].under
					}
					d.Under = ids[under]
				}
				id := must(room.Deliver(context.Background(), d))(t)
				if _, there := want[key]; there {
					if id != ids[key] {
						rt.Fatalf("%s is %s and %s", key, ids[key], id)
					}
					return
				}
				order, want[key], ids[key] = append(order, key), post{under, title(d.Body)}, id
			},
			"edit": func(rt *rapid.T) {
				if len(order) == 0 {
					rt.Skip()
				}
				key := rapid.SampledFrom(order).Draw(rt, "key")
				d := delivery(key, chat.To{Channel: zwaan}, texts.Draw(rt, "text"))
				d.Edits = ids[key]
				must(room.Deliver(context.Background(), d))(t)
				want[key] = post{want[key].under, title(d.Body)}
			},
			"reopen": func(*rapid.T) { room = must(New(context.Background(), quiet(db)))(t) },
			"": func(rt *rapid.T) {
				var lines []string
				for _, root := range order {
					if want[root].under != "" {
						continue
					}
					lines = append(lines, want[root].text)
					for _, reply := range order {
						if want[reply].under == root {
							lines = append(lines, "> "+want[reply].text)
						}
					}
				}
				if got := bodies(room.Posts(zwaan)); !slices.Equal(got, lines) {
					rt.Fatalf("the channel shows %q, want %q", got, lines)
				}
			},
		})
	})
}

func TestIdsAreNotUsedAgain(t *testing.T) {
	db := &memory{}
	room, _ := rehearse(t, db)
	first := must(room.Deliver(t.Context(), delivery("a", chat.To{Channel: zwaan}, "een")))(t)
	reopened, _ := rehearse(t, db)
	if second := must(reopened.Deliver(t.Context(), delivery("b", chat.To{Channel: zwaan}, "twee")))(t); second == first {
		t.Errorf("both posts are %s", first)
	}
}
