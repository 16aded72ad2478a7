package command

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// Whatever a kernteam does, and however long the machine is off: nothing gets
// lost, nothing is said twice, and nobody is disturbed outside school hours.
func TestAnyCourseOfEvents(t *testing.T) {
	preset(t, "rapid.steps", "100")
	preset(t, "rapid.checks", "25")

	base := founded(t, time.Date(2027, time.March, 15, 9, 0, 0, 0, zone("")))
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{trial: base.fork(), reminded: map[string]string{}}
		w.id = w.team().ID
		w.said = w.keys()
		t.Repeat(map[string]func(*rapid.T){
			"plan":   w.plan,
			"meet":   w.meet,
			"hold":   w.hold,
			"signal": w.signal,
			"agree":  w.agree,
			"judge":  w.judge,
			"press":  w.press,
			"people": w.people,
			"turns":  w.turns,
			"set":    w.settings,
			"free":   w.free,
			"wait":   w.wait,
			"pass":   w.pass,
			"outage": w.outage,
			"":       w.check,
		})
		w.checkButtons(t)
		w.checkDates(t)
	})
}

// preset sets a flag that the command line leaves alone, for one test.
func preset(t *testing.T, name, value string) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	old := flag.Lookup(name).Value.String()
	t.Cleanup(func() { flag.Set(name, old) })
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// walk is one course of events.
type walk struct {
	*trial
	id       string            // of the kernteam
	said     []string          // keys of the posts so far, sorted
	reminded map[string]string // kind, meeting and date of each reminder -> its key
	signals  int
	points   []string
	pointed  int
	freed    time.Time // when school days last changed
}

// line types a line; what the table of commands answers is its own business.
func (w *walk) line(t *rapid.T, format string, args ...any) chat.Reply {
	user := rapid.SampledFrom(crew).Draw(t, "user")
	return w.types(user, fmt.Sprintf(format, args...))
}

// day is a day some time from now, as people may write it.
func (w *walk) day(t *rapid.T) string {
	n := rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 28, 43}).Draw(t, "days ahead")
	return team.DateOf(w.now).AddDays(n).String()
}

// anyway is what makes a closed day no mistake.
var anyway = rapid.SampledFrom([]string{"", "", " toch"})

var clocks = rapid.SampledFrom([]string{"", "07:00", "08:30", "09:00", "10:00", "13:30", "16:45", "22:00"})

func (w *walk) plan(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "form") == 0 {
		if form := w.line(t, "/kansoverleg plan").Form; form != nil {
			w.sends(w.whose(form), form, map[string][]string{"ritme": {rhythms.Draw(t, "rhythm")}, "minuten": {"60"}})
		}
		return
	}
	w.line(t, "/kansoverleg plan %s", rhythms.Draw(t, "rhythm"))
}

var rhythms = rapid.SampledFrom([]string{
	"elke dinsdag om 13:30", "elke 2 weken op vrijdag om 08:30", "elke 6 weken op maandag om 09:00",
	"eerste maandag van de maand om 15:00", "laatste vrijdag van de maand om 16:45", "elke zaterdag om 10:00 toch",
	"elke 3 maanden op de tweede zondag om 22:00", "cron: 30 13 * * 2", "cron: 0 7 * * 1,4",
})

func (w *walk) meet(t *rapid.T) {
	switch rapid.SampledFrom([]string{"once", "move", "skip", "point", "unpoint", "start", "now", "finish", "rsvp", "read"}).Draw(t, "what") {
	case "once":
		w.line(t, "/kansoverleg eenmalig %s %s%s", w.day(t), clocks.Draw(t, "at"), anyway.Draw(t, "anyway"))
	case "move":
		w.line(t, "/kansoverleg verzet %s %s%s", w.day(t), clocks.Draw(t, "at"), anyway.Draw(t, "anyway"))
	case "skip":
		w.line(t, "/kansoverleg overslaan")
	case "point":
		w.pointed++
		point := fmt.Sprintf("punt nummer %d van ons", w.pointed)
		if strings.Contains(fmt.Sprint(w.line(t, "/kansoverleg punt %s", point)), "Je punt") {
			w.points = append(w.points, point)
		}
	case "unpoint":
		said := fmt.Sprint(w.line(t, "/kansoverleg punt weg %d", rapid.IntRange(1, 3).Draw(t, "nr")))
		w.points = slices.DeleteFunc(w.points, func(point string) bool {
			return strings.Contains(said, "Van de agenda gehaald") && strings.Contains(said, point)
		})
	case "start":
		w.line(t, "/kansoverleg start")
	case "now":
		w.line(t, "/kansoverleg start nu")
	case "finish":
		w.line(t, "/kansoverleg afronden")
	case "rsvp":
		w.line(t, "/kansoverleg %s", rapid.SampledFrom([]string{"aanwezig", "afwezig"}).Draw(t, "answer"))
	case "read":
		w.line(t, "/kansoverleg %s", rapid.SampledFrom([]string{"", "agenda", "verslag"}).Draw(t, "which"))
	}
}

