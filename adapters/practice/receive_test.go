package practice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kansbot/internal/chat"
)

func TestForm(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), anna, "/signaal"))
	open := room.Form("anna")
	if open == nil || open.Channel != zwaan || len(room.Only("anna")) != 0 {
		t.Fatalf("open %+v, sees %+v", open, room.Only("anna"))
	}
	if err := room.Submit(t.Context(), "joris", open.ID, nil); !errors.Is(err, ErrGone) {
		t.Errorf("Joris sends Anna's form: %v", err)
	}

	ok(t, room.Submit(t.Context(), "anna", open.ID, map[string][]string{"code": {"K-014"}, "gezien": {""}}))
	act := core.last(t).Act.(chat.Submitted)
	if act.Form != open.ID || !slices.Equal(act.Values["soort"], []string{"zorg"}) {
		t.Errorf("sent %+v", act)
	}
	again := room.Form("anna")
	if again == nil || again.Problems["gezien"] == "" || !slices.Equal(again.Values["code"], []string{"K-014"}) || again.Try != 1 {
		t.Fatalf("the form came back as %+v", again)
	}

	ok(t, room.Submit(t.Context(), "anna", open.ID, map[string][]string{"gezien": {"begint niet\r\naan een taak"}}))
	if got := core.last(t).Act.(chat.Submitted).Values["gezien"]; !slices.Equal(got, []string{"begint niet\naan een taak"}) {
		t.Errorf("sent %q", got)
	}
	only := room.Only("anna")
	if room.Form("anna") != nil || len(only) != 1 || only[0].Sent != "Een signaal" {
		t.Errorf("open %+v, sees %+v", room.Form("anna"), only)
	}
	if err := room.Submit(t.Context(), "anna", open.ID, nil); !errors.Is(err, ErrGone) {
		t.Errorf("a form was sent twice: %v", err)
	}
}

func TestProblemsShowWhereTheyBelong(t *testing.T) {
	form := *signalForm("f")
	for _, c := range []struct {
		problems     map[string]string
		focus, wrong string
	}{
		{nil, "code", ""},
		{map[string]string{"element": "te veel", "gezien": "leeg"}, "gezien", dutch.T("form.wrong")},
		{map[string]string{"": "alles"}, "code", "alles"},
		{map[string]string{"soort": "kies", "verborgen": "dit ook"}, "soort", "dit ook"},
	} {
		v := viewForm(&page{}, &OpenForm{Form: form, Problems: c.problems})
		if v.Wrong != c.wrong {
			t.Errorf("%v: above the form stands %q, want %q", c.problems, v.Wrong, c.wrong)
		}
		for _, f := range v.Fields {
			if f.Focus != (f.Name == c.focus) || f.Problem != c.problems[f.Name] {
				t.Errorf("%v: %s has focus %v and problem %q", c.problems, f.Name, f.Focus, f.Problem)
			}
		}
	}
}

func TestFormPutAway(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), anna, "/signaal"))
	id := room.Form("anna").ID
	room.Close("anna", "another")
	if room.Form("anna") == nil {
		t.Error("another form's Cancel closed this one")
	}
	heard := len(core.seen())
	room.Close("anna", id)
	if room.Form("anna") != nil || len(core.seen()) != heard {
		t.Error("the form is still open, or Kansbot heard of it")
	}
}

