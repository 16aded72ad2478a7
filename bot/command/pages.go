package command

import (
	"cmp"
	"context"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// guest is the request of a browser that has the secret of a link: on behalf of
// who asked for it, as long as they are in the kernteam.
func (b *Bot) guest(tx kv.Tx, secret string) (*Request, store.Link, error) {
	r := &Request{bot: b, tx: tx, now: b.Now()}
	l, found, err := store.LinkOf(tx, secret, r.now)
	if err != nil || !found {
		return nil, l, orGone(err)
	}
	k, found, err := store.Kernteams.Get(tx, l.Team)
	if err != nil || !found {
		return nil, l, orGone(err)
	}
	r.in(k)
	if r.me = r.member(l.User); !r.me.Here {
		return nil, l, cmp.Or(r.broken, chat.ErrGone)
	}
	return r, l, nil
}

// visit lets open answer a guest. A guess costs no write.
func (b *Bot) visit(ctx context.Context, secret string, open func(*Request, store.Link) error) error {
	err := b.DB.View(ctx, func(tx kv.Tx) error {
		_, _, err := b.guest(tx, secret)
		return err
	})
	if err != nil {
		return err
	}
	return b.DB.Update(ctx, func(tx kv.Tx) error {
		r, l, err := b.guest(tx, secret)
		if err != nil {
			return err
		}
		return cmp.Or(open(r, l), r.broken)
	})
}

// Page is the page behind a secret.
func (b *Bot) Page(ctx context.Context, secret string) (page chat.Page, err error) {
	err = b.visit(ctx, secret, func(r *Request, l store.Link) (err error) {
		if page, err = r.page(l); err != nil {
			return err
		}
		return r.did("page."+l.Kind, leadsTo(l))
	})
	return page, err
}

// Peek is the language of what a secret leads to, a page or the opening of a
// screen. Nobody has seen it then.
func (b *Bot) Peek(ctx context.Context, secret string) (lang string, err error) {
	err = b.DB.View(ctx, func(tx kv.Tx) error {
		r, l, err := b.guest(tx, secret)
		if err != nil {
			return err
		}
		lang = string(r.lang)
		if l.Kind == screenLink {
			_, err = r.onScreen(l, screenLink)
		} else {
			_, err = r.page(l)
		}
		return cmp.Or(err, r.broken)
	})
	return lang, err
}

func (r *Request) page(l store.Link) (page chat.Page, err error) {
	switch l.Kind {
	case agendaLink:
		page, err = r.agendaPage(l)
	case minutesLink:
		page, err = r.minutesPage(l)
	case parentsLink:
		page, err = r.parentsPage(l)
	default:
		err = chat.ErrGone
	}
	page.Until = cmp.Or(page.Until, l.Until).In(r.zone())
	return page, err
}

// onPage says where the agenda of a meeting is to print; nothing where there are
// no pages. How long the link works is for agendaPage to say, as the meeting may
// move: the store keeps it for a year more.
func (r *Request) onPage(m team.Meeting) (chat.Message, error) {
	if r.bot.Site == "" {
		return nil, nil
	}
	address, err := r.link(store.Link{Kind: agendaLink, Nr: m.Nr}, r.agendaOver(m).AddDate(1, 0, 0))
	return chat.Message{r.view().OnPage(address)}, err
}

// pressPaper leads the asker to the agenda that a post has.
func pressPaper(r *Request, s string) (answer, error) {
	nrs := subject(s)
	if len(nrs) != 1 {
		return answer{}, team.Wrong("", "button.gone")
	}
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	if err != nil {
		return answer{}, err
	}
	if !found || !r.now.Before(r.agendaOver(m)) {
		return answer{}, team.Wrong("", "meeting.over")
	}
	body, err := r.onPage(m)
	if err == nil && body == nil {
		err = team.Wrong("", "site")
	}
	return answer{body: body}, err
}

// agendaOver is when the day after a meeting ends, and with it the links to its
// agenda.
func (r *Request) agendaOver(m team.Meeting) time.Time {
	return r.calendar().At(r.day(m).AddDays(2), schedule.Clock{})
}

func (r *Request) agendaPage(l store.Link) (page chat.Page, err error) {
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(l.Nr))
	if err != nil || !found || !r.now.Before(r.agendaOver(m)) {
		return page, orGone(err)
	}
	if m.Status == team.Skipped {
		page = r.view().OffPage(m, r.now)
	} else {
		a, signals, err := r.agendaNow(m)
		if err != nil {
			return page, err
		}
		page = r.view().AgendaPage(m, a, signals)
	}
	page.Until = r.agendaOver(m)
	return page, nil
}

