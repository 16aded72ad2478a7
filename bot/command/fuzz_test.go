package command

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// canary stands for what somebody wrote about a child: where it lands in free
// text, it lands nowhere else.
const canary = "zqxvkw"

// maxSent is how many bytes a platform lets somebody send at once.
const maxSent = 20_000

// stages are kernteams in several states: with a meeting to come, with one
// going on, one that speaks English, and a channel without a kernteam.
func stages(t testing.TB) []*trial {
	now := time.Date(2027, time.January, 12, 9, 0, 0, 0, zone(""))
	planned := founded(t, now)
	for _, line := range []string{
		"/kansoverleg plan elke 6 weken op dinsdag om 13:30",
		"/signaal nieuw begint niet aan een taak | helpt: samen starten | nodig: iemand ernaast | ouders: akkoord #leren",
		"/kansoverleg doel K-001 begint zelf, schaal 4",
		"/signaal nieuw voorschool praat in losse woorden | soort: overdracht",
		"/signaal K-001 durft hulp te vragen #succes",
		"/actie @bram belt de logopedist voor vrijdag K-001",
		"/actie @emre regelt een zaaltje voor 12 feb",
		"/actie klaar 2",
	} {
		planned.types("anna", line)
	}
	running := planned.fork()
	running.types("anna", "/kansoverleg start")
	english := planned.fork()
	form := english.types("anna", "/kernteam instellen").Form
	values := map[string][]string{"taal": {"en"}}
	for _, f := range form.Fields {
		if f.Name != "taal" {
			values[f.Name] = f.Value
		}
	}
	english.sends("anna", form, values)
	empty := onStore(&memory{}, now)
	if err := store.Prepare(t.Context(), empty.db); err != nil {
		t.Fatal(err)
	}
	all := []*trial{planned, running, english, empty}
	for i, s := range all {
		if s.log.Len() > 0 || i < 3 && len(s.counts()) != 5 {
			t.Fatal(i, s.log.String(), s.counts())
		}
	}
	return all
}

// speakers are who may type: the crew, a newcomer, and somebody whose names
// are as long as a platform allows.
var speakers = []chat.Person{
	person("anna"), person("bram"), person("chantal"), person("dewi"), person("emre"), person("hugo"),
	{ID: "zoë", Handle: "z.oe-_1", Name: strings.Repeat("Ö", 64) + " " + strings.Repeat("Ж", 64)},
}

func FuzzTyped(f *testing.F) {
	for _, lang := range text.Langs {
		for i, line := range shownLines(lang) {
			f.Add(line, uint8(i), uint16(0), uint8(lang[0]))
			f.Add(line, uint8(0), uint16(1000), uint8(i))
		}
	}
	for i, line := range transcribed(f) {
		f.Add(line, uint8(i), uint16(7*i), uint8(i))
	}
	for _, line := range []string{
		"/signaal", "/signaal wijzig 1 nodig:", "/signaal geen-spoed", "/signaal geen-naam K-001", "/actie @ik - voor vrijdag",
		"/actie @ik gelukt als vrijdag", "/kernteam rol @ik ib " + strings.Repeat("x", 200), "/kansoverleg punt \u200b", "/signaal \xff\xfe K-001",
		"/signaal thema : x", "/signaal nieuw |||| #", "/actie klaar 1 " + strings.Repeat("goed ", 100), "/kansoverleg plan cron: 0 7 * * 1-5",
		"/signaal K-001 " + strings.Repeat("begint niet ", 60), "/nergens", "/kansoverleg verzet 28 maart 02:30", "/kansoverleg eenmalig 12 feb 7:00",
	} {
		f.Add(line, uint8(1), uint16(20), uint8(0))
	}
	all := stages(f)
	f.Fuzz(func(t *testing.T, line string, by uint8, at uint16, where uint8) {
		if len(line) > maxSent {
			t.Skip()
		}
		s := all[int(where)%len(all)].fork()
		runes := []rune(line)
		cut := min(int(at), len(runes))
		line = string(runes[:cut]) + canary + string(runes[cut:])
		if cut == 0 { // else no line is ever a command
			line = string(runes) + " " + canary
		}
		name, rest, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
		event := chat.Event{
			ID: "1", Platform: "test", Channel: "zwaan", User: speakers[int(by)%len(speakers)], Locale: "nl",
			Act: chat.Typed{Command: name, Text: rest, Mentions: map[string]string{"jgz": "emre", "zelf": "zoë"}},
		}
		if by >= 200 {
			event.Channel = ""
		}
		before := s.counts()
		reply := s.Handle(t.Context(), event)
		s.checkReply(t, reply, line)
		s.checkStore(t, before)

		once := s.lasting()
		s.Handle(t.Context(), event)
		if twice := s.lasting(); !slices.Equal(once, twice) {
			t.Errorf("the same event again changed %v", changed(once, twice))
		}
	})
}