func TestPress(t *testing.T) {
	room, core := rehearse(t, &memory{})
	for range story {
		ok(t, room.AdvanceToNext(t.Context()))
	}
	ok(t, room.Press(t.Context(), joris, "remind-2", "Hulp nodig"))
	act := core.last(t).Act.(chat.Pressed)
	if act.Do != "hulp" || act.Post == "" || core.last(t).User.ID != "joris" {
		t.Errorf("pressed %+v", core.last(t))
	}
	if only := room.Only("joris"); len(only) != 1 || only[0].Near != act.Post {
		t.Errorf("Joris sees %+v", only)
	}
	ok(t, room.Press(t.Context(), joris, string(act.Post), "klaar"))
	if err := room.Press(t.Context(), joris, "remind-2", "klaar"); !errors.Is(err, ErrGone) {
		t.Errorf("a button that is gone: %v", err)
	}
	for what, err := range map[string]error{
		"another channel": room.Press(t.Context(), Seat{User: "joris", Channel: "voorschool"}, "agenda", "punt"),
		"an outsider":     room.Press(t.Context(), Seat{User: "ine"}, "agenda", "punt"),
		"a made-up do":    room.Press(t.Context(), joris, "agenda", "wis alles"),
		"no post":         room.Press(t.Context(), joris, "", "punt"),
	} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := room.Press(t.Context(), Seat{User: "ine", Channel: zwaan}, "agenda", "punt"); !errors.Is(err, ErrNoSeat) {
		t.Errorf("somebody who is not in the channel: %v", err)
	}
}

func TestReceiveTellsWhoIsWhere(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.Type(t.Context(), anna, "/kernteam"))
	got := map[string]int{}
	for _, e := range core.seen()[:len(channels)] {
		got[e.Channel] = len(e.Act.(chat.Roster).People)
	}
	if want := map[string]int{zwaan: 6, "voorschool": 3}; !maps.Equal(got, want) {
		t.Errorf("in the channels are %v, want %v", got, want)
	}
}

func TestReceiveWaitsForTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := must(New(t.Context(), quiet(&memory{})))(t)
		typed := make(chan error, 1)
		go func() { typed <- room.Type(t.Context(), anna, "/kernteam") }()
		synctest.Wait()
		if len(typed) != 0 {
			t.Fatal("a line was taken while nobody listened")
		}

		hold := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- room.Receive(ctx, func(_ context.Context, e chat.Event) chat.Reply {
				if _, is := e.Act.(chat.Typed); is {
					<-hold
				}
				return said("goed")
			})
		}()
		synctest.Wait()
		stop()
		synctest.Wait()
		if len(ended) != 0 || len(typed) != 0 {
			t.Fatal("Receive left its handler alone")
		}
		close(hold)
		synctest.Wait()
		ok(t, <-typed)
		ok(t, <-ended)

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := room.Type(gone, anna, "/kernteam"); !errors.Is(err, context.Canceled) {
			t.Errorf("after Receive: %v", err)
		}
	})
}

func TestClock(t *testing.T) {
	room, core := rehearse(t, &memory{})
	ok(t, room.AdvanceToNext(t.Context()))
	if want := story[0].at; !core.Now().Equal(want) {
		t.Errorf("it is %v, want %v", core.Now(), want)
	}
	ok(t, room.Advance(t.Context(), 24*time.Hour))
	if want := story[0].at.Add(24 * time.Hour); !core.Now().Equal(want) {
		t.Errorf("it is %v, want %v", core.Now(), want)
	}
	for range story {
		ok(t, room.AdvanceToNext(t.Context()))
	}
	if want := story[len(story)-1].at; !core.Now().Equal(want) {
		t.Errorf("with nothing to come it is %v, want %v", core.Now(), want)
	}
	want := []string{"Agenda Kans!overleg donderdag 21 januari", "Kans!overleg donderdag 21 januari",
		"> Actie 1. Joris vraagt de logopedist om tips voor de klas, ui…",
		"> Actie 2. Meryem nodigt de ouders uit voor de koffieochtend,…",
		"> Joris, nog drie schooldagen voor actie 1: tips voor de klas.", "> Joris, vandaag: tips voor de klas.",
		"Goedemorgen. Deze week staan er twee acties open."}
	if got := bodies(room.Posts(zwaan)); !slices.Equal(got, want) {
		t.Errorf("the channel shows %q", got)
	}
}

