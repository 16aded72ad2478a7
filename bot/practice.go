package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"kansbot/adapters/practice"
	"kansbot/bot/command"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/text"
)

func wirePractice(ctx context.Context, a *app) (wired, error) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return wired{}, err
	}
	room, err := practice.New(ctx, practice.Options{
		DB:       a.db,
		Clock:    roomClock{a, a.clock.offset.Load()},
		Location: zone,
		People:   people,
		Channels: []practice.Channel{{ID: exampleChannel, Name: exampleChannel}},
		Usages:   func(locale string) []chat.Usage { return command.Usages(text.Of(locale)) },
		Try:      tryFirst,
		Log:      a.log,
	})
	if err != nil {
		return wired{}, err
	}
	handler := room.Handler()
	return wired{
		Platform: room,
		routes:   func(mux *http.ServeMux) { mux.Handle("/", handler) },
		state:    func() state { return state{connected: 1} },
		begin:    a.playExample,
		streams:  true,
	}, nil
}

// roomClock is the practice.Clock of the app; first is its offset at the start.
type roomClock struct {
	app   *app
	first int64
}

func (c roomClock) Now() time.Time { return c.app.clock.Now() }

func (c roomClock) Advance(ctx context.Context, by time.Duration) error {
	return c.app.advance(ctx, by)
}

func (c roomClock) NextDue(ctx context.Context) (time.Time, bool) { return c.app.nextDue(ctx) }

// Restart empties the store and plays the example anew, at the time that the
// clock would have shown if nobody had put it forward.
func (c roomClock) Restart(ctx context.Context) error {
	a := c.app
	if err := a.outbox.Drain(ctx); err != nil {
		return err
	}
	if err := a.restart(ctx, c.first); err != nil {
		return err
	}
	a.wake()
	return nil
}

func (a *app) restart(ctx context.Context, offset int64) error {
	a.pulse.beat.Lock()
	defer a.pulse.beat.Unlock()
	err := a.db.Update(ctx, func(tx kv.Tx) error {
		var keys [][]byte
		err := tx.Scan(nil, nil, func(key, _ []byte) error {
			keys = append(keys, append([]byte(nil), key...))
			return nil
		})
		for _, key := range keys {
			err = errors.Join(err, tx.Delete(key))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := store.Prepare(ctx, a.db); err != nil {
		return err
	}
	a.clock.offset.Store(offset)
	return a.playExample(ctx)
}

const exampleChannel = "kernteam-zwaan"

// people are invented.
var people = []practice.Person{
	{Person: chat.Person{ID: "anna", Handle: "anna", Name: "Anna de Groot"}, Role: "intern begeleider"},
	{Person: chat.Person{ID: "bram", Handle: "bram", Name: "Bram Visser"}, Role: "leerkracht"},
	{Person: chat.Person{ID: "chantal", Handle: "chantal", Name: "Chantal Mol"}, Role: "CJG-coach"},
	{Person: chat.Person{ID: "dewi", Handle: "dewi", Name: "Dewi Hartono"}, Role: "schoolmaatschappelijk werk"},
	{Person: chat.Person{ID: "emre", Handle: "emre", Name: "Emre Yildiz"}, Role: "jeugdverpleegkundige"},
	{Person: chat.Person{ID: "fenna", Handle: "fenna", Name: "Fenna Bakker"}, Role: "contactpersoon gemeente"},
	{Person: chat.Person{ID: "gerard", Handle: "gerard", Name: "Gerard Smit"}, Role: "SWV-begeleider"},
}

// exampleTeam is what Anna fills in, and exampleRoles what everyone then says
// of themselves.
var exampleTeam = map[string][]string{
	"naam":       {"Kernteam De Zwaan"},
	"school":     {"Basisschool De Zwaan"},
	"gemeente":   {"Zwanendam"},
	"soort":      {"basisonderwijs"},
	"regio":      {"midden"},
	"taal":       {"nl"},
	"voorzitter": {"anna"},
}

var exampleRoles = map[string]string{
	"anna": "ib De Zwaan", "bram": "leerkracht De Zwaan", "chantal": "cjg CJG Zwanendam", "dewi": "smw De Brug",
	"emre": "jgz GGD", "fenna": "gemeente Zwanendam", "gerard": "swv De Waterlanden",
}

// tryFirst are lines that lead a newcomer through the whole in a few minutes.
func tryFirst(locale string) []chat.Choice {
	if locale == "en" {
		return []chat.Choice{
			{Label: "Report a signal", Line: "/signaal K-014 does not start a task when it looks hard #leren"},
			{Label: "Plan the Kans!overleg", Line: "/kansoverleg plan every 6 weeks on Tuesday at 13:30"},
			{Label: "Agree on something", Line: "/actie @emre asks the speech therapist for tips for the class by Friday"},
			{Label: "Who is who", Line: "/kernteam"},
		}
	}
	return []chat.Choice{
		{Label: "Deel een signaal", Line: "/signaal K-014 begint niet aan een taak als die moeilijk lijkt #leren"},
		{Label: "Plan het Kans!overleg", Line: "/kansoverleg plan elke 6 weken op dinsdag om 13:30"},
		{Label: "Spreek iets af", Line: "/actie @emre vraagt de logopedist om tips voor de klas voor vrijdag"},
		{Label: "Wie is wie", Line: "/kernteam"},
	}
}

// playExample sets up the example kernteam as its people would, unless it is
// there already.
func (a *app) playExample(ctx context.Context) error {
	there := false
	err := a.db.View(ctx, func(tx kv.Tx) (err error) {
		_, there, err = store.At(tx, practice.Name, "", exampleChannel)
		return err
	})
	if err != nil || there {
		return err
	}
	say := func(person chat.Person, act chat.Act) chat.Reply {
		return a.bot.Handle(ctx, chat.Event{Platform: practice.Name, Channel: exampleChannel, User: person, Locale: "nl", Act: act})
	}
	roster := chat.Roster{}
	for _, p := range people {
		roster.People = append(roster.People, p.Person)
	}
	say(chat.Person{}, roster)
	chair := people[0].Person
	form := say(chair, chat.Typed{Command: "kernteam"}).Form
	if form == nil {
		return errors.New("example: no form for a new kernteam")
	}
	if reply := say(chair, chat.Submitted{Form: form.ID, Values: maps.Clone(exampleTeam)}); len(reply.Problems) > 0 {
		return fmt.Errorf("example: kernteam not set up: %v", reply.Problems)
	}
	for _, p := range people {
		say(p.Person, chat.Typed{Command: "kernteam", Text: "rol " + exampleRoles[p.ID]})
	}
	return nil
}
