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

// bench is a Bot on a store in memory, with a clock that is set by hand and a
// log that can be read.
type bench struct {
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

// founded is a bench with a kernteam of five; Anna is its chair.
func founded(t testing.TB, now time.Time) *bench {
	t.Helper()
	b := &bench{db: &memory{}, now: now}
	b.Bot = New(Options{
		DB: b.db, Now: func() time.Time { return b.now }, Wake: func() {}, Circle: circle,
		Log: slog.New(slog.NewTextHandler(&b.log, nil)),
	})
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

var crew = []string{"anna", "bram", "chantal", "dewi", "emre"}

func (b *bench) event(user string, act chat.Act) chat.Reply {
	return b.Handle(context.Background(), chat.Event{
		Platform: "test", Channel: "zwaan", User: chat.Person{ID: user, Handle: user, Name: strings.Title(user)}, Act: act,
	})
}

func (b *bench) types(user, line string) chat.Reply {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	return b.event(user, chat.Typed{Command: name, Text: rest})
}

func (b *bench) sends(user string, form *chat.Form, values map[string][]string) chat.Reply {
	return b.event(user, chat.Submitted{Form: form.ID, Values: values})
}

func (b *bench) roster(users ...string) {
	var people []chat.Person
	for _, u := range users {
		people = append(people, chat.Person{ID: u, Handle: u, Name: strings.Title(u)})
	}
	b.event("", chat.Roster{People: people})
}

// read looks at what is stored.
func (b *bench) read(fn func(kv.Tx) error) {
	if err := b.db.View(context.Background(), fn); err != nil {
		panic(err)
	}
}

// team is the kernteam there is.
func (b *bench) team() (k team.Kernteam) {
	b.read(func(tx kv.Tx) (err error) {
		k, _, err = store.At(tx, "test", "", "zwaan")
		return err
	})
	return k
}
