package command

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/ical"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// meetingCalendar gives the asker the addresses of two calendar feeds: their
// own, with all their kernteams, and that of this kernteam.
func meetingCalendar(r *Request, typed string) (answer, error) {
	word, rest := firstWord(typed)
	whose, more := firstWord(rest)
	renew, ofTeam := isWord(word, "nieuw", "new"), isWord(whose, "team", "kernteam")
	if word != "" && !renew || whose != "" && !ofTeam || more != "" {
		return answer{}, team.Wrong("", "calendar", "understood", line(typed), "example", "/kansoverleg kalender "+r.lang.Say("calendar.new"))
	}
	if ofTeam {
		if err := r.forChair(); err != nil {
			return answer{}, err
		}
	}
	own, err := r.feedAddress(r.me.User, renew && !ofTeam)
	if err != nil {
		return answer{}, err
	}
	shared, err := r.feedAddress("", ofTeam)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Calendar(own, shared, renew)}, nil
}

// feedAddress is that of a feed: of a user, or with no user of the kernteam. It
// stays the same until somebody wants another, or for the kernteam leaves it.
func (r *Request) feedAddress(user string, renew bool) (string, error) {
	key := r.feedKey(user)
	if renew {
		if err := r.revokeFeed(user); err != nil {
			return "", err
		}
	}
	secret, found, err := store.Feeds.Get(r.tx, key...)
	if err != nil {
		return "", err
	}
	if !found {
		secret = nonce(32)
		if err := store.Feeds.Put(r.tx, secret, key...); err != nil {
			return "", err
		}
		if err := store.PutLink(r.tx, secret, store.Link{Kind: feedLink, Team: r.team.ID, User: user}); err != nil {
			return "", err
		}
		if err := r.did("link."+feedLink, "team"); err != nil {
			return "", err
		}
	}
	address, err := r.address(secret)
	return address + ".ics", err
}

func (r *Request) feedKey(user string) []string {
	if user == "" {
		return []string{"team", r.team.ID}
	}
	return []string{"user", r.team.Platform, r.team.Workspace, user}
}

// revokeFeed makes the address of a feed lead nowhere, if there is one; who asks
// gets another.
func (r *Request) revokeFeed(user string) error {
	key := r.feedKey(user)
	secret, found, err := store.Feeds.Get(r.tx, key...)
	if err != nil || !found {
		return err
	}
	if err := store.DropLink(r.tx, secret); err != nil {
		return err
	}
	if err := store.Feeds.Delete(r.tx, key...); err != nil {
		return err
	}
	return r.did("link.revoke", "team")
}

const (
	feedBack  = 30 // days that a meeting stays in a feed when it was held
	feedAhead = 5  // years
)