// hold goes on to the next meeting and starts it, perhaps a while early.
func (w *walk) hold(t *rapid.T) {
	for _, m := range w.open() {
		if m.Status == team.Planned && m.Start.Before(w.now.AddDate(0, 0, 50)) {
			w.until(t, m.Start.Add(-time.Duration(rapid.SampledFrom([]int{0, 5, 180}).Draw(t, "minutes early"))*time.Minute))
			w.line(t, "/kansoverleg start")
			return
		}
	}
	t.Skip("nothing to hold")
}

func (w *walk) signal(t *rapid.T) {
	nr := rapid.IntRange(1, 8).Draw(t, "nr")
	switch rapid.SampledFrom([]string{"log", "log", "change", "withdraw"}).Draw(t, "what") {
	case "log":
		about := rapid.SampledFrom([]string{"nieuw", "K-001", "K-002", "V-001", "groep bovenbouw", "thema slapen"}).Draw(t, "about")
		tags := rapid.SampledFrom([]string{"", "#leren", "#leren #eerder", "#erbij", "#succes", "#overdracht", "| ouders: akkoord"}).Draw(t, "tags")
		w.line(t, "/signaal %s kijkt vaak weg %s", about, tags)
		w.signals++
	case "change":
		w.line(t, "/signaal wijzig %d %s", nr, rapid.SampledFrom([]string{"K-001", "nieuw", "#eerder", "soort: succes", "soort: overdracht", "ouders: akkoord"}).Draw(t, "to"))
	case "withdraw":
		w.line(t, "/signaal intrekken %d", nr)
	}
}

func (w *walk) agree(t *rapid.T) {
	nr := rapid.IntRange(1, 8).Draw(t, "nr")
	switch rapid.SampledFrom([]string{"make", "make", "done", "postpone", "help", "later", "later", "give", "helped", "reopen"}).Draw(t, "what") {
	case "make":
		w.line(t, "/actie @%s belt de school voor %s", rapid.SampledFrom(crew).Draw(t, "owner"), w.day(t))
	case "done":
		w.line(t, "/actie klaar %d", nr)
	case "postpone":
		w.line(t, "/actie uitstel %d tot %s", nr, w.day(t))
	case "help":
		w.line(t, "/actie hulp %d", nr)
	case "later":
		w.line(t, "/actie later %d%s", nr, rapid.SampledFrom([]string{"", " tot " + w.day(t)}).Draw(t, "until"))
	case "give":
		w.line(t, "/actie geef %d @%s", nr, rapid.SampledFrom(crew).Draw(t, "owner"))
	case "helped":
		w.line(t, "/actie hielp %d de platen", nr)
	case "reopen":
		w.line(t, "/actie open %d", nr)
	}
}

// judge evaluates a case, or closes it.
func (w *walk) judge(t *rapid.T) {
	w.line(t, "/kansoverleg evaluatie %s schaal %d, %s | datum: %s", rapid.SampledFrom([]string{"K-001", "K-002", "V-001"}).Draw(t, "code"),
		rapid.IntRange(0, 10).Draw(t, "scale"), rapid.SampledFrom([]string{"bijstellen | doel: samen beginnen", "doorgaan", "afsluiten"}).Draw(t, "how"), w.day(t))
}

