package command

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// pageLife is how long the address of a page with minutes can be used.
const pageLife = 24 * time.Hour

// minutesAsked is what somebody wants to read: of one meeting, or with nr 0 of
// the last one; all agreements, or what parents may read about one case.
type minutesAsked struct {
	nr      int
	parents bool
	code    string
	page    bool
}

// meetingMinutes shows the agreements of a meeting; when none is named those of
// the last one held.
func meetingMinutes(r *Request, typed string) (answer, error) {
	asked, err := r.readMinutesAsked(typed)
	if err != nil {
		return answer{}, err
	}
	if asked.parents {
		return r.parentsText(asked)
	}
	m, err := r.heldMeeting(asked.nr)
	if err != nil {
		return answer{}, err
	}
	if asked.page {
		return r.pageOf(store.Link{Kind: minutesLink, Nr: m.Nr})
	}
	record, err := r.minutes(m)
	if err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.minutes", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: append(r.view().MinutesNow(record, r.today()), r.view().Helped(record.Actions)...)}, nil
}

func (r *Request) readMinutesAsked(typed string) (asked minutesAsked, err error) {
	found := codes(typed)
	asked.code, typed = cutCode(line(typed))
	var which []string
	for _, word := range strings.Fields(typed) {
		switch {
		case isWord(word, "ouders", "parents"):
			asked.parents = true
		case isWord(word, "bestand", "file"):
			asked.page = true
		default:
			which = append(which, word)
		}
	}
	if len(which) > 0 {
		m, err := r.meetingMeant(strings.Join(which, " "))
		if err != nil {
			return asked, err
		}
		asked.nr = m.Nr
	}
	example := "/kansoverleg verslag ouders K-014"
	if len(found) > 0 {
		example = "/kansoverleg verslag ouders " + found[0]
	}
	switch {
	case len(found) > 1, asked.parents && asked.code == "":
		return asked, team.Wrong("", "letter.code", "example", example)
	case !asked.parents && asked.code != "":
		return asked, team.Wrong("", "minutes.whole", "understood", asked.code, "example", example)
	}
	return asked, nil
}

var (
	whenPattern     = regexp.MustCompile(`(?i)^(?:van|op|of|on)\s+`)
	previousPattern = regexp.MustCompile(`(?i)^(?:(?:de|het|the)\s+)?(?:vorige?|previous)(?:\s+(?:keer|overleg|time|meeting))?$`)
)

// meetingMeant is the held meeting that somebody names: by its number, its day, or
// as the one before the last.
func (r *Request) meetingMeant(typed string) (team.Meeting, error) {
	nr, rest, given := number(typed)
	if given && rest == "" {
		return r.heldMeeting(nr)
	}
	held, err := r.held()
	if err != nil {
		return team.Meeting{}, err
	}
	which := whenPattern.ReplaceAllString(typed, "")
	if n := len(held); n > 0 && previousPattern.MatchString(which) {
		return held[max(0, n-2)], nil
	}
	for _, m := range slices.Backward(held) {
		if names(which, r.day(m)) {
			return m, nil
		}
	}
	return team.Meeting{}, r.noMinutes(held, typed)
}

// names reports whether words are a day, whatever day it is when they are read.
func names(words string, day team.Date) bool {
	for _, today := range []team.Date{day, day.AddDays(-1)} {
		if d, err := schedule.ParseDate(words, today); err != nil || d != day {
			return false
		}
	}
	return true
}

// heldMeeting is the meeting with that number, or with 0 the last one held.
func (r *Request) heldMeeting(nr int) (team.Meeting, error) {
	held, err := r.held()
	if err != nil {
		return team.Meeting{}, err
	}
	for _, m := range slices.Backward(held) {
		if nr == 0 || m.Nr == nr {
			return m, nil
		}
	}
	return team.Meeting{}, r.noMinutes(held, strconv.Itoa(nr))
}

// minutesNamed is of how many meetings somebody reads when there are minutes.
const minutesNamed = 4

// noMinutes is that there are no minutes of what somebody asked for, with those
// that there are.
func (r *Request) noMinutes(held []team.Meeting, asked string) error {
	if len(held) == 0 {
		return team.Wrong("", "minutes.none")
	}
	var days []string
	for _, m := range slices.Backward(held[max(0, len(held)-minutesNamed):]) {
		if day := schedule.ShortDate(string(r.lang), r.day(m)); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return team.Wrong("", "minutes.which", "understood", asked, "days", strings.Join(days, ", "), "example", "/kansoverleg verslag "+days[0])
}

// held are the meetings that were held, in the order of their start.
func (r *Request) held() ([]team.Meeting, error) {
	all, err := store.Meetings.All(r.tx, r.team.ID)
	all = slices.DeleteFunc(all, func(m team.Meeting) bool { return m.Status != team.Held })
	slices.SortStableFunc(all, func(a, b team.Meeting) int { return a.Start.Compare(b.Start) })
	return all, err
}

// pageOf leads the asker to a page.
func (r *Request) pageOf(l store.Link) (answer, error) {
	address, err := r.link(l, r.now.Add(pageLife))
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().PageAt(address)}, nil
}