// transcribed are the lines that people type in the transcripts.
func transcribed(f *testing.F) (lines []string) {
	files, err := filepath.Glob("../testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no transcripts", err)
	}
	pattern := regexp.MustCompile(`(?m)^!? ?[a-z]+ types '(.*)'$`)
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range pattern.FindAllSubmatch(script, -1) {
			lines = append(lines, string(m[1]))
		}
	}
	if len(lines) < 100 {
		f.Fatalf("only %d lines in the transcripts", len(lines))
	}
	return lines
}

// asked are the lines that open each form there is.
var asked = []string{
	"/signaal", "/signaal wijzig 1", "/actie", "/actie uitstel 1", "/kernteam ik", "/kernteam instellen", "/kansoverleg plan",
}

func FuzzSubmitted(f *testing.F) {
	for i := range asked {
		for where := range 4 {
			f.Add(uint8(i), uint8(where), "geen-spoed", "vrijdag", uint64(0))
			f.Add(uint8(i), uint8(where), "begint niet aan zijn taak", "K-001", uint64(0x2222222222))
			f.Add(uint8(i), uint8(where), "-", "\u200b", uint64(0x3232323232))
			f.Add(uint8(i), uint8(where), strings.Repeat("lang ", 200), "K", uint64(0x4444444444))
			f.Add(uint8(i), uint8(where), "\xff", "elke dinsdag om 13:30", uint64(0x7777777777))
		}
	}
	all := stages(f)
	f.Fuzz(func(t *testing.T, which, where uint8, a, b string, how uint64) {
		if len(a)+len(b) > maxSent {
			t.Skip()
		}
		s := all[int(where)%len(all)].fork()
		form := s.types("anna", asked[int(which)%len(asked)]).Form
		if form == nil {
			t.Fatal("no form")
		}
		values := map[string][]string{"nergens": {a}}
		for i, field := range form.Fields {
			values[field.Name] = filled(field, int(how>>(4*(i%16))&0xf), a, b)
		}
		before := s.counts()
		reply := s.sends("anna", form, values)
		for field, problem := range reply.Problems {
			if field != "" && !slices.ContainsFunc(form.Fields, func(f chat.Field) bool { return f.Name == field }) {
				t.Errorf("%q is at %s, which the form does not have", problem, field)
			}
		}
		s.checkReply(t, reply, a+b)
		s.checkStore(t, before)
	})
}

// filled is what somebody puts in a field: something sensible, or what the
// fuzzer thought of.
func filled(f chat.Field, how int, a, b string) []string {
	switch how {
	case 0, 1, 2:
		if len(f.Options) > 0 {
			return []string{f.Options[min(how, len(f.Options)-1)].Key}
		}
		return []string{map[string]string{"datum": "vrijdag", "minuten": "60", "ritme": "elke vrijdag om 13:30"}[f.Name] + strings.Repeat("iets", max(0, 1-len(f.Value)))}
	case 3:
		return f.Value
	case 4:
		return []string{a}
	case 5:
		return []string{b}
	case 6:
		return []string{a, b}
	case 7:
		return nil
	case 8:
		return []string{a + " " + canary}
	case 9:
		return []string{canary + b}
	}
	if f.Kind == chat.Many {
		var keys []string
		for _, o := range f.Options {
			keys = append(keys, o.Key)
		}
		return keys
	}
	return []string{canary}
}

// counts are how many records there are of each kind.
func (b *trial) counts() map[string]int {
	n := map[string]int{}
	for _, e := range b.db.data {
		switch kind, _, _ := strings.Cut(e.key, "\x00"); kind {
		case "team", "signal", "action", "meeting", "case":
			n[kind]++
		}
	}
	return n
}

// lasting is all that is stored, without the forms: a mistake leaves nothing
// behind, so that the same mistake again opens its form again.
func (b *trial) lasting() []entry {
	return slices.DeleteFunc(slices.Clone(b.db.data), func(e entry) bool {
		return strings.HasPrefix(e.key, "form\x00") || strings.HasPrefix(e.key, "due") && strings.Contains(e.key, "form/")
	})
}