// press finds a button in a post of any age.
func (w *walk) press(t *rapid.T) {
	kind := rapid.SampledFrom([]string{
		"item", "item", "meeting", "meeting", "late", "action", "remind", "remind", "handover", "helpchair", "helpcontact",
		"agenda", "agenda", "today", "proposal", "proposal", "lead", "quorum",
	}).Draw(t, "kind")
	said := slices.DeleteFunc(slices.Clone(w.said), func(key string) bool { return !strings.HasPrefix(key, kind+"/") })
	if len(said) == 0 {
		t.Skip("no such post")
	}
	key := rapid.SampledFrom(said).Draw(t, "post")
	var buttons []chat.Button
	reader := ""
	err := w.db.Update(context.Background(), func(tx kv.Tx) error {
		s, _, err := outbox.Get(tx, key)
		if err != nil {
			return err
		}
		reader = s.Post.To.User
		for _, block := range s.Post.Body {
			buttons = append(buttons, block.Buttons...)
		}
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", key)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(buttons) == 0 {
		t.Skip("no buttons")
	}
	button := rapid.SampledFrom(buttons).Draw(t, "button")
	pressed := chat.Pressed{Post: chat.PostID(key), Do: button.Do}
	var reply chat.Reply
	if reader != "" {
		reply = w.direct(person(reader), pressed)
	} else {
		reply = w.event(person(rapid.SampledFrom(crew).Draw(t, "user")), pressed)
	}
	if form := reply.Form; form != nil {
		w.sends(w.whose(form), form, map[string][]string{
			"nodig": {"rust"}, "doel": {"drie rustige ochtenden"}, "schaal": {"4"}, "evaluatie": {"over 6 weken"},
			"datum": {w.day(t)}, "wie": {rapid.SampledFrom(crew).Draw(t, "owner")}, "wat": {"belt de buren"}, "casus": {"-"},
		})
	}
}

// whose is who a form was opened for.
func (w *walk) whose(form *chat.Form) (user string) {
	w.read(func(tx kv.Tx) error {
		f, _, err := store.Forms.Get(tx, form.ID)
		user = f.To.User
		return err
	})
	return user
}

func (w *walk) people(t *rapid.T) {
	switch rapid.SampledFrom([]string{"chair", "away", "away", "back", "mute", "gone", "gone", "gone"}).Draw(t, "what") {
	case "chair":
		w.line(t, "/kernteam rol @%s voorzitter", rapid.SampledFrom(crew).Draw(t, "who"))
		return
	case "away":
		w.line(t, "/kernteam weg tot %s%s", w.day(t), rapid.SampledFrom([]string{"", " @anna", " @bram", " @emre"}).Draw(t, "cover"))
		return
	case "back":
		w.line(t, "/kernteam terug")
		return
	case "mute":
		w.line(t, "/kernteam stil")
		return
	}
	gone := rapid.SampledFrom(crew).Draw(t, "gone")
	w.roster(slices.DeleteFunc(slices.Clone(crew), func(user string) bool { return user == gone })...)
}

// turns changes who comes and who does what.
func (w *walk) turns(t *rapid.T) {
	who := rapid.SampledFrom(crew).Draw(t, "who")
	switch rapid.SampledFrom([]string{"away", "away", "stand", "swap", "job", "choose", "all"}).Draw(t, "what") {
	case "away":
		w.line(t, "/kansoverleg afwezig")
	case "stand":
		w.line(t, "/kansoverleg afwezig @%s", who)
	case "swap":
		w.line(t, "/kansoverleg ruil @%s", who)
	case "job":
		w.line(t, "/kansoverleg ruil %s @%s", rapid.SampledFrom([]string{"voorzitter", "notulist"}).Draw(t, "job"), who)
	case "choose":
		w.line(t, "/kansoverleg kies %s", rapid.SampledFrom([]string{"K-001", "K-002", "V-001", "3", "5"}).Draw(t, "case"))
	case "all": // nobody is left to lead
		for _, user := range crew {
			w.types(user, "/kansoverleg afwezig")
		}
	}
}

func (w *walk) settings(t *rapid.T) {
	chair := w.team().Chair
	form := w.types(chair, "/kansoverleg instellen").Form
	if form == nil {
		t.Skip("the chair has left")
	}
	w.sends(chair, form, map[string][]string{
		"minuten": {"60"}, "minimum": {rapid.SampledFrom([]string{"0", "2", "4", "5"}).Draw(t, "quorum")},
		"beurten": {rapid.SampledFrom([]string{"alles", "alles", "notulist", "vast"}).Draw(t, "turns")},
		"punten":  {rapid.SampledFrom([]string{"", "rondje mededelingen\nschermtijd"}).Draw(t, "standing")},
	})
}

// free changes when school is closed: by the chair's own days, or by another
// region.
func (w *walk) free(t *rapid.T) {
	chair := w.team().Chair
	w.freed = w.now
	switch rapid.SampledFrom([]string{"closed", "closed", "open", "gone", "gone", "region"}).Draw(t, "what") {
	case "closed":
		first := team.DateOf(w.now).AddDays(rapid.IntRange(0, 20).Draw(t, "from"))
		for _, m := range w.open() {
			if rapid.Bool().Draw(t, "under a meeting") && m.Start.After(w.now) {
				first = team.DateOf(m.Start.In(zone("")))
			}
		}
		w.types(chair, fmt.Sprintf("/kernteam vrij %s tot %s", first, first.AddDays(rapid.SampledFrom([]int{0, 0, 4, 11, 30}).Draw(t, "days"))))
	case "open":
		w.types(chair, "/kernteam vrij toch open "+w.day(t))
	case "gone":
		own := w.freeDays().Own
		if len(own) == 0 {
			t.Skip("nothing to take away")
		}
		w.types(chair, fmt.Sprintf("/kernteam vrij weg %d", rapid.SampledFrom(own).Draw(t, "period").Nr))
	case "region":
		values := map[string][]string{"regio": {string(rapid.SampledFrom(team.Regions).Draw(t, "region"))}}
		form := w.types(chair, "/kernteam instellen").Form
		if form == nil {
			t.Skip("the chair has left")
		}
		for _, f := range form.Fields {
			if f.Name != "regio" {
				values[f.Name] = f.Value
			}
		}
		w.sends(chair, form, values)
	}
}

// wait goes on until the next thing that happens by itself.
func (w *walk) wait(t *rapid.T) {
	for range rapid.IntRange(1, 3).Draw(t, "times") {
		var next time.Time
		w.read(func(tx kv.Tx) (err error) {
			next, _, err = store.NextForTeam(tx)
			return err
		})
		if next.IsZero() {
			t.Skip("nothing to wait for")
		}
		w.until(t, next)
	}
}

func (w *walk) pass(t *rapid.T) {
	w.until(t, w.now.Add(time.Duration(rapid.IntRange(1, 60*72).Draw(t, "minutes"))*time.Minute))
}

// outage lets time go by while the machine is off; what people do may come
// before the clock has its turn again.
func (w *walk) outage(t *rapid.T) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 60*120).Draw(t, "minutes")) * time.Minute)
	if rapid.Bool().Draw(t, "clock first") {
		w.tick(t)
	}
}

