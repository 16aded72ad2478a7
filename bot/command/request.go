package command

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// Request is one event or one due moment, in its transaction: who asks, in
// which kernteam, and the one moment that counts as now.
type Request struct {
	bot   *Bot
	tx    kv.Tx
	now   time.Time // in the kernteam's zone, once there is a kernteam
	event chat.Event
	lang  text.Lang
	team  team.Kernteam // zero where the channel has none
	me    team.Member   // zero when the clock asks
	known map[string]team.Member

	free   *schedule.FreeDays // of the kernteam, once they are needed
	broken error              // why something could not be read; then nothing of the request counts

	sent store.Form // the form that was sent in, if one was

	news bool // something of the kernteam is not as it was

	notUrgent, noName bool // what the asker said of their text: no emergency, no name in it
}

// answer is what a command has for the asker.
type answer struct {
	body     chat.Message
	form     *store.Form
	problems map[string]string
}

// formLife is how long a form may stay open before it must be asked for again.
const formLife = 12 * time.Hour

func (b *Bot) request(tx kv.Tx, event chat.Event) *Request {
	return &Request{bot: b, tx: tx, now: b.Now(), event: event, lang: text.Of(event.Locale)}
}

// in makes k the kernteam of the request.
func (r *Request) in(k team.Kernteam) {
	r.team = k
	r.lang = text.Lang(k.Lang)
	r.now = r.now.In(r.zone())
	r.known, r.free = nil, nil
}

// inTeam is the clock's request in a kernteam, in the same transaction.
func (r *Request) inTeam(k team.Kernteam) *Request {
	t := &Request{bot: r.bot, tx: r.tx, now: r.now}
	t.in(k)
	return t
}

func (r *Request) zone() *time.Location { return zone(r.team.Zone) }

// calendar is that of the kernteam's school.
func (r *Request) calendar() schedule.Calendar {
	return schedule.Calendar{Location: r.zone(), Free: func(d team.Date) bool { return r.freeDays().Free(d) }}
}

// freeDays are when that school is closed, and why.
func (r *Request) freeDays() schedule.FreeDays {
	if r.free == nil {
		own, _, err := store.OwnDays.Get(r.tx, r.team.ID)
		r.broken = cmp.Or(r.broken, err)
		r.free = &schedule.FreeDays{Region: r.team.Region, Holidays: r.bot.Holidays, Own: own}
	}
	return *r.free
}

func (r *Request) today() team.Date { return team.DateOf(r.now) }

func (r *Request) view() view.View {
	return view.View{Lang: r.lang, Zone: r.zone(), Date: r.today(), Circle: r.bot.Circle.Elements, Team: r.team, Member: r.member, CaseOf: r.caseOf, Pages: r.bot.Site != ""}
}

func (r *Request) say(id string, args ...any) chat.Message {
	return chat.Message{view.Para(r.lang, id, args...)}
}

// members are all who are or were in the kernteam, by user id.
func (r *Request) members() (map[string]team.Member, error) {
	if r.known == nil {
		list, err := store.Members.All(r.tx, r.team.ID)
		if err != nil {
			return nil, err
		}
		r.known = make(map[string]team.Member, len(list))
		for _, m := range list {
			r.known[m.User] = m
		}
	}
	return r.known, nil
}

// member is one of the kernteam; for somebody unknown only the id is filled in.
func (r *Request) member(user string) team.Member {
	if r.known != nil {
		if m, found := r.known[user]; found {
			return m
		}
		return team.Member{User: user}
	}
	m, found, err := store.Members.Get(r.tx, r.team.ID, user)
	if r.broken = cmp.Or(r.broken, err); err != nil || !found {
		return team.Member{User: user}
	}
	return m
}

func (r *Request) isChair() bool { return r.me.User != "" && r.me.User == r.team.Chair }

// ask is the answer that opens a form; purpose and nr come back with it.
func (r *Request) ask(purpose string, nr int, form chat.Form) answer {
	return answer{form: &store.Form{Form: form, Purpose: purpose, Nr: nr}}
}

// open remembers a form and gives it the one-time id by which it comes back.
func (r *Request) open(tx kv.Tx, form *store.Form) error {
	if form == nil {
		return nil
	}
	form.Form.ID = nonce(16)
	form.Team = r.team.ID
	form.To = chat.To{Platform: r.event.Platform, Workspace: r.event.Workspace, Channel: r.event.Channel, User: r.event.User.ID}
	form.Until = r.now.Add(formLife)
	kept := *form
	kept.Form.Intro = "" // it may show what somebody typed
	kept.Form.Fields = slices.Clone(form.Form.Fields)
	for i, f := range kept.Form.Fields {
		kept.Form.Fields[i].Hint = ""
		if f.Kind == chat.Line || f.Kind == chat.Lines {
			kept.Form.Fields[i].Value = nil // what somebody typed is not stored before it is accepted
		}
	}
	if err := store.Schedule(tx, store.Due{ID: "form/" + form.Form.ID, At: form.Until, Kind: "form"}); err != nil {
		return err
	}
	return store.Forms.Put(tx, kept, form.Form.ID)
}

// did adds to the audit trail what the asker, or the clock, did to a record.
func (r *Request) did(what, on string) error {
	r.news = true
	return audit.Append(r.tx, audit.Line{
		At: r.now.UTC(), Team: r.team.ID, User: r.me.User, Role: string(r.me.Role), Did: what, On: on,
	})
}

// on names a record in the audit trail.
func on(kind string, nr int) string { return kind + " " + strconv.Itoa(nr) }