// agendaOf is the agenda of a meeting: as things stand, or once it has begun
// what it was then.
func (r *Request) agendaOf(m team.Meeting) (team.Agenda, map[int]team.Signal, error) {
	if m.Status == team.Planned {
		return r.agenda(m)
	}
	a := team.Agenda{Items: m.Agenda, Carried: m.Over}
	signals, err := r.signalsOf(m)
	for _, item := range m.Agenda {
		if item.Kind == team.LookBack && err == nil {
			a.Late, err = r.numbered(item.Actions)
		}
	}
	return a, signals, err
}

const (
	screenAhead   = 30 * time.Minute // before a meeting, from when on its screen can be opened
	screenWaits   = 15 * time.Minute // that its link works, once
	screenLasts   = 6 * time.Hour    // that it stays at most
	screenLingers = 10 * time.Minute // that it shows the agreements when the meeting is over
)

// meetingScreen gives who leads the meeting a link that opens it on the big
// screen in the room.
func meetingScreen(r *Request, _ string) (answer, error) {
	m, found, err := r.atHand()
	if err != nil {
		return answer{}, err
	}
	if !found || r.tooEarly(m) {
		return answer{}, team.Wrong("", "screen.none", "example", "/kansoverleg agenda")
	}
	if err := r.forLeader(m); err != nil {
		return answer{}, err
	}
	until := r.now.Add(screenWaits)
	address, err := r.link(store.Link{Kind: screenLink, Nr: m.Nr}, until)
	return answer{body: r.view().ScreenOpener(address+"/scherm", until)}, err
}

// tooEarly reports that a meeting has no screen yet.
func (r *Request) tooEarly(m team.Meeting) bool {
	return m.Status == team.Planned && m.Start.Sub(r.now) > screenAhead
}

// OpenScreen changes the secret of a screen's link, which is over then, for
// that of the browser that opened it.
func (b *Bot) OpenScreen(ctx context.Context, secret string) (session string, until time.Time, err error) {
	err = b.visit(ctx, secret, func(r *Request, l store.Link) error {
		m, err := r.onScreen(l, screenLink)
		if err != nil {
			return err
		}
		if err := store.DropLink(r.tx, secret); err != nil {
			return err
		}
		session, until = nonce(32), r.now.Add(screenLasts).UTC()
		l.Kind, l.Until = screenOpen, until
		if err := store.PutLink(r.tx, session, l); err != nil {
			return err
		}
		return r.did("screen.open", on("meeting", m.Nr))
	})
	return session, until, err
}

// Screen is what the screen that was opened shows now. It ends with its
// meeting, and some minutes to read what was agreed.
func (b *Bot) Screen(ctx context.Context, session string) (screen chat.Screen, err error) {
	err = b.DB.View(ctx, func(tx kv.Tx) error {
		r, l, err := b.guest(tx, session)
		if err != nil {
			return err
		}
		m, err := r.onScreen(l, screenOpen)
		if err != nil {
			return err
		}
		screen, err = r.screen(m)
		return cmp.Or(err, r.broken)
	})
	return screen, err
}

// onScreen is the meeting of a link of that kind, while a screen shows it.
func (r *Request) onScreen(l store.Link, kind string) (team.Meeting, error) {
	if l.Kind != kind {
		return team.Meeting{}, chat.ErrGone
	}
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(l.Nr))
	if err != nil || !found {
		return m, orGone(err)
	}
	lingers := m.Status == team.Held && kind == screenOpen && r.now.Before(m.Ended.Add(screenLingers))
	if !m.Open() && !lingers || r.tooEarly(m) {
		return m, chat.ErrGone
	}
	return m, nil
}

func (r *Request) screen(m team.Meeting) (chat.Screen, error) {
	a, signals, err := r.agendaOf(m)
	if err != nil {
		return chat.Screen{}, err
	}
	actions, err := r.actionsOf(m)
	if err != nil {
		return chat.Screen{}, err
	}
	t := view.Talk{Meeting: m}
	if m.Now < len(m.Agenda) {
		if t, err = r.talk(m, m.Now); err != nil {
			return chat.Screen{}, err
		}
	}
	return r.view().Screen(t, a, signals, actions, r.now), nil
}