// pressFile leads the asker to the minutes of a meeting as a page.
func pressFile(r *Request, s string) (answer, error) { return meetingMinutes(r, s+" bestand") }

// minutesPage is the page behind a minutesLink: as the channel may see them,
// for a page goes from hand to hand.
func (r *Request) minutesPage(l store.Link) (chat.Page, error) {
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(l.Nr))
	if err != nil {
		return chat.Page{}, err
	}
	if !found || m.Status != team.Held {
		return chat.Page{}, chat.ErrGone
	}
	record, err := r.minutes(m)
	if err != nil {
		return chat.Page{}, err
	}
	body := r.view().MinutesNow(record, r.today())
	title := r.lang.Say("minutes.page", "name", r.team.Name, "when", r.view().When(m.Start))
	return chat.Page{Lang: string(r.lang), Title: title, Body: body[1:]}, nil
}

// parentsPage is the page behind a parentsLink.
func (r *Request) parentsPage(l store.Link) (chat.Page, error) {
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(l.Nr))
	if err != nil {
		return chat.Page{}, err
	}
	if !found {
		return chat.Page{}, chat.ErrGone
	}
	letter, err := r.letter(m, l.Code)
	if p := (*team.Problem)(nil); errors.As(err, &p) { // what parents may read has changed since
		return chat.Page{}, chat.ErrGone
	}
	if err != nil {
		return chat.Page{}, err
	}
	return chat.Page{Lang: string(r.lang), Title: r.lang.Say("letter.title"), Body: r.view().Letter(letter)}, nil
}

// report posts the agreements in the thread and sends each owner theirs.
func (r *Request) report(m team.Meeting) error {
	record, err := r.minutes(m)
	if err != nil {
		return err
	}
	next, found, err := r.nextMeeting()
	if err != nil {
		return err
	}
	body := r.view().Minutes(record)
	if found {
		body = append(body, r.view().NextDate(next))
	}
	letters, err := r.letters(record)
	if err != nil {
		return err
	}
	body = append(body, r.view().MinutesButtons(m, len(letters) > 0)...)
	if err := r.post(r.key("minutes", m.Nr), r.key("meeting", m.Nr), body); err != nil {
		return err
	}
	own := map[string][]team.Action{}
	for _, a := range record.Actions {
		if a.Status == team.ToDo {
			own[a.Owner] = append(own[a.Owner], a)
		}
	}
	for owner, list := range own {
		if !r.member(owner).Here {
			continue // what was agreed stays with the kernteam
		}
		if err := r.direct(r.key("own", m.Nr, owner), owner, r.view().Own(m, list)); err != nil {
			return err
		}
	}
	return nil
}

// minutes are what the minutes of a meeting are made of, as things stand.
func (r *Request) minutes(m team.Meeting) (record view.Record, err error) {
	if record, err = r.record(m); err != nil {
		return record, err
	}
	if record.Cases, err = store.Cases.All(r.tx, r.team.ID); err != nil {
		return record, err
	}
	record.Waits, err = r.waiting(m, record.Cases)
	return record, err
}

// record is minutes without what has to be looked for among all cases.
func (r *Request) record(m team.Meeting) (record view.Record, err error) {
	record = view.Record{Meeting: m, Chair: m.Leader(r.team), First: r.day(m)}
	if record.Signals, err = r.signalsOf(m); err != nil {
		return record, err
	}
	record.Actions, err = r.actionsOf(m)
	return record, err
}

// waiting are the cases that wait for the parents to hear of them: of which a
// signal was there when the meeting ended, and those that it, or one before it,
// spoke of without the parents knowing.
func (r *Request) waiting(m team.Meeting, cases []team.Case) (list []string, err error) {
	signals, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		waits := slices.ContainsFunc(signals, func(s team.Signal) bool { return s.Code == c.Code && !s.At.After(m.Ended) })
		spoken := team.Meeting{}
		if c.Untold() {
			if spoken, _, err = store.Meetings.Get(r.tx, r.team.ID, store.Nr(c.Anonymous)); err != nil {
				return nil, err
			}
		}
		if c.Untold() && !spoken.Ended.After(m.Ended) || waits && !c.MayDiscuss() {
			list = append(list, c.Code)
		}
	}
	return list, nil
}

func (r *Request) actionsOf(m team.Meeting) ([]team.Action, error) { return r.numbered(m.Actions) }

// numbered are the actions with those numbers, as far as they are kept.
func (r *Request) numbered(nrs []int) ([]team.Action, error) {
	var list []team.Action
	for _, nr := range nrs {
		a, found, err := store.Actions.Get(r.tx, r.team.ID, store.Nr(nr))
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, a)
		}
	}
	return list, nil
}