func (w *walk) until(t *rapid.T, then time.Time) {
	for {
		var next time.Time
		w.read(func(tx kv.Tx) (err error) {
			next, _, err = store.NextDue(tx)
			return err
		})
		if next.IsZero() || next.After(then) {
			break
		}
		w.now = later(w.now, next)
		w.tick(t)
	}
	w.now = later(w.now, then)
}

// tick lets the clock do its part. A reminder whose moment is now is posted.
func (w *walk) tick(t *rapid.T) {
	var expected []string
	var points []team.Meeting // for which they are asked now, unless there is a sooner one to bring them to
	for _, m := range w.open() {
		for _, step := range schedule.MeetingLadder(w.calendar(), m.Start) {
			round := step.Kind == schedule.StepPoints || step.Kind == schedule.StepAgenda
			switch {
			case m.Status != team.Planned || !step.At.Equal(w.now) || !step.At.After(m.Since) || round && m.HasSent(step.Kind):
			case step.Kind == schedule.StepPoints:
				points = append(points, m)
			case step.Kind == schedule.StepAgenda && team.DateOf(m.Start.In(zone(""))).After(team.DateOf(w.now.In(zone(""))).AddDays(farAhead)):
			case round:
				expected = append(expected, fmt.Sprintf("%s/%s/%d/%d", step.Kind, w.id, m.Nr, m.Round))
			case w.reminded[about(step.Kind, m)] == "":
				expected = append(expected, fmt.Sprintf("%s/%s/%d/", step.Kind, w.id, m.Nr))
			}
		}
	}
	quiet := map[string]bool{} // actions that somebody wants to come back to on another day
	for _, a := range w.openActions() {
		if a.Snoozed.After(team.DateOf(w.now.In(zone("")))) {
			quiet[strconv.Itoa(a.Nr)] = true
			continue
		}
		for _, step := range schedule.ActionLadder(w.calendar(), a.Due) {
			if next := w.calendar().AddSchoolDays(team.DateOf(a.Since.In(zone(""))), 1); step.Kind == schedule.StepAhead && !team.DateOf(w.now.In(zone(""))).After(next) {
				continue
			}
			key := fmt.Sprintf("remind/%s/%d/%s/%s", w.id, a.Nr, agreed(a), step.Kind)
			if _, before := slices.BinarySearch(w.said, key); step.At.Equal(w.now) && step.At.After(a.Since) && !before && a.Reminded != team.DateOf(w.now.In(zone(""))) {
				expected = append(expected, key)
			}
		}
	}
	expected = append(expected, w.weekly()...)
	if _, err := w.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, m := range points {
		sooner := slices.ContainsFunc(w.open(), func(other team.Meeting) bool {
			return other.Status == team.Planned && other.Start.Before(m.Start) && !team.DateOf(other.Start.In(zone(""))).Before(team.DateOf(w.now.In(zone(""))))
		})
		if !sooner {
			expected = append(expected, fmt.Sprintf("%s/%s/%d/%d", schedule.StepPoints, w.id, m.Nr, m.Round))
		}
	}
	w.read(func(tx kv.Tx) error {
		if at, _, err := store.NextDue(tx); err != nil || !at.After(w.now) {
			t.Fatalf("at %v something is still due at %v (%v)", w.now, at, err)
		}
		return nil
	})
	fresh := w.fresh(t)
	for _, key := range fresh {
		if !strings.HasPrefix(key, "soon/") && !strings.HasPrefix(key, "late/") && !w.calendar().Working(w.now).Equal(w.now) && !w.cannotWait(key) {
			t.Fatalf("%s was posted on %v", key, w.now.In(zone("")).Format("Monday 2 January 15:04"))
		}
	}
	together := map[string]string{}
	for _, key := range fresh {
		part := strings.Split(key, "/")
		what := "meeting " + part[2]
		if part[0] == "remind" {
			if what = "action " + part[2]; quiet[part[2]] {
				t.Fatalf("%s comes too early", key)
			}
		} else if part[0] == "week" {
			if m := w.member(part[3]); m.Muted || m.Absent(team.DateOf(w.now.In(zone("")))) {
				t.Fatalf("%s is for %+v", key, m)
			}
			continue
		} else if !slices.Contains(reminders, part[0]) {
			continue
		}
		if before := together[what]; before != "" {
			t.Fatalf("%s comes at once with %s", key, before)
		}
		together[what] = key
	}
	for _, prefix := range expected {
		if !slices.ContainsFunc(fresh, func(key string) bool { return strings.HasPrefix(key, prefix) }) {
			t.Fatalf("no %s on %v", prefix, w.now)
		}
	}
}