func TestRestart(t *testing.T) {
	db := &memory{}
	room, core := rehearse(t, db)
	for range story {
		ok(t, room.AdvanceToNext(t.Context()))
	}
	ok(t, room.Type(t.Context(), anna, "/kernteam"))
	ok(t, room.Type(t.Context(), joris, "/signaal"))
	ok(t, room.Restart(t.Context()))
	if len(room.Posts(zwaan)) != 0 || len(room.Direct("joris")) != 0 || len(room.Only("anna")) != 0 || room.Form("joris") != nil {
		t.Error("the room is not empty")
	}
	if !core.Now().Equal(start) || len(core.seen()) != len(channels) {
		t.Errorf("it is %v, and Kansbot heard %v", core.Now(), core.seen())
	}
	if reopened := must(New(t.Context(), quiet(db)))(t); len(reopened.Posts(zwaan)) != 0 {
		t.Error("what was wiped came back")
	}
}

func TestFlowPointsToThreadsThatGoOn(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	for range story {
		ok(t, room.AdvanceToNext(t.Context()))
	}
	ok(t, room.Type(t.Context(), anna, "Tot straks."))
	var got []string
	for _, it := range room.page(t.Context(), look{Seat: anna}).Flow {
		switch {
		case it.Day != "":
			got = append(got, "-- "+it.Day)
		case it.Post != nil:
			got = append(got, fmt.Sprintf("%s (%d)", title(it.Post.Body), len(it.Post.Replies)))
		case it.Pointer != nil:
			got = append(got, fmt.Sprintf("^ %s (%d)", it.Pointer.Title, it.Pointer.Count))
		}
	}
	want := []string{
		"-- maandag 18 januari 2027", "Agenda Kans!overleg donderdag 21 januari (0)",
		"-- donderdag 21 januari 2027", "Kans!overleg donderdag 21 januari (4)",
		"-- maandag 25 januari 2027", "Goedemorgen. Deze week staan er twee acties open. (0)",
		"-- dinsdag 9 februari 2027", "^ Kans!overleg donderdag 21 januari (1)",
		"-- vrijdag 12 februari 2027", "^ Kans!overleg donderdag 21 januari (1)", "Tot straks. (0)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestWhatIsNew(t *testing.T) {
	room, core := rehearse(t, &memory{})
	seen := func(s Seat, after bool, since uint64) *page {
		return room.page(t.Context(), look{Seat: s, Since: since, After: after})
	}
	seen(anna, false, 0)
	for range 5 {
		ok(t, room.AdvanceToNext(t.Context()))
	}
	other := seen(Seat{User: "anna"}, true, 0)
	if other.Places[0].Unread != 4 {
		t.Errorf("4 posts in the channel are new to Anna, not %d", other.Places[0].Unread)
	}
	var news []string
	for _, n := range other.Elsewhere {
		news = append(news, n.Text)
	}
	if want := []string{"4 berichten in kernteam-zwaan", "Joris kreeg een bericht van Kansbot"}; !slices.Equal(news, want) {
		t.Errorf("the news is %q, want %q", news, want)
	}
	fresh := func(p *page) (n int) {
		for _, it := range p.Flow {
			if it.Post != nil {
				if it.Post.New {
					n++
				}
				n += it.Post.Fresh
			}
		}
		return n
	}
	if n := fresh(seen(anna, false, 0)); n != 4 {
		t.Errorf("%d posts show as new, want 4", n)
	}
	if n := fresh(seen(anna, false, 0)); n != 0 {
		t.Errorf("%d posts are still new at the second look", n)
	}
	if n := fresh(seen(anna, true, 0)); n != 4 {
		t.Errorf("%d posts are new since the start, want 4", n)
	}
	must(core.deliver(t.Context(), chat.Post{Key: "x", To: chat.To{User: "anna"}, Body: said("hoi").Body}))(t)
	if p := seen(anna, false, 0); p.Places[2].Unread != 1 || p.People[0].Unread != 1 {
		t.Errorf("Anna's direct message is new nowhere: %+v %+v", p.Places, p.People[0])
	}
}

// quiet is a room without a core.
func quiet(db *memory) Options {
	return Options{DB: db, Clock: &core{now: start}, Location: amsterdam, People: people, Channels: channels,
		Usages: func(string) []chat.Usage { return usages }, Try: func(string) []chat.Choice { return nil }}
}