// Feed is the calendar feed behind a secret. It tells what the planner will
// make of the rhythm while nobody moves or skips a meeting.
func (b *Bot) Feed(ctx context.Context, secret string) ([]byte, error) {
	var body []byte
	var sum string
	var feed ical.Feed
	var news map[string]store.Calendar
	look := func(tx kv.Tx) error {
		teams, err := b.feedTeams(tx, secret)
		if err != nil {
			return err
		}
		if sum, err = b.feedSum(tx, teams); err != nil {
			return err
		}
		if body = b.made.of(secret, sum); body == nil {
			feed, news, err = b.feed(tx, teams)
		}
		return err
	}
	err := b.DB.View(ctx, look)
	if err == nil && body == nil && len(news) > 0 {
		err = b.DB.Update(ctx, func(tx kv.Tx) error {
			if err := look(tx); err != nil {
				return err
			}
			for id, told := range news {
				if err := store.Calendars.Put(tx, told, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil || body != nil {
		return body, err
	}
	if body, err = feed.Bytes(); err == nil {
		b.made.keep(secret, sum, body)
	}
	return body, err
}

// feedTeams are the kernteams of which the feed behind a secret tells.
func (b *Bot) feedTeams(tx kv.Tx, secret string) ([]team.Kernteam, error) {
	l, found, err := store.LinkOf(tx, secret, b.Now())
	if err != nil || !found || l.Kind != feedLink {
		return nil, orGone(err)
	}
	k, found, err := store.Kernteams.Get(tx, l.Team)
	if err != nil || !found {
		return nil, orGone(err)
	}
	if l.User == "" {
		return []team.Kernteam{k}, nil
	}
	teams, err := store.KernteamsOf(tx, k.Platform, k.Workspace, l.User)
	if err != nil || len(teams) == 0 {
		return nil, orGone(err)
	}
	return teams, nil
}

// feed is that of these kernteams, and what is new in it by kernteam. All of it
// is in the zone of the first: moments stay right, and a rule of another zone
// shifts when only one of the two changes its clock.
func (b *Bot) feed(tx kv.Tx, teams []team.Kernteam) (feed ical.Feed, news map[string]store.Calendar, err error) {
	now := b.Now()
	feed = ical.Feed{Name: teams[0].Name, Language: teams[0].Lang, Zone: zone(teams[0].Zone)}
	if len(teams) > 1 {
		feed.Name = text.Lang(feed.Language).Say("calendar.name")
	}
	news = map[string]store.Calendar{}
	for _, k := range teams {
		r := &Request{bot: b, tx: tx, now: now}
		r.in(k)
		d, err := r.dates()
		if err != nil {
			return feed, nil, err
		}
		old, _, err := store.Calendars.Get(tx, k.ID)
		if err != nil {
			return feed, nil, err
		}
		told, fresh := d.since(old, k.Minutes, now)
		if fresh {
			news[k.ID] = told
		}
		feed.Events = append(feed.Events, d.events(told, k)...)
		feed.Stamp = later(feed.Stamp, told.Changed)
	}
	return feed, news, nil
}

// orGone is err, or without one that a link leads nowhere.
func orGone(err error) error {
	if err != nil {
		return err
	}
	return chat.ErrGone
}

// dates are the meetings of a kernteam that a feed tells of.
type dates struct {
	rhythm   schedule.Rhythm // zero when there is none
	rhythmic []occurrence    // all of the rhythm, with a zero start where there is no meeting
	beside   []team.Meeting
}

// dates are the meetings that were held lately, those that stand, and those
// that will come out of the rhythm.
func (r *Request) dates() (d dates, err error) {
	cal := r.calendar()
	midnight := func(day team.Date) time.Time { return cal.At(day, schedule.Clock{}) }
	first, last := r.today().AddDays(-feedBack), team.DateOf(r.now.AddDate(feedAhead, 0, 0))
	all, err := store.Meetings.All(r.tx, r.team.ID)
	if err != nil {
		return d, err
	}
	from, until := midnight(first), midnight(last.AddDays(1))
	named := map[string]team.Meeting{}
	for _, m := range all {
		switch {
		case m.Start.Before(from), m.Status == team.Skipped:
		case m.Occurrence == "":
			d.beside = append(d.beside, m)
		default:
			named[m.Occurrence] = m
			if nominal, err := time.Parse("2006-01-02T15:04", m.Occurrence); err == nil && team.DateOf(nominal).Before(first) {
				first = team.DateOf(nominal) // it was moved to a later day
			}
		}
	}
	p, found, err := r.planner(all, team.Meeting{})
	if err != nil {
		return d, err
	}
	if found {
		begun, err := r.lastBegun(p)
		if err != nil {
			return d, err
		}
		d.rhythm, d.rhythmic = p.rhythm, p.course(midnight(first).Add(-1), begun, until)
	}
	for i, o := range d.rhythmic {
		if m, had := named[o.name]; had {
			d.rhythmic[i].start = m.Start
			delete(named, o.name)
		}
	}
	d.beside = slices.AppendSeq(d.beside, maps.Values(named)) // of another rhythm
	slices.SortFunc(d.beside, func(a, b team.Meeting) int { return cmp.Compare(a.Nr, b.Nr) })
	d.beside = slices.DeleteFunc(d.beside, func(m team.Meeting) bool { // addOccurrence will take these for the rhythm's own
		i := slices.IndexFunc(d.rhythmic, func(o occurrence) bool { return m.Open() && o.start.Sub(m.Start).Abs() < r.length() })
		if i >= 0 {
			d.rhythmic[i].start = m.Start
		}
		return i >= 0
	})
	return d, r.broken
}

// lastBegun is when the last meeting begins that stands already: after that one
// the planner goes on.
func (r *Request) lastBegun(p planner) (time.Time, error) {
	m, found, err := r.rhythmMeeting()
	if err == nil && !found {
		m, found, err = r.running()
	}
	if err != nil || !found {
		return r.now, err
	}
	p.held[r.day(m)] = true
	return later(r.now, m.Start), nil
}

// since is what a feed tells of these dates, after it told something else
// before. What is as it was keeps its number; fresh is that not all of it is.
func (d dates) since(old store.Calendar, minutes int, now time.Time) (told store.Calendar, fresh bool) {
	told = store.Calendar{Rhythm: d.rhythm, Minutes: minutes, Sequence: old.Sequence, Told: map[string]store.Told{}, Changed: old.Changed}
	longer := old.Minutes != minutes
	other := longer || old.Rhythm != d.rhythm // the rhythm as a whole is not as it was
	news := false
	tell := func(id string, start time.Time) {
		was, known := old.Told[id]
		is := store.Told{Start: start.UTC(), Sequence: was.Sequence}
		if known && (longer || !was.Start.Equal(start)) {
			is.Sequence = max(was.Sequence, old.Sequence) + 1
			news = true
		}
		told.Told[id] = is
	}
	for _, o := range d.rhythmic {
		was, known := old.Told[o.name]
		other = other || known && was.Start.IsZero() != o.start.IsZero()
		tell(o.name, o.start)
		if d.rhythm.Rule != "" && !o.start.IsZero() {
			told.First, told.Last = cmp.Or(told.First, o.name), o.name
		}
	}
	other = other || old.First != told.First || old.Last != told.Last
	for _, m := range d.beside {
		_, known := old.Told[beside(m)]
		news = news || !known
		tell(beside(m), m.Start)
	}
	if other && !old.Changed.IsZero() {
		told.Sequence++
	}
	if news = news || other; news {
		told.Changed = now.UTC()
	}
	return told, news || !maps.Equal(old.Told, told.Told)
}

// beside is what a meeting beside the rhythm is known by.
func beside(m team.Meeting) string { return "m" + strconv.Itoa(m.Nr) }

// events are the dates as told.
func (d dates) events(told store.Calendar, k team.Kernteam) []ical.Event {
	meeting := ical.Event{
		Summary: text.Lang(k.Lang).Say("calendar.summary", "name", k.Name),
		Length:  time.Duration(k.Minutes) * time.Minute,
	}
	var list []ical.Event
	add := func(id string, start time.Time, sequence int) {
		if !start.IsZero() {
			e := meeting
			e.ID, e.Start, e.Sequence = id+k.ID, start, sequence
			list = append(list, e)
		}
	}
	for _, m := range d.beside {
		add(beside(m)+"-", m.Start, told.Told[beside(m)].Sequence)
	}
	if d.rhythm.Rule == "" { // RFC 5545 has no rule for a cron line: each date is an event of its own
		for _, o := range d.rhythmic {
			add(o.name+"-r-", o.start, told.Told[o.name].Sequence)
		}
		return list
	}
	e := meeting
	e.ID, e.Sequence, e.Series = "r-"+k.ID, told.Sequence, &ical.Series{Rule: d.rhythm.Rule}
	for _, o := range d.rhythmic {
		e.Series.Dates = append(e.Series.Dates, ical.Date{Nominal: o.nominal, Start: o.start, Sequence: told.Told[o.name].Sequence})
	}
	return append(list, e)
}