// cannotWait: a post is about who leads, writes or comes, of a meeting that begins
// before people are at work.
func (w *walk) cannotWait(key string) bool {
	part := strings.Split(key, "/")
	return slices.Contains([]string{"job", "lead", "quorum", "turn", "stand", "nostand"}, part[0]) &&
		slices.ContainsFunc(w.open(), func(m team.Meeting) bool {
			return strconv.Itoa(m.Nr) == part[2] && m.Start.After(w.now) && !m.Start.After(w.calendar().Working(w.now))
		})
}

// weekly are the overviews that belong to this very moment.
func (w *walk) weekly() (expected []string) {
	today := team.DateOf(w.now.In(zone("")))
	w.read(func(tx kv.Tx) error {
		d, _, err := store.Scheduled(tx, "weekly/"+w.id)
		if err != nil || !d.At.Equal(w.now) || !w.calendar().SchoolDay(today) {
			return err
		}
		members, err := store.Members.All(tx, w.id)
		for _, m := range members {
			open, err := store.OpenActionsOf(tx, w.id, m.User)
			year, week := w.now.In(zone("")).ISOWeek()
			key := fmt.Sprintf("week/test//%s/%d-W%02d", m.User, year, week)
			presses := slices.ContainsFunc(open, func(a team.Action) bool {
				d, _, failed := store.Scheduled(tx, fmt.Sprintf("action/%s/%d", w.id, a.Nr))
				err = cmp.Or(err, failed)
				return !a.Due.After(today.AddDays(7)) && d.At.After(w.now) && a.Reminded != today
			})
			if _, sent := slices.BinarySearch(w.said, key); err == nil && presses && m.Here && !m.Muted && !m.Absent(today) && !sent {
				expected = append(expected, key)
			}
		}
		return err
	})
	return expected
}