func changed(before, after []entry) (keys []string) {
	for _, e := range after {
		if !slices.Contains(before, e) {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// checkReply: the asker never hears that something broke, and gets whole
// sentences and a form that fits on every platform.
func (b *trial) checkReply(t *testing.T, reply chat.Reply, typed string) {
	t.Helper()
	if b.log.Len() > 0 {
		t.Fatal(b.log.String())
	}
	said := fmt.Sprint(reply.Body, reply.Problems)
	for _, broken := range []string{"{", "problem.", "form.", "signal."} {
		if strings.Contains(said, "{"+broken) && !strings.Contains(typed, broken) {
			t.Errorf("says %q", said)
		}
	}
	for _, block := range reply.Body {
		if block.Kind == chat.Buttons {
			t.Error("a button in a reply")
		}
	}
	if reply.Form != nil {
		checkForm(t, *reply.Form)
	}
}

func checkForm(t *testing.T, form chat.Form) {
	t.Helper()
	if form.ID == "" || form.Title == "" || len(form.Title) > 24 || form.Submit == "" || len(form.Submit) > 24 {
		t.Errorf("form %+v", form)
	}
	for _, f := range form.Fields {
		if f.Label == "" || len(f.Label) > 24 || len(f.Hint) > 150 || f.Limit() > 3000 {
			t.Errorf("field %+v", f)
		}
		chosen := 0
		for _, o := range f.Options {
			if o.Key == "" || len(o.Key) > 75 || o.Label == "" || len(o.Label) > 75 || !utf8.ValidString(o.Label) {
				t.Errorf("%s has the option %+v", f.Name, o)
			}
			if slices.Contains(f.Value, o.Key) {
				chosen++
			}
		}
		choice := f.Kind == chat.One || f.Kind == chat.Many
		if choice && (len(f.Options) == 0 || len(f.Options) > 100 || chosen != len(f.Value)) {
			t.Errorf("%s has %d options, and %d of %v are among them", f.Name, len(f.Options), chosen, f.Value)
		}
		if !choice && len(f.Value) > 1 {
			t.Errorf("%s starts with %v", f.Name, f.Value)
		}
	}
}

var codeForm = regexp.MustCompile(`^[KV]-\d{3,4}$`)

// checkStore: one event makes one record at most, of which each is whole, and
// nothing that was said of a child is in a post, the trail or the log.
func (b *trial) checkStore(t *testing.T, before map[string]int) {
	t.Helper()
	after := b.counts()
	for kind, most := range map[string]int{"team": 1, "signal": 1, "action": 1, "case": 1, "meeting": 2} { // start nu: and the next one
		if n := after[kind] - before[kind]; n < 0 || n > most {
			t.Errorf("%d new records of %s", n, kind)
		}
	}
	if n := after["team"] + after["signal"] + after["action"] - before["team"] - before["signal"] - before["action"]; n > 1 {
		t.Errorf("%d new records", n)
	}
	secret := false
	id := b.team().ID
	b.read(func(tx kv.Tx) error {
		signals, err := store.Signals.All(tx, id)
		if err != nil {
			return err
		}
		for _, s := range signals {
			secret = secret || strings.Contains(s.Seen+s.Helps+s.Needed, canary)
			long := utf8.RuneCountInString(s.Seen) > maxFree || utf8.RuneCountInString(s.Helps) > maxFree || utf8.RuneCountInString(s.Needed) > maxFree
			if long || utf8.RuneCountInString(s.Theme) > maxTheme || len(s.Elements) > maxElements {
				t.Errorf("too much in %+v", s)
			}
			about := s.Code != "" || s.Group != "" || s.Theme != ""
			if !about || s.Status == team.Waiting && s.Kind != team.Success && s.Seen == "" && s.Needed == "" {
				t.Errorf("too little in %+v", s)
			}
			if s.Code != "" && !codeForm.MatchString(s.Code) {
				t.Errorf("code %q", s.Code)
			}
		}
		cases, err := store.Cases.All(tx, id)
		if err != nil {
			return err
		}
		for _, c := range cases {
			secret = secret || strings.Contains(c.Helps+c.Need+c.Goal, canary)
			if utf8.RuneCountInString(c.Helps) > maxFree || utf8.RuneCountInString(c.Need) > maxFree || utf8.RuneCountInString(c.Goal) > maxGoal || (c.Goal == "") != (len(c.Evaluations) == 0) {
				t.Errorf("case %+v", c)
			}
		}
		actions, err := store.Actions.All(tx, id)
		if err != nil {
			return err
		}
		for _, a := range actions {
			if a.Text == "" || length(a.Text, a.Gain) > maxAction || a.Owner == "" || !a.Due.Valid() {
				t.Errorf("action %+v", a)
			}
		}
		if k := b.team(); id != "" && (k.Name == "" || k.School == "" || k.Minutes < 15 || k.Chair == "") {
			t.Errorf("kernteam %+v", k)
		}
		return b.checkLeak(t, tx, secret)
	})
}

func (b *trial) checkLeak(t *testing.T, tx kv.Tx, secret bool) error {
	posts, err := store.Table[outbox.Status]{Name: "post"}.All(tx)
	if err != nil {
		return err
	}
	for _, p := range posts {
		if secret && strings.Contains(fmt.Sprint(p.Post.Body), canary) {
			t.Errorf("post %s tells what was said: %v", p.Post.Key, p.Post.Body)
		}
	}
	trail, err := audit.Of(tx, b.team().ID)
	if err != nil {
		return err
	}
	if strings.Contains(fmt.Sprint(trail), canary) {
		t.Error("the trail tells what was said")
	}
	return nil
}
