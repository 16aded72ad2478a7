package command

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// memory is a store without a disk, for thousands of runs. An Update works on a
// copy, so the slice of before is a picture that stays as it is.
type memory struct{ data []entry }

type entry struct{ key, value string }

func (m *memory) View(_ context.Context, fn func(kv.Tx) error) error {
	return fn(&memoryTx{m.data})
}

func (m *memory) Update(_ context.Context, fn func(kv.Tx) error) error {
	tx := &memoryTx{slices.Clone(m.data)}
	if err := fn(tx); err != nil {
		return err
	}
	m.data = tx.data
	return nil
}

func (m *memory) Close() error { return nil }

type memoryTx struct{ data []entry }

func (tx *memoryTx) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(tx.data, string(key), func(e entry, key string) int { return strings.Compare(e.key, key) })
}

func (tx *memoryTx) Get(key []byte) ([]byte, error) {
	i, found := tx.find(key)
	if !found {
		return nil, nil
	}
	return append([]byte{}, tx.data[i].value...), nil
}

func (tx *memoryTx) Put(key, value []byte) error {
	i, found := tx.find(key)
	if found {
		tx.data[i].value = string(value)
	} else {
		tx.data = slices.Insert(tx.data, i, entry{string(key), string(value)})
	}
	return nil
}

func (tx *memoryTx) Delete(key []byte) error {
	if i, found := tx.find(key); found {
		tx.data = slices.Delete(tx.data, i, i+1)
	}
	return nil
}

func (tx *memoryTx) Scan(from, to []byte, fn func(key, value []byte) error) error {
	i, _ := tx.find(from)
	for _, e := range tx.data[i:] {
		if len(to) > 0 && e.key >= string(to) {
			break
		}
		if err := fn([]byte(e.key), []byte(e.value)); err != nil {
			return err
		}
	}
	return nil
}

// trial is a Bot on a store in memory, with a clock that is set by hand and a
// log that can be read.
type trial struct {
	*Bot
	db  *memory
	now time.Time
	log strings.Builder
}

// circle is what the tests know of the Kansencirkel.
var circle = []team.Element{
	{Key: "leren", Label: "Leren en groeien"}, {Key: "erbij", Label: "Erbij horen"},
	{Key: "veilig", Label: "Veilig"}, {Key: "gezond", Label: "Gezond"},
}

// founded is a trial with a kernteam of five; Anna is its chair.
func founded(t testing.TB, now time.Time) *trial {
	t.Helper()
	b := onStore(&memory{}, now)
	if err := store.Prepare(t.Context(), b.db); err != nil {
		t.Fatal(err)
	}
	b.roster(crew...)
	k := b.types("anna", "/kernteam").Form
	problems := b.sends("anna", k, map[string][]string{
		"naam": {"Kernteam De Zwaan"}, "school": {"De Zwaan"}, "gemeente": {"Zwanendam"}, "soort": {"basisonderwijs"},
		"regio": {"midden"}, "taal": {"nl"}, "voorzitter": {"anna"},
	}).Problems
	if len(problems) > 0 || b.log.Len() > 0 {
		t.Fatal("no kernteam", problems, b.log.String())
	}
	return b
}

func onStore(db *memory, now time.Time) *trial {
	b := &trial{db: db, now: now}
	b.Bot = New(Options{
		DB: b.db, Now: func() time.Time { return b.now }, Wake: func() {}, Circle: team.Circle{Name: "Kansencirkel", Elements: circle},
		Holidays: schedule.BuiltIn(), Log: slog.New(slog.NewTextHandler(&b.log, nil)),
	})
	return b
}

// fork is the same on a copy of the store.
func (b *trial) fork() *trial { return onStore(&memory{b.db.data}, b.now) }

var crew = []string{"anna", "bram", "chantal", "dewi", "emre"}

func person(user string) chat.Person {
	return chat.Person{ID: user, Handle: user, Name: strings.ToUpper(user[:1]) + user[1:]}
}

func (b *trial) event(by chat.Person, act chat.Act) chat.Reply {
	return b.Handle(context.Background(), chat.Event{Platform: "test", Channel: "zwaan", User: by, Act: act})
}

func (b *trial) types(user, line string) chat.Reply {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	return b.event(person(user), chat.Typed{Command: name, Text: rest})
}

func (b *trial) sends(user string, form *chat.Form, values map[string][]string) chat.Reply {
	return b.event(person(user), chat.Submitted{Form: form.ID, Values: values})
}

func (b *trial) roster(users ...string) {
	var people []chat.Person
	for _, u := range users {
		people = append(people, person(u))
	}
	b.event(chat.Person{}, chat.Roster{People: people})
}

// read looks at what is stored.
func (b *trial) read(fn func(kv.Tx) error) {
	if err := b.db.View(context.Background(), fn); err != nil {
		panic(err)
	}
}

// team is the kernteam there is.
func (b *trial) team() (k team.Kernteam) {
	b.read(func(tx kv.Tx) (err error) {
		k, _, err = store.At(tx, "test", "", "zwaan")
		return err
	})
	return k
}

// open are the meetings that are still to be held or finished.
func (b *trial) open() (list []team.Meeting) {
	b.read(func(tx kv.Tx) (err error) {
		list, err = store.OpenMeetings(tx, b.team().ID)
		return err
	})
	return list
}