func (w *walk) member(user string) (m team.Member) {
	w.read(func(tx kv.Tx) (err error) {
		m, _, err = store.Members.Get(tx, w.id, user)
		return err
	})
	return m
}

func (w *walk) freeDays() schedule.FreeDays {
	days := schedule.FreeDays{Region: w.team().Region, Holidays: schedule.BuiltIn()}
	w.read(func(tx kv.Tx) (err error) {
		days.Own, _, err = store.OwnDays.Get(tx, w.id)
		return err
	})
	return days
}

func (w *walk) calendar() schedule.Calendar { return w.freeDays().Calendar(zone("")) }

// keys are those of the posts that went, in order.
func (w *walk) keys() (keys []string) {
	w.read(func(tx kv.Tx) error {
		return store.Table[outbox.Status]{Name: "post"}.Each(tx, func(s outbox.Status) error {
			if s.State != outbox.Held {
				keys = append(keys, s.Post.Key)
			}
			return nil
		})
	})
	return keys
}

func (w *walk) openActions() (list []team.Action) {
	w.read(func(tx kv.Tx) (err error) {
		list, err = store.OpenActions(tx, w.id)
		return err
	})
	return list
}

func (w *walk) meetings() (list []team.Meeting) {
	w.read(func(tx kv.Tx) (err error) {
		list, err = store.Meetings.All(tx, w.id)
		return err
	})
	return list
}

// fresh are the keys of new posts; a reminder is not there for the second time.
func (w *walk) fresh(t *rapid.T) (fresh []string) {
	keys := w.keys()
	for _, key := range keys {
		if _, found := slices.BinarySearch(w.said, key); !found {
			fresh = append(fresh, key)
		}
	}
	w.said = keys
	maps.DeleteFunc(w.reminded, func(_, key string) bool { // taken back before anybody saw it
		_, found := slices.BinarySearch(keys, key)
		return !found
	})
	for _, key := range fresh {
		part := strings.Split(key, "/")
		if part[0] == "remind" {
			w.once(t, key, part[0]+" "+part[2]+" "+team.DateOf(w.now.In(zone(""))).String())
		}
		if !slices.Contains(reminders, part[0]) {
			continue
		}
		i := slices.IndexFunc(w.meetings(), func(m team.Meeting) bool { return strconv.Itoa(m.Nr) == part[2] })
		w.once(t, key, about(part[0], w.meetings()[i]))
	}
	return fresh
}

// about is what a reminder of a kind is about: a date, or a quarter of an hour
// before a moment.
func about(kind string, m team.Meeting) string {
	start := m.Start.In(zone(""))
	if kind == schedule.StepSoon {
		return fmt.Sprint(kind, m.Nr, start)
	}
	return fmt.Sprint(kind, m.Nr, team.DateOf(start))
}

// reminders are the kinds of post that the ladder of a meeting makes.
var reminders = []string{schedule.StepPoints, schedule.StepAgenda, schedule.StepToday, schedule.StepSoon}

func (w *walk) once(t *rapid.T, key, about string) {
	if before := w.reminded[about]; before != "" {
		t.Fatalf("%s comes after %s", key, before)
	}
	w.reminded[about] = key
}
